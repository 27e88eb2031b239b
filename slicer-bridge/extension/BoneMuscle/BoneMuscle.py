"""The module BoneMuscle of 3D Slicer: measures bone and muscle on CT. Research use only. Not for diagnosis.

What needs no Qt is in BoneMuscleLib, the parts of the panel are in BoneMusclePanel; here they are put together.
"""

import importlib
import sys
from pathlib import Path

import qt
import slicer
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from BoneMuscleLib import program, results, sample_data, volume as volumes
from BoneMuscleLib.parameters import Parameters
from BoneMuscleLib.refused import Refused
from BoneMuscleLib.session import Session

try:
    from SubjectHierarchyPlugins import AbstractScriptedSubjectHierarchyPlugin
except ImportError:
    # Slicer without its Data tree, such as a custom application.
    AbstractScriptedSubjectHierarchyPlugin = object

_PACKAGES = ("BoneMuscleLib", "BoneMusclePanel")
_VOLUME, _LABELS = "InputVolume", "InputLabels"


class BoneMuscle(ScriptedLoadableModule):
    """What the module selector and the extensions manager show."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = "Bone and Muscle"
        self.parent.categories = ["Quantification"]
        self.parent.dependencies = ["Segmentations", "Tables", "Plots", "SubjectHierarchy"]
        self.parent.contributors = ["The BoneMuscle developers"]
        self.parent.helpText = (
            "Measures bone and muscle on a CT that was made for another purpose: density of the lumbar vertebrae and the proximal femora, "
            "volume and attenuation of muscles, areas of muscle and fat in the slice through L3. Labels come from a model, or from a "
            "segmentation of yours; correct them in the Segment Editor and recompute.<br><br><b>Research use only. Not for diagnosis.</b> "
            "Without a calibration values are in HU; a value that cannot be given is listed with the reason."
        )
        self.parent.acknowledgementText = (
            "BoneMuscle is open source (Apache-2.0 or MIT). Its reference model was trained on data of TotalSegmentator (Apache-2.0), the "
            "Visible Human Project, the HuBMAP reference library (CC BY 4.0) and others, named in its card."
        )
        slicer.app.connect("startupCompleted()", self._started)

    def _started(self):
        """Sample data and the Data tree, which exist from then on."""
        try:
            import SampleData
        except ImportError:
            pass
        else:
            sample_data.register(SampleData.SampleDataLogic, Path(self.resourcePath("")))
        if AbstractScriptedSubjectHierarchyPlugin is not object:
            plugin = slicer.qSlicerSubjectHierarchyScriptedPlugin(None)
            plugin.setPythonSource(BoneMuscleSubjectHierarchyPlugin.filePath)


class BoneMuscleSubjectHierarchyPlugin(AbstractScriptedSubjectHierarchyPlugin):
    """'Measure bone / muscle' for a CT in the Data tree. Slicer finds the class by its name, in this file."""

    filePath = __file__

    def __init__(self, scriptedPlugin):
        scriptedPlugin.name = "BoneMuscle"
        AbstractScriptedSubjectHierarchyPlugin.__init__(self, scriptedPlugin)
        self._action = qt.QAction("Measure bone / muscle", scriptedPlugin)
        self._action.connect("triggered()", self._measure)

    def itemContextMenuActions(self):
        """All actions of the plugin."""
        return [self._action]

    def showContextMenuActionsForItem(self, itemID):
        """Shows the action where it can be done; the others of the menu are no concern of this plugin."""
        self._action.visible = self._volume(itemID) is not None

    def _measure(self):
        item = slicer.qSlicerSubjectHierarchyPluginHandler.instance().currentItem()
        slicer.util.selectModule("BoneMuscle")
        slicer.modules.bonemuscle.widgetRepresentation().self().measure(self._volume(item))

    @staticmethod
    def _volume(item):
        volume = slicer.mrmlScene.GetSubjectHierarchyNode().GetItemDataNode(item)
        is_volume = volume is not None and volume.IsA("vtkMRMLScalarVolumeNode")
        return volume if is_volume and not volumes.reason_not_measurable(volume) else None


class BoneMuscleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self._node = None
        self._updating = False

    def setup(self):
        """Builds the panel; called once."""
        from BoneMusclePanel import batch_view, choices, measuring, result_view, slice_view

        ScriptedLoadableModuleWidget.setup(self)
        root = slicer.util.loadUI(self.resourcePath("UI/BoneMuscle.ui"))
        self.layout.addWidget(root)
        self.ui = slicer.util.childWidgetVariables(root)
        root.setMRMLScene(slicer.mrmlScene)
        self.logic = BoneMuscleLogic()
        session = self.logic.session
        self.choices = choices.Choices(self.ui, self._touched)
        self.measuring = measuring.Measuring(self.ui, session, self._finished)
        self.results = result_view.ResultView(self.ui, session, self.choices, self.measuring, self.refresh)
        self.slice = slice_view.SliceView(self.ui, session)
        self.batch = batch_view.BatchView(self.ui, self.choices)
        self.ui.volumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._touched)
        self.ui.labelsSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._touched)
        self.ui.applyButton.connect("clicked()", self.apply)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._scene_closes)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._scene_closed)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self._node_removed)
        self.enter()

    def enter(self):
        """The panel is shown: the parameter node is there, and a volume is chosen where there is one."""
        if self._node is None:
            self._node = self.logic.getParameterNode()
            self.addObserver(self._node, "ModifiedEvent", self._show_parameters)
        if self._node.GetNodeReference(_VOLUME) is None:
            first = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if first is not None:
                self._node.SetNodeReferenceID(_VOLUME, first.GetID())
        self._show_parameters()

    def cleanup(self):
        """The panel goes: no process outlives it, and no temporary result."""
        self.measuring.abandon()
        self.batch.cancel()
        self.logic.session.close()
        self.removeObservers()
        # Widgets that are still to be destroyed have nothing to say any more.
        self._node = None

    def onReload(self):
        """Reloads the packages beside this file as well."""
        self.cleanup()
        for name in [name for name in sys.modules if name.split(".")[0] in _PACKAGES]:
            del sys.modules[name]
        importlib.invalidate_caches()
        ScriptedLoadableModuleWidget.onReload(self)

    def apply(self):
        """Starts measuring, or stops what runs."""
        if self.measuring.is_busy:
            self.measuring.cancel()
        elif self._volume() is not None:
            self.measuring.start(self._volume(), self.choices.get(), self._node.GetNodeReference(_LABELS))
        self.refresh()

    def measure(self, volume):
        """Chooses `volume` and starts measuring; for the Data tree and scripts."""
        self._node.SetNodeReferenceID(_VOLUME, volume.GetID())
        if not self.measuring.is_busy:
            self.apply()

    def refresh(self):
        """Everything that follows from volume, choices and results."""
        volume, busy = self._volume(), self.measuring.is_busy
        if not busy:
            reason = volumes.reason_not_measurable(volume)
            if not reason and not self.choices.anything_is_measured():
                reason = "Tick what to measure first: spine, hips or muscle."
            self.ui.applyButton.setEnabled(not reason)
            self.ui.applyButton.setToolTip(reason or "Labels and measures the CT.")
        self.ui.dicomLabel.setText(self._origin(volume))
        self.results.show(volume, busy)
        try:
            report = results.stored(volume)
        except Refused:
            # The section of results says why.
            report = None
        self.slice.show(volume, report)
        self.batch.refresh()

    def _volume(self):
        return self._node.GetNodeReference(_VOLUME) if self._node is not None else None

    def _origin(self, volume) -> str:
        if volume is None:
            return ""
        files, reason = self.logic.session.dicom(volume)
        return reason or f"{len(files)} DICOM files: age, sex and scanner are read from them, and SR and SEG can be written."

    def _touched(self, *_):
        if self._updating or self._node is None:
            return
        self._updating = True
        try:
            before = self._node.StartModify()
            self.choices.get().to_node(self._node)
            for role, selector in ((_VOLUME, self.ui.volumeSelector), (_LABELS, self.ui.labelsSelector)):
                chosen = selector.currentNode()
                self._node.SetNodeReferenceID(role, chosen.GetID() if chosen is not None else None)
            self._node.EndModify(before)
        finally:
            self._updating = False
        self.refresh()

    def _show_parameters(self, *_):
        if self._updating or self._node is None:
            return
        self._updating = True
        try:
            self.ui.volumeSelector.setCurrentNode(self._node.GetNodeReference(_VOLUME))
            self.ui.labelsSelector.setCurrentNode(self._node.GetNodeReference(_LABELS))
            self.choices.set(Parameters.of_node(self._node))
        finally:
            self._updating = False
        self.refresh()

    def _finished(self, volume):
        from BoneMusclePanel import layout

        self.results.labels_are_others()
        self.refresh()
        if volume is self._volume():
            layout.show_volume(volume)
            layout.show_results(volume)
            own = self.slice.own_index
            if own is not None:
                layout.jump_to_slice(volume, own)

    def _node_removed(self, *_):
        # Not from within the event: the node is still half there.
        qt.QTimer.singleShot(0, self._after_removal)

    def _after_removal(self):
        self.measuring.check()
        if self._node is not None and self._node.GetScene() is not None:
            self._show_parameters()

    def _scene_closes(self, *_):
        self.measuring.abandon()
        self.logic.session.close()
        if self._node is not None:
            self.removeObserver(self._node, "ModifiedEvent", self._show_parameters)
            self._node = None

    def _scene_closed(self, *_):
        if self.parent.isEntered:
            self.enter()


class BoneMuscleLogic(ScriptedLoadableModuleLogic):
    """For scripts: what the panel does, without the panel."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.session = Session()

    def measure(self, volume, parameters: Parameters = Parameters(), labels=None) -> dict:
        """Measures `volume`, waits, puts labels, table and charts into the scene and returns the report. Raises Refused."""
        module = program.cli_module()
        if module is None:
            raise Refused("BoneMuscleCLI is not installed; open the module once and press Apply, which offers to install it.")
        run = self.session.start(module, volume, parameters, labels)
        while run.is_busy:
            slicer.app.processEvents()
        return self.session.finish(run, volume).report


class BoneMuscleTest(ScriptedLoadableModuleTest):
    """Reload & Test: the tests of Testing/Python, on a scene of their own."""

    def runTest(self):
        """Runs them all, and raises where one fails."""
        import unittest

        folder = Path(__file__).resolve().parent / "Testing" / "Python"
        if not folder.is_dir():
            self.delayDisplay("The tests are not part of this installation.")
            return
        slicer.mrmlScene.Clear()
        suite = unittest.TestLoader().discover(str(folder), pattern="test_*.py", top_level_dir=str(folder))
        outcome = unittest.TextTestRunner(verbosity=2).run(suite)
        if not outcome.wasSuccessful():
            raise AssertionError(f"{len(outcome.failures) + len(outcome.errors)} of {outcome.testsRun} tests failed")
        self.delayDisplay(f"{outcome.testsRun} tests passed.")
