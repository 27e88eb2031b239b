"""The panel without the application: stand-ins for what the wheel slicer-core lacks, over PyQt5 and offscreen.

These are not Slicer's widgets. They have the names, properties, methods and signals of PythonQt, CTK and qMRML that the panel uses, and
enough behaviour to press its buttons. They prove that the panel is wired right, and show what it looks like in general; they say nothing of
how Slicer's own widgets behave or look.
"""

import inspect
import io
import os
import sys
import types

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicer  # noqa: E402
import vtk  # noqa: E402
from PyQt5 import QtCore, QtGui, QtWidgets, uic  # noqa: E402

import panel_scene  # noqa: E402

QtCore.QCoreApplication.setAttribute(QtCore.Qt.AA_ShareOpenGLContexts)
application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["Slicer"])
application.setStyle("Fusion")


# --- PythonQt: properties are attributes, and obj.connect("signal(types)", function) connects -----------------------------------------


def _connect(self, signal, function):
    arguments = [one for one in signal.partition("(")[2].rstrip(")").split(",") if one]
    parameters = inspect.signature(function).parameters.values()
    takes_any = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    count = len(arguments) if takes_any else min(len(arguments), len(list(parameters)))
    getattr(self, signal.partition("(")[0]).connect(lambda *values: function(*values[:count]))
    return True


class _Property:
    """A Qt property as an attribute."""

    def __init__(self, name):
        self.name = name

    def __get__(self, widget, _type=None):
        return self if widget is None else QtCore.QObject.property(widget, self.name)

    def __set__(self, widget, value):
        widget.setProperty(self.name, value)


_AS_PROPERTIES = {
    QtWidgets.QWidget: ("enabled", "visible", "toolTip", "styleSheet"),
    QtWidgets.QAbstractButton: ("text", "checked"),
    QtWidgets.QLabel: ("text",),
    QtWidgets.QLineEdit: ("text",),
    QtWidgets.QComboBox: ("currentIndex", "currentText", "currentData"),
    QtWidgets.QDoubleSpinBox: ("value",),
    QtWidgets.QProgressBar: ("value",),
    QtWidgets.QAction: ("visible", "text"),
}
for _class, _names in _AS_PROPERTIES.items():
    for _name in _names:
        setattr(_class, _name, _Property(_name))
for _module in (QtCore, QtGui, QtWidgets):
    for _class in vars(_module).values():
        if inspect.isclass(_class) and issubclass(_class, QtCore.QObject):
            _class.connect = _connect
QtCore.QObject.name = _Property("objectName")
# In PyQt a chooser without entries counts as False.
QtWidgets.QComboBox.__bool__ = lambda self: True


# --- CTK and qMRML ----------------------------------------------------------------------------------------------------------------------


class _FromForm(QtWidgets.QWidget):
    """A form sets properties by `setName(value)`; here they are kept as dynamic properties of the widget."""

    def __getattr__(self, name):
        if name.startswith("set") and len(name) > 3:
            return lambda value: self.setProperty(name[3].lower() + name[4:], value)
        raise AttributeError(name)


class ctkCollapsibleButton(_FromForm):
    """A heading with what is below it, which `collapse` hides where the form says so."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setContentsMargins(0, 24, 0, 0)

    def collapse(self):
        if self.property("collapsed"):
            for child in self.findChildren(QtWidgets.QWidget, options=QtCore.Qt.FindDirectChildrenOnly):
                child.setVisible(False)
            self.setFixedHeight(26)

    def paintEvent(self, _event):
        painter = QtGui.QPainter(self)
        painter.fillRect(0, 2, self.width(), 20, QtGui.QColor("#d4d4d4"))
        painter.drawText(8, 17, ("▸  " if self.property("collapsed") else "▾  ") + self.property("text"))


class ctkPathLineEdit(_FromForm):
    """A path and a button to browse."""

    Dirs, Files, Readable, Writable = 1, 2, 16, 32
    currentPathChanged = QtCore.pyqtSignal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._line, browse = QtWidgets.QLineEdit(), QtWidgets.QToolButton()
        browse.setProperty("text", "…")
        layout.addWidget(self._line)
        layout.addWidget(browse)
        self._line.textChanged.connect(self.currentPathChanged)

    currentPath = property(lambda self: self._line.text, lambda self, path: self._line.setText(path))

    def setCurrentPath(self, path):
        self._line.setText(path)


class ctkSliderWidget(_FromForm):
    """A slider and a number."""

    valueChanged = QtCore.pyqtSignal(float)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._slider, self._number = QtWidgets.QSlider(QtCore.Qt.Horizontal), QtWidgets.QDoubleSpinBox()
        self._number.setDecimals(0)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._number)
        self._slider.valueChanged.connect(lambda value: self._number.setValue(value))
        self._number.valueChanged.connect(lambda value: (self._slider.setValue(int(value)), self.valueChanged.emit(value)))

    def _set_maximum(self, maximum):
        self._slider.setMaximum(int(maximum))
        self._number.setMaximum(maximum)

    value = property(lambda self: self._number.value, lambda self, value: self._number.setValue(value))
    maximum = property(lambda self: float(self._slider.maximum()), _set_maximum)


class qMRMLWidget(QtWidgets.QWidget):
    """Knows the scene, and tells those inside."""

    def setMRMLScene(self, scene):
        for selector in self.findChildren(qMRMLNodeComboBox):
            selector.setMRMLScene(scene)


class qMRMLNodeComboBox(_FromForm):
    """The nodes of a class, kept up with the scene."""

    currentNodeChanged = QtCore.pyqtSignal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._box, self._nodes = QtWidgets.QComboBox(), []
        layout.addWidget(self._box)
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.currentIndexChanged.connect(lambda _index: self.currentNodeChanged.emit(self.currentNode()))

    def setMRMLScene(self, scene):
        self._scene = scene
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent):
            scene.AddObserver(event, lambda *_: self._fill())
        self._fill()

    def _fill(self):
        chosen = self.currentNode()
        none, scene = [None] if self.property("noneEnabled") else [], self._scene
        types = self.property("nodeTypes")
        nodes = [scene.GetNthNodeByClass(i, kind) for kind in types for i in range(scene.GetNumberOfNodesByClass(kind))]
        self._nodes = none + [node for node in nodes if not node.GetHideFromEditors() and not node.IsA("vtkMRMLLabelMapVolumeNode")]
        self._box.blockSignals(True)
        self._box.clear()
        self._box.addItems([node.GetName() if node else self.property("noneDisplay") for node in self._nodes])
        self._box.blockSignals(False)
        self._box.setCurrentIndex(self._nodes.index(chosen) if chosen in self._nodes else 0 if none else -1)

    def currentNode(self):
        place = self._box.currentIndex
        return self._nodes[place] if 0 <= place < len(self._nodes) else None

    def setCurrentNode(self, node):
        # Nodes that were added together are told of as one batch.
        self._fill()
        self._box.setCurrentIndex(self._nodes.index(node) if node in self._nodes else -1)


# --- the modules that Slicer's Python has -------------------------------------------------------------------------------------------------


class _UiLoader:
    """Builds a form, and makes the one kind of connection that ours has."""

    def load(self, file):
        xml = bytes(file.readAll()).decode()
        form = xml[: xml.index("<connections>")] + xml[xml.index("</connections>") + len("</connections>") :]
        for stand_in in (ctkCollapsibleButton, ctkPathLineEdit, ctkSliderWidget, qMRMLNodeComboBox, qMRMLWidget):
            sys.modules[stand_in.__name__] = types.SimpleNamespace(**{stand_in.__name__: stand_in})
        return uic.loadUi(io.StringIO(form))


def _module(name, **content):
    made = sys.modules[name] = types.ModuleType(name)
    vars(made).update(content)
    return made


qt = _module("qt", **{name: value for module in (QtCore, QtGui, QtWidgets) for name, value in vars(module).items() if name[0] != "_"})
qt.QUiLoader = _UiLoader
qt.QFile = type("QFile", (QtCore.QFile,), {"ReadOnly": QtCore.QIODevice.ReadOnly})
slicer.qMRMLWidget = qMRMLWidget


class ScriptedLoadableModule:
    def __init__(self, parent):
        self.parent = parent

    def resourcePath(self, name):
        return str(panel_scene.MODULE / "Resources" / name)


class ScriptedLoadableModuleWidget:
    def __init__(self, parent):
        self.parent, self.layout = parent, parent.layout()

    def resourcePath(self, name):
        return str(panel_scene.MODULE / "Resources" / name)

    def setup(self):
        """Slicer adds its developer's section here."""

    def onReload(self):
        self.reloaded = True


class ScriptedLoadableModuleLogic:
    def getParameterNode(self):
        node = slicer.mrmlScene.GetSingletonNode("BoneMuscle", "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag("BoneMuscle")
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest:
    def delayDisplay(self, message):
        print(message)


class AbstractScriptedSubjectHierarchyPlugin:
    def __init__(self, scriptedPlugin):
        self.scriptedPlugin = scriptedPlugin


_module(
    "slicer.ScriptedLoadableModule",
    ScriptedLoadableModule=ScriptedLoadableModule,
    ScriptedLoadableModuleWidget=ScriptedLoadableModuleWidget,
    ScriptedLoadableModuleLogic=ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest=ScriptedLoadableModuleTest,
)
_module("SubjectHierarchyPlugins", AbstractScriptedSubjectHierarchyPlugin=AbstractScriptedSubjectHierarchyPlugin)


class LayoutManager:
    """Remembers the layout; it has no views."""

    layout = None

    def setLayout(self, layout):
        self.layout = layout

    def mrmlSliceLogics(self):
        return vtk.vtkCollection()


class App:
    """slicer.app, as far as the panel asks it."""

    temporaryPath = panel_scene.application.GetTemporaryPath()

    def __init__(self):
        self.started, self.manager = [], LayoutManager()

    def connect(self, signal, function):
        self.started.append(function)

    def layoutManager(self):
        return self.manager

    def applicationLogic(self):
        return panel_scene.application

    def processEvents(self):
        panel_scene.application.ProcessModified()
        panel_scene.application.ProcessReadData()
        application.processEvents()


slicer.app = App()


def make_panel():
    """The panel of the module, in a window of its own."""
    import BoneMuscle

    parent = qMRMLWidget()
    parent.isEntered = True
    parent.setLayout(QtWidgets.QVBoxLayout())
    widget = BoneMuscle.BoneMuscleWidget(parent)
    widget.setup()
    return widget


def picture(widget, file, width=430):
    """A screenshot of the panel, as high as it needs to be."""
    parent = widget.parent
    for button in parent.findChildren(ctkCollapsibleButton):
        button.collapse()
    parent.setFixedWidth(width)
    parent.show()
    slicer.app.processEvents()
    parent.resize(width, parent.layout().heightForWidth(width) if parent.layout().hasHeightForWidth() else parent.sizeHint().height())
    slicer.app.processEvents()
    assert parent.grab().save(str(file))
