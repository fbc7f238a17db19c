"""Waiting for answers through the API, and showing them."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx2
from rich.table import Table
from rich.text import Text

from loupe_local.azurite import CONTAINER
from loupe_local.photos import Upload
from loupe_shared.domain import Outcome
from loupe_shared.errors import TransientError
from loupe_shared.result import Result

POLL_INTERVAL_S = 0.05
PATIENCE_S = 180.0  # without any progress: what a killed process held comes back after a minute


class NoOutcome(TransientError):
    """An image has no outcome although nothing is broken."""


def outcomes(api: str, uploads: list[Upload], check: Callable[[], None]) -> Iterator[Result]:
    """The outcome of each upload, in order, as soon as the API has it.

    Args:
        api: address of the query API.
        uploads: what to wait for.
        check: raises if something that is waited for cannot come any more.

    Raises:
        NoOutcome: nothing came for three minutes.
    """
    with httpx2.Client(base_url=api, timeout=30) as client:
        for upload in uploads:
            yield _outcome(client, upload, check)


def _outcome(client: httpx2.Client, upload: Upload, check: Callable[[], None]) -> Result:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            response = client.get(f"/v1/images/{CONTAINER}/{quote(upload.blob)}")
        except httpx2.TransportError:
            response = None  # whether it has ended or is only busy, ``check`` knows
        if response is not None and response.is_success:
            result = Result.model_validate_json(response.content)
            if result.image.etag == upload.etag:
                return result
        check()
        time.sleep(POLL_INTERVAL_S)
    raise NoOutcome(f"{upload.blob} has no outcome after {PATIENCE_S:.0f} s: the logs may say why")


def known_versions(api: str) -> dict[str, str]:
    """The etag of the version of each blob that the archive knows; empty if it knows that it is deleted."""
    versions: dict[str, str] = {}
    parameters = {"container": CONTAINER, "limit": "1000"}
    with httpx2.Client(base_url=api, timeout=30) as client:
        while True:
            page = client.get("/v1/images", params=parameters).raise_for_status().json()
            for result in map(Result.model_validate, page["images"]):
                versions[result.image.blob] = "" if result.outcome is Outcome.DELETED else result.image.etag
            if page["next"] is None:
                return versions
            parameters["cursor"] = page["next"]


def table(results: list[Result]) -> Table:
    """The answers, as a person reads them."""
    view = Table(title="What Loupe sees", caption="ms: from upload to queryable", show_edge=False)
    for name in ("image", "label", "score", "model", "ms"):
        view.add_column(name, justify="right" if name in ("score", "ms") else "left", overflow="fold")
    for result in results:
        view.add_row(result.image.blob, _label(result), _score(result), _model(result), _latency(result))
    return view


def _label(result: Result) -> Text:
    if result.outcome is Outcome.CLASSIFIED:
        return Text(result.label or "")
    return Text(f"{result.outcome}: {result.reason}" if result.reason else str(result.outcome), style="yellow")


def _score(result: Result) -> str:
    return f"{result.score:.2f}" if result.score is not None else ""


def _model(result: Result) -> str:
    return f"{result.model.name}:{result.model.version}" if result.model else ""


def _latency(result: Result) -> str:
    if result.stored_at is None:
        return ""
    return f"{(result.stored_at - result.image.uploaded_at).total_seconds() * 1000:.0f}"
