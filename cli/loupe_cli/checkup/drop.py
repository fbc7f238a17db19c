"""Sending a picture through everything."""

import io
import secrets
import time
from collections.abc import Iterator

from PIL import Image

from loupe_cli.checkup.findings import Finding, bad, ok
from loupe_cli.text import milliseconds
from loupe_cli.uploading.answers import answers
from loupe_cli.views.images import in_words
from loupe_client import Loupe

EDGE = 64


def drop(loupe: Loupe, patience_s: float) -> Iterator[Finding]:
    """Upload a small picture of noise, and wait for its answer. It stays: the API deletes nothing."""
    blob = f"doctor/{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}.png"
    begin = time.monotonic()
    uploads = loupe.upload({blob: _noise()})
    for result in answers(loupe, uploads, patience_s):
        took = milliseconds(1000 * (time.monotonic() - begin))
        yield ok(f"a picture went through in {took} ({in_words(result)}); it stays as {blob}")
        return
    yield bad(
        f"a picture was uploaded as {blob} and has no outcome after {patience_s:.0f} s",
        f"`loupe trace {blob}` tells more; if all else is well, its event has not reached the ingestion service",
    )


def _noise() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (EDGE, EDGE), secrets.token_bytes(3 * EDGE * EDGE)).save(file, "PNG")
    return file.getvalue()
