"""How many images there are."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import number
from loupe_cli.views.screen import cell
from loupe_shared.api.statistics import Counts


def counted(counts: Counts, top: int) -> Group:
    """All kinds of counts, each with its ``top`` most frequent."""
    kinds: list[tuple[str, dict[str, int]]] = [
        ("Outcomes", {str(outcome): images for outcome, images in counts.outcomes.items()}),
        ("Labels", counts.labels),
        ("Reasons", {str(reason): images for reason, images in counts.reasons.items()}),
        ("Reviews", counts.reviews),
        ("Models", counts.models),
        ("Containers", counts.containers),
    ]
    parts: list[RenderableType] = []
    for title, images in kinds:
        if images:
            parts += ["" if parts else Text(), Text(title, "bold"), _most(images, top)]
    return Group(*parts[1:]) if parts else Group("There are no images yet: `loupe upload FOLDER` brings some.")


def _most(images: dict[str, int], top: int) -> Table:
    view = Table.grid(padding=(0, 2, 0, 0))
    view.add_column()
    view.add_column(justify="right")
    ranked = sorted(images.items(), key=lambda item: (-item[1], item[0]))
    for name, count in ranked[:top]:
        view.add_row(cell(f"  {name}"), f"{count:,}")
    if len(ranked) > top:
        rest = sum(count for _, count in ranked[top:])
        view.add_row(Text(f"  {number(len(ranked) - top, 'other')}", "dim"), f"{rest:,}")
    return view
