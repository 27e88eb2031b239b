"""The page: slice views and 3D of the CT, the button, and what was measured."""

from __future__ import annotations

import asyncio

import slicer
from BoneMuscleLib import report, results, segmentation
from BoneMuscleLib.parameters import SEXES, Parameters
from BoneMuscleLib.refused import Refused
from BoneMuscleLib.run import Run, remove_results
from trame.app import TrameApp
from trame.widgets import client, html
from trame.widgets import vuetify3 as v3
from trame_slicer import module as slicer_module
from trame_slicer.core import LayoutManager, SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import Layout, LayoutDirection, SliceView, ViewLayoutDefinition
from trame_vuetify.ui.vuetify3 import VAppLayout

from . import findings
from .study import Study

NOTICE = "Research use only. Not for diagnosis."
#: Soft tissue and bone at once.
_WINDOW_HU, _LEVEL_HU = 400, 60
_POLL_S = 0.1
#: Until the browser has surely drawn a new layout.
_DRAWN_S = 8.0
_SHOWN, _HIDDEN = "mdi-eye", "mdi-eye-off-outline"

_SLICES, _WITH_3D = "slices", "slices and 3D"
_AXIAL, _CORONAL, _SAGITTAL, _THREE_D = (
    getattr(ViewLayoutDefinition, f"{name}_view")() for name in ("axial", "coronal", "sagittal", "threed")
)
#: There is nothing to see in 3D before something was found.
_LAYOUTS = {
    _SLICES: Layout(LayoutDirection.Horizontal, [_AXIAL, Layout(LayoutDirection.Vertical, [_CORONAL, _SAGITTAL])], ["3", "2"]),
    _WITH_3D: Layout(
        LayoutDirection.Horizontal,
        [Layout(LayoutDirection.Vertical, [_AXIAL, _CORONAL]), Layout(LayoutDirection.Vertical, [_THREE_D, _SAGITTAL])],
    ),
}

_STYLE = """
html { overflow: hidden; }
.results { flex: 1; overflow-y: auto; min-height: 0; }
.finding { border-top: 1px solid #e0e0e0; padding: 6px 16px 8px; }
.finding h3 { font-size: 0.9rem; font-weight: 600; display: flex; align-items: center; gap: 8px; }
.swatch { width: 12px; height: 12px; border-radius: 3px; flex: none; }
.finding table { width: 100%; border-collapse: collapse; font-size: 0.8rem; }
.finding td { padding: 1px 0; vertical-align: top; }
.finding td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding: 1px 6px; }
.finding td.unit { width: 76px; color: #616161; white-space: nowrap; }
.sentence, .withheld { font-size: 0.76rem; color: #616161; margin-top: 3px; line-height: 1.25; }
.withheld span { font-weight: 500; color: #8a5300; }
"""


class Page(TrameApp):
    """One study, for one user at a time."""

    def __init__(self, application: SlicerApp, study: Study, server=None):
        super().__init__(server)
        self.server.enable_module(slicer_module)
        self._application, self._study = application, study
        self._run: Run | None = None
        # The event loop itself keeps no task alive.
        self._measuring: asyncio.Task | None = None
        self._fitting: asyncio.Task | None = None
        register_rca_factories(application.view_manager, self.server)
        self._layout = LayoutManager(application.scene, application.view_manager, self.server)
        self._layout.register_layout_dict(_LAYOUTS)
        self._layout.set_layout(_SLICES)
        self.state.update(
            {
                "trame__title": "Bone and muscle",
                "study": study.description,
                "busy": False,
                "progress": 0,
                "stage": "",
                "failure": "",
                "status": "",
                "calibration": "",
                "remarks": [],
                "groups": [],
                "shown": {},
                "height": None,
                "weight": None,
                "age": None,
                "sex": "unknown",
            }
        )
        self._build()
        self._show_volume()
        self.server.controller.on_client_connected.add_task(self._fit_views)

    def _show_volume(self) -> None:
        display = self._study.volume.GetDisplayNode()
        display.SetAutoWindowLevel(False)
        display.SetWindowLevel(_WINDOW_HU, _LEVEL_HU)
        self._application.display_manager.show_volume_in_slice_background(self._study.volume)
        self._application.display_manager.reset_views()

    async def _fit_views(self, **_client) -> None:
        """Fits the image into every view that gets another size, for as long as a browser may need to draw a layout."""
        fitted = {}
        for _ in range(round(_DRAWN_S / _POLL_S)):
            for view in self._application.view_manager.get_views():
                size = tuple(view.render_window().GetSize())
                if fitted.get(view) != size:
                    fitted[view] = size
                    _fit(view)
            await asyncio.sleep(_POLL_S)

    def measure_or_cancel(self) -> None:
        """What the button does. The next click is heard only when this has returned."""
        if self._run is not None:
            self._run.cancel()
        elif not self.state.busy:
            self._measuring = asyncio.create_task(self._measure())

    async def _measure(self) -> None:
        with self.state:
            self.state.update({"busy": True, "failure": "", "progress": 0, "stage": "Handing over the CT"})
        await asyncio.sleep(0)
        try:
            self._run = Run(slicer.modules.bonemusclecli, self._study.volume, self._parameters(), self._study.files)
            await self._until_it_ends()
            outcome = self._run.outcome()
            with self.state:
                self.state.stage = "Drawing what was found"
            await asyncio.sleep(0)
            self._show(outcome)
            self._fitting = asyncio.create_task(self._fit_views())
        except (Refused, OSError) as error:
            self.state.failure = str(error)
        finally:
            if self._run is not None:
                self._run.close()
                remove_results(str(self._run.folder))
            self._run = None
            with self.state:
                self.state.busy = False

    async def _until_it_ends(self) -> None:
        while self._run.is_busy:
            with self.state:
                self.state.update({"progress": self._run.percent, "stage": self._run.node.comment or self.state.stage})
            await asyncio.sleep(_POLL_S)

    def _parameters(self) -> Parameters:
        number = lambda text: float(text) if text else 0.0  # noqa: E731
        state = self.state
        try:
            return Parameters(
                height_m=number(state.height), weight_kg=number(state.weight), age_years=int(number(state.age)), sex=state.sex
            )
        except ValueError as error:
            raise Refused("Height, weight and age are numbers: metres, kilograms and whole years.") from error

    def _show(self, outcome) -> None:
        volume = self._study.volume
        results.store(volume, outcome.report)
        labelled = results.model_segmentation(volume)
        if outcome.labels is not None:
            segmentation.fill(labelled, outcome.labels, outcome.names, volume)
            labelled.CreateClosedSurfaceRepresentation()
        ids = labelled.GetSegmentation().GetSegmentIDs()
        segments = {one: labelled.GetSegmentation().GetSegment(one) for one in ids}
        named = {segment.GetName(): (one, segment.GetColor()) for one, segment in segments.items()}
        measured, missing = report.counts(outcome.report)
        self.state.update(
            {
                "groups": findings.groups(outcome.report, named),
                "shown": dict.fromkeys(ids, True),
                "calibration": report.calibration_sentence(outcome.report),
                "remarks": [*([outcome.numbering] if outcome.numbering else []), *report.remarks(outcome.report)],
                "status": f"{measured} values measured, {missing} not given",
            }
        )
        self._layout.set_layout(_WITH_3D)
        self._go_to_l3(outcome.report)

    def _go_to_l3(self, found: dict) -> None:
        """Shows the slice in which muscle and fat are measured."""
        position = report.value(found, "body", "l3_slice", "slice_position")
        for view in self._application.view_manager.get_slice_views():
            if position is not None and view.get_orientation() == "Axial":
                view.set_slice_value(position)

    def toggle(self, segment: str) -> None:
        """Shows or hides a structure in the views."""
        shown = not self.state.shown[segment]
        display = results.model_segmentation(self._study.volume).GetDisplayNode()
        display.SetSegmentVisibility(segment, shown)
        self.state.shown = {**self.state.shown, segment: shown}

    def _build(self) -> None:
        with VAppLayout(self.server) as self.ui:
            client.Style(_STYLE)
            with v3.VAppBar(density="compact", color="#12304f"):
                v3.VAppBarTitle("Bone and muscle")
                v3.VSpacer()
                html.Span(NOTICE, id="notice", classes="text-body-2 mr-4")
            with v3.VNavigationDrawer(permanent=True, width=430), html.Div(classes="d-flex flex-column", style="height: 100%"):
                self._build_controls()
                self._build_results()
            with v3.VMain(), html.Div(classes="d-flex", style="height: 100%"):
                self._layout.initialize_layout_grid(self.ui)

    def _build_controls(self) -> None:
        with html.Div(classes="pa-4 pb-2"):
            html.Div("{{ study }}", id="study", classes="text-body-2 mb-3")
            with html.Details(classes="mb-3 text-body-2"):
                html.Summary("What the headers may lack", classes="mb-2")
                with html.Div(classes="d-flex ga-2 mb-2"):
                    field = {"density": "compact", "hide_details": True, "variant": "outlined", "disabled": ("busy",)}
                    v3.VTextField(v_model=("height",), label="Height (m)", id="height", **field)
                    v3.VTextField(v_model=("weight",), label="Weight (kg)", id="weight", **field)
                with html.Div(classes="d-flex ga-2"):
                    v3.VTextField(v_model=("age",), label="Age (years)", id="age", **field)
                    sexes = [{"value": value, "title": title} for value, title in SEXES]
                    v3.VSelect(v_model=("sex",), label="Sex", items=("sexes", sexes), **field)
            v3.VBtn(
                "{{ busy ? 'Cancel' : 'Measure bone / muscle' }}",
                id="measure",
                block=True,
                click=self.measure_or_cancel,
                color=("busy ? 'grey-darken-1' : '#12304f'",),
                classes="text-none",
            )
            with html.Div(v_if="busy", classes="mt-3"):
                v3.VProgressLinear(model_value=("progress",), height=6, rounded=True, color="#12304f")
                html.Div("{{ stage }} · {{ progress }} %", id="progress", classes="text-caption mt-1")
            v3.VAlert("{{ failure }}", v_if="failure", id="failure", type="error", density="compact", variant="tonal", classes="mt-3")
            html.Div("{{ status }}", v_if="status", id="status", classes="text-subtitle-2 mt-3")
            html.Div("{{ calibration }}", v_if="calibration", classes="text-caption")
            with html.Details(v_if="remarks.length", classes="text-caption mt-1"):
                html.Summary("{{ remarks.length }} remarks on image and labels")
                html.Div("{{ one }}", v_for="one in remarks", key="one", classes="mt-1")

    def _build_results(self) -> None:
        with html.Div(classes="results"), html.Div(v_for="group in groups", key="group.label", classes="finding"):
            with html.H3():
                html.Span(classes="swatch", style=("{background: group.color}",))
                html.Span("{{ group.label }}")
                v3.VSpacer()
                v3.VBtn(
                    v_if="group.segment",
                    icon=(f"shown[group.segment] ? '{_SHOWN}' : '{_HIDDEN}'",),
                    click=(self.toggle, "[group.segment]"),
                    variant="text",
                    size="x-small",
                )
            with html.Table(), html.Tbody(), html.Tr(v_for="(one, row) in group.values", key="row"):
                html.Td("{{ one.what }}")
                html.Td("{{ one.value }}", classes="number")
                html.Td("{{ one.unit }}", classes="unit")
            html.Div("{{ sentence }}", v_for="sentence in group.sentences", key="sentence", classes="sentence")
            html.Div(
                "<span>Not given:</span> {{ one.what }}. {{ one.reason }}.", v_for="one in group.missing", key="one.reason", classes="withheld"
            )


def _fit(view) -> None:
    """Fits what a view shows into it; a slice view stays at its slice."""
    position = view.get_slice_value() if isinstance(view, SliceView) else None
    view.reset_view()
    if position is not None:
        view.set_slice_value(position)
