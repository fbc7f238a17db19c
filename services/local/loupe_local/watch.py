"""Waiting for answers through the API, and showing them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from rich.table import Table
from rich.text import Text

from loupe_client import ApiError, Loupe
from loupe_local.azurite import CONTAINER
from loupe_local.photos import Upload
from loupe_shared.domain import Outcome
from loupe_shared.errors import TransientError
from loupe_shared.result import ResultDocument

POLL_INTERVAL_S = 0.05
PATIENCE_S = 180.0  # without any progress: what a killed process held comes back after a minute


class NoOutcome(TransientError):
    """An image has no outcome although nothing is broken."""


def outcomes(api: str, uploads: list[Upload], check: Callable[[], None]) -> Iterator[ResultDocument]:
    """The outcome of each upload, in order, as soon as the API has it.

    Args:
        api: address of the query API.
        uploads: what to wait for.
        check: raises if something that is waited for cannot come any more.

    Raises:
        NoOutcome: nothing came for three minutes.
    """
    with Loupe(api, retries=0) as loupe:
        for upload in uploads:
            yield _outcome(loupe, upload, check)


def _outcome(loupe: Loupe, upload: Upload, check: Callable[[], None]) -> ResultDocument:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(ApiError):  # it is not known yet; or whether the API has ended or is only busy, ``check`` knows
            result = loupe.image(CONTAINER, upload.blob)
            if result.image.etag == upload.etag:
                return result
        check()
        time.sleep(POLL_INTERVAL_S)
    raise NoOutcome(f"{upload.blob} has no outcome after {PATIENCE_S:.0f} s: the logs may say why")


def table(results: Sequence[ResultDocument]) -> Table:
    """The answers, as a person reads them."""
    view = Table(title="What Loupe sees", caption="ms: from upload to queryable", show_edge=False)
    for name in ("image", "label", "score", "model", "ms"):
        view.add_column(name, justify="right" if name in ("score", "ms") else "left", overflow="fold")
    for result in results:
        view.add_row(result.image.blob, _label(result), _score(result), _model(result), _latency(result))
    return view


def _label(result: ResultDocument) -> Text:
    if result.outcome is Outcome.CLASSIFIED:
        return Text(result.label or "")
    return Text(f"{result.outcome}: {result.reason}" if result.reason else str(result.outcome), style="yellow")


def _score(result: ResultDocument) -> str:
    return f"{result.score:.2f}" if result.score is not None else ""


def _model(result: ResultDocument) -> str:
    return str(result.model) if result.model else ""


def _latency(result: ResultDocument) -> str:
    if result.stored_at is None:
        return ""
    return f"{(result.stored_at - result.image.uploaded_at).total_seconds() * 1000:.0f}"
