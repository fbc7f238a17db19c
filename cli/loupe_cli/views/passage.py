"""The passage of one image: when it was where, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import clock, local, milliseconds, number
from loupe_cli.views.image import earlier
from loupe_cli.views.images import in_words
from loupe_cli.views.screen import cell, grid
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.result import ResultDocument

_TIMELINE = 40
_MS = timedelta(milliseconds=1)

WAITS = "Waits between fetch, decode and inference are known as a sum only: these may have begun later."
CLOCKS = "The stages add up to more than the time from upload to answer: the clocks of storage and workers differ."


@dataclass(frozen=True)
class Stage:
    """A part of the passage.

    Attributes:
        at: when it began; for those between ``queued`` and ``waited``, no earlier.
        ms: how long it took.
    """

    name: str
    at: datetime | None
    ms: float


def stages(result: ResultDocument) -> list[Stage]:
    """The passage in its order."""
    at, found = result.image.uploaded_at, list[Stage]()
    for name, ms in result.timings_ms:
        found.append(Stage(name, at, ms))
        at += ms * _MS
    found.append(Stage("waited", None, max(0.0, (result.completed_at - at) / _MS)))
    if result.stored_at:
        found.append(Stage("store", result.completed_at, max(0.0, (result.stored_at - result.completed_at) / _MS)))
    return found


def passage(result: ResultDocument, history: Sequence[ResultDocument]) -> Group:
    """An image that has an outcome."""
    found = stages(result)
    view = grid("stage", "from", "took", "", right=("took",))
    view.add_row("uploaded", clock(result.image.uploaded_at))
    total, done = sum(stage.ms for stage in found) or 1.0, 0.0
    for stage in found:
        begin, done = done, done + stage.ms
        view.add_row(stage.name, clock(stage.at) if stage.at else "", milliseconds(stage.ms), _bar(begin, done, total))
    view.add_row(*_end(result))
    parts: list[RenderableType] = [cell(f"{result.image.blob}: {in_words(result)}", "bold")]
    parts += [f"uploaded {local(result.image.uploaded_at)}, version {result.image.etag}", "", view, Text(WAITS, "dim")]
    if sum(stage.ms for stage in found[:4]) * _MS > result.completed_at - result.image.uploaded_at + _MS:
        parts.append(Text(CLOCKS, "yellow"))
    if history:
        parts += ["", Text("Earlier answers", "bold"), earlier(history)]
    return Group(*parts)


def _end(result: ResultDocument) -> tuple[str, str, str]:
    end = result.stored_at or result.completed_at
    name = "in the archive" if result.stored_at else "answered"
    return name, clock(end), milliseconds(max(0.0, (end - result.image.uploaded_at) / _MS))


def _bar(begin: float, end: float, total: float) -> Text:
    first, last = int(_TIMELINE * begin / total), int(_TIMELINE * end / total)
    return Text(" " * first + "█" * max(1, last - first), "cyan")


def on_its_way(blob: str, pipeline: Pipeline, *, is_stored: bool | None) -> Group:
    """An image without an outcome: what is known instead.

    Args:
        blob: its name.
        pipeline: what is on its way.
        is_stored: whether it is in storage; unset if that could not be asked.
    """
    if is_stored is False:
        return Group(cell(f"{blob} is not in storage, and no outcome of it is known.", "bold"))
    where = "is in storage and has no outcome yet" if is_stored else "has no outcome yet; storage cannot be asked"
    view = Table.grid(padding=(0, 2, 0, 0))
    view.add_row("on their way", number(pipeline.outstanding, "image"))
    for queue in pipeline.queues:
        depth = f"{queue.waiting:,} waiting, {queue.running:,} running, {queue.dead:,} dead"
        view.add_row(f"queue {queue.name}", depth)
    view.add_row("workers", ", ".join(sorted({worker.service for worker in pipeline.workers})) or "none")
    return Group(cell(f"{blob} {where}.", "bold"), view)
