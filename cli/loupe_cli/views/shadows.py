"""A version that looks on beside those that answered."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import number, share
from loupe_cli.views.screen import cell, grid
from loupe_shared.api.shadows import Opinion, ShadowReport, VersionComparison

_PAIRS = 10


def compared(report: ShadowReport) -> Group:
    """Everything that is known of it."""
    parts: list[RenderableType] = []
    for comparison in report.comparisons:
        parts += ["", *_beside(report, comparison)]
    return Group(*parts[1:])


def _beside(report: ShadowReport, comparison: VersionComparison) -> list[RenderableType]:
    head = Text(f"version {report.version} beside version {comparison.serving}: ", "bold")
    parts: list[RenderableType] = [
        head.append(f"{share(comparison.agreement)} agreement over {number(comparison.images, 'image')}", "not bold")
    ]
    different = [pair for pair in comparison.matrix if pair.answered != pair.shadow]
    if different:
        view = grid("answered", f"version {report.version} says", "images", right=("images",))
        for pair in different[:_PAIRS]:
            view.add_row(cell(pair.answered), cell(pair.shadow), f"{pair.images:,}")
        parts += ["", view]
    if comparison.disagreements:
        parts += ["", _disagreements(report, comparison)]
    return parts


def _disagreements(report: ShadowReport, comparison: VersionComparison) -> Table:
    view = grid("surest disagreements", "answered", f"version {report.version} says")
    for one in comparison.disagreements:
        view.add_row(cell(one.image.blob), _opinion(one.answered), _opinion(one.shadow))
    return view


def _opinion(opinion: Opinion) -> Text:
    return cell(f"{opinion.label}  {share(opinion.score)}")
