"""Waiting for what becomes of uploads."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from loupe_client import Loupe, Uploaded
from loupe_shared.result import ResultDocument

_AT_ONCE = 200
_PAUSE_S = 0.2


def answers(
    loupe: Loupe, uploads: Iterable[Uploaded], patience_s: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[ResultDocument]:
    """The result of each upload, as soon as the archive has it.

    It ends early if there is none for so many seconds. Each look is at some of those that are waited for, in turn, so
    that one which takes long does not stand in the way of others.
    """
    waiting = deque(uploads)
    deadline = time.monotonic() + patience_s
    while waiting and time.monotonic() < deadline:
        looked_at = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
        found = loupe.find((upload.container, upload.blob) for upload in looked_at).images
        results = {(result.image.blob, result.image.etag): result for result in found}
        waiting.extend(upload for upload in looked_at if (upload.blob, upload.etag) not in results)
        for upload in looked_at:
            if result := results.get((upload.blob, upload.etag)):
                deadline = time.monotonic() + patience_s
                yield result
        if not results:
            sleep(_PAUSE_S)
