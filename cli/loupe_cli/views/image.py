"""One image in full: what it shows, and how that came about."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import NONE, clock, local, milliseconds, share, size
from loupe_cli.views.images import answer
from loupe_cli.views.screen import cell, grid
from loupe_shared.result import Prediction, ResultDocument

_BAR = 30


def portrait(result: ResultDocument, history: Sequence[ResultDocument]) -> Group:
    """Everything that is known of an image, but for its picture."""
    parts: list[RenderableType] = [cell(result.image.blob, "bold"), ""]
    parts.append(bars(result.predictions) if result.predictions else answer(result))
    if result.detail:
        parts.append(cell(result.detail))
    parts += ["", facts(result)]
    if history:
        parts += ["", Text("Earlier answers", "bold"), earlier(history)]
    return Group(*parts)


def bars(predictions: Sequence[Prediction]) -> Table:
    """The best labels, with a bar for each."""
    view = Table.grid(padding=(0, 2, 0, 0))
    for prediction in predictions:
        filled = round(_BAR * prediction.score)
        bar = Text("█" * filled, "cyan").append("·" * (_BAR - filled), "dim")
        view.add_row(cell(prediction.label), bar, Text(share(prediction.score), justify="right"))
    return view


def facts(result: ResultDocument) -> Table:
    """What else is known."""
    image, model, picture, timings = result.image, result.model, result.properties, result.timings_ms
    view = Table.grid(padding=(0, 2, 0, 0))
    for review in reversed(result.words):
        view.add_row("review", cell(f"{review.label}, says {review.reviewer}, {local(review.reviewed_at)}"))
    if result.conflict:
        view.add_row(
            "conflict", cell("reviewers disagree; the latest word counts until more than half agree", "yellow")
        )
    view.add_row("model", cell(f"{model} ({model.precision})" if model else NONE))
    if picture:
        view.add_row("picture", f"{picture.format}, {picture.width} × {picture.height}, {size(picture.size_bytes)}")
    view.add_row("uploaded", local(image.uploaded_at))
    view.add_row("answered", local(result.completed_at))
    stages = (f"{name} {milliseconds(ms)}" for name, ms in timings)
    view.add_row("took", ", ".join(stages) + (", from the embedding" if result.from_embedding else ""))
    view.add_row("version", cell(image.etag))
    return view


def earlier(history: Sequence[ResultDocument]) -> Table:
    """What was known of an image earlier, the newest first."""
    view = grid("answered", "answer", "score", "model", "version", right=("score",))
    for result in history:
        at = f"{local(result.completed_at)[:10]} {clock(result.completed_at)}"
        score = share(result.score) if result.predictions else ""
        model = str(result.model) if result.model else ""
        view.add_row(at, answer(result), score, cell(model), cell(result.image.etag))
    return view
