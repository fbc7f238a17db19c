"""Several images: as a table, as lines, and as a file for spreadsheets."""

from collections.abc import Iterable
from typing import TextIO

from rich.table import Table
from rich.text import Text

from loupe_cli.text import local, share
from loupe_cli.views.screen import cell, grid
from loupe_cli.views.sheet import write_rows
from loupe_shared.api.images import SimilarImage
from loupe_shared.domain import Outcome
from loupe_shared.result import ResultDocument

COLUMNS = ("container", "blob", "outcome", "reason", "label", "score", "uncertainty", "review", "model", "completed_at")

_STYLES = {Outcome.CLASSIFIED: "", Outcome.REJECTED: "yellow", Outcome.SUPERSEDED: "dim", Outcome.DELETED: "dim"}


def answer(result: ResultDocument) -> Text:
    """What became of an image: its label, or why it has none; and what a person said, if it is something else."""
    said = cell(in_words(result), _STYLES[result.outcome])
    if result.review and result.review.label != result.label:
        said.append_text(cell(f" → {result.review.label}", "green"))
    return said


def in_words(result: ResultDocument) -> str:
    """The label; or the outcome, with its reason."""
    return result.label or (f"{result.outcome}: {result.reason}" if result.reason else str(result.outcome))


def table(results: Iterable[ResultDocument]) -> Table:
    """A line for each image."""
    view = grid("image", "answer", "score", "model", "completed", right=("score",))
    for result in results:
        model = str(result.model) if result.model else ""
        score = share(result.score) if result.predictions else ""
        view.add_row(cell(result.image.blob), answer(result), score, cell(model), local(result.completed_at))
    return view


def similar(matches: Iterable[SimilarImage]) -> Table:
    """A line for each image that is like another one."""
    view = grid("similarity", "image", "answer", right=("similarity",))
    for match in matches:
        view.add_row(f"{match.similarity:.3f}", cell(match.image.image.blob), answer(match.image))
    return view


def line(result: ResultDocument) -> Text:
    """An image as it is classified."""
    time = Text(f"{local(result.completed_at)}  ", "dim")
    return time.append_text(cell(f"{result.image.blob}  ")).append_text(answer(result)).append(_score(result))


def _score(result: ResultDocument) -> str:
    return f"  {share(result.score)}" if result.predictions else ""


def write_csv(results: Iterable[ResultDocument], file: TextIO) -> None:
    """A row for each image, of ``COLUMNS``."""
    write_rows(COLUMNS, map(_row, results), file)


def _row(result: ResultDocument) -> tuple[object, ...]:
    image, review = result.image, result.review
    return (
        *(image.container, image.blob, result.outcome, result.reason, result.label, result.score),
        *(result.uncertainty, review.label if review else None, result.model, result.completed_at.isoformat()),
    )
