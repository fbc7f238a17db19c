"""Waiting for answers through the API, and showing them."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx2
from rich.table import Table

from loupe_local.azurite import CONTAINER
from loupe_local.photos import Upload
from loupe_shared.domain import Outcome, Result
from loupe_shared.errors import TransientError

POLL_INTERVAL_S = 0.05
PATIENCE_S = 60.0  # without any progress


class NoOutcome(TransientError):
    """An image has no outcome although nothing is broken."""


def outcomes(api: str, uploads: list[Upload], check: Callable[[], None]) -> Iterator[Result]:
    """The outcome of each upload, in order, as soon as the API has it.

    Args:
        api: address of the query API.
        uploads: what to wait for.
        check: raises if something that is waited for cannot come any more.

    Raises:
        NoOutcome: for a minute nothing came.
    """
    with httpx2.Client(base_url=api, timeout=30) as client:
        for upload in uploads:
            yield _outcome(client, upload, check)


def _outcome(client: httpx2.Client, upload: Upload, check: Callable[[], None]) -> Result:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        response = client.get(f"/v1/images/{CONTAINER}/{quote(upload.blob)}")
        if response.is_success:
            result = Result.model_validate_json(response.content)
            if result.image.etag == upload.etag:
                return result
        elif response.status_code != httpx2.codes.NOT_FOUND:
            response.raise_for_status()
        check()
        time.sleep(POLL_INTERVAL_S)
    raise NoOutcome(f"{upload.blob} has no outcome after {PATIENCE_S:.0f} s: the logs may say why")


def table(results: list[Result]) -> Table:
    """The answers, as a person reads them."""
    view = Table(title="What Loupe sees", caption="ms: from upload to queryable", show_edge=False)
    for name in ("image", "label", "score", "model", "ms"):
        view.add_column(name, justify="right" if name in ("score", "ms") else "left", overflow="fold")
    for result in results:
        view.add_row(result.image.blob, _label(result), _score(result), _model(result), _latency(result))
    return view


def _label(result: Result) -> str:
    if result.outcome is Outcome.CLASSIFIED:
        return result.label or ""
    return f"[yellow]{result.outcome}: {result.reason}" if result.reason else f"[yellow]{result.outcome}"


def _score(result: Result) -> str:
    return f"{result.score:.2f}" if result.score is not None else ""


def _model(result: Result) -> str:
    return f"{result.model.name}:{result.model.version}" if result.model else ""


def _latency(result: Result) -> str:
    if result.stored_at is None:
        return ""
    return f"{(result.stored_at - result.image.uploaded_at).total_seconds() * 1000:.0f}"
