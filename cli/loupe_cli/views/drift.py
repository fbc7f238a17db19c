"""What was compared for drift."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import NONE, share
from loupe_cli.views.screen import cell, grid
from loupe_shared.api.drift import Aspect, DriftFigure, DriftReport, Verdict

_STYLES = {Verdict.DRIFT: "bold red", Verdict.STEADY: "green", Verdict.UNKNOWN: "yellow"}
_LABELS = 5


def compared(report: DriftReport) -> Group:
    """The verdict, the figures, and the labels whose shares have changed most."""
    parts: list[RenderableType] = [_head(report), "", _figures(report)]
    parts += [cell(f"{figure.aspect}: {figure.note}", "yellow") for figure in report.figures if figure.note]
    labels = next((figure for figure in report.figures if figure.aspect is Aspect.LABELS), None)
    if labels and labels.shares:
        parts += ["", _labels(labels)]
    return Group(*parts)


def _head(report: DriftReport) -> Text:
    days = {
        "training": "its training",
        "archive": f"{report.baseline_since} to {report.baseline_until}",
    }
    beside = days[report.reference] if report.reference else NONE
    head = cell(f"{report.model}, {report.since} to {report.until}, compared with {beside}: ")
    return head.append(report.verdict, _STYLES[report.verdict])


def _figures(report: DriftReport) -> Table:
    columns = ("PSI", "p-value", "images", "compared with")
    view = grid("", "verdict", *columns, right=columns)
    for figure in report.figures:
        view.add_row(
            figure.aspect,
            Text(figure.verdict, _STYLES[figure.verdict]),
            NONE if figure.psi is None else f"{figure.psi:.3f}",
            NONE if figure.p_value is None else f"{figure.p_value:.2g}",
            f"{figure.images:,}",
            f"{figure.reference_images:,}",
        )
    return view


def _labels(figure: DriftFigure) -> Table:
    view = grid("label", "before", "now", right=("before", "now"))
    for one in figure.shares[:_LABELS]:
        view.add_row(cell(one.name), share(one.reference), share(one.window))
    return view
