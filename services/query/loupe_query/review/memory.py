"""Claims without a server, for tests. They pass the same contract tests as the real ones."""

import threading
import time
from collections.abc import Collection, Sequence


class MemoryClaims:
    """``Claims`` in a dictionary."""

    def __init__(self) -> None:
        self._claims: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def claim(self, holder: str, image_ids: Sequence[str], limit: int, seconds: float) -> list[str]:
        """See ``Claims.claim``."""
        with self._lock:
            claimed = [id_ for id_ in dict.fromkeys(image_ids) if self._holder(id_) in (None, holder)][:limit]
            self._claims |= dict.fromkeys(claimed, (holder, time.monotonic() + seconds))
        return claimed

    def held(self, holder: str) -> list[str]:
        """See ``Claims.held``."""
        with self._lock:
            return [id_ for id_ in self._claims if self._holder(id_) == holder]

    def taken(self, holder: str, image_ids: Sequence[str]) -> set[str]:
        """See ``Claims.taken``."""
        with self._lock:
            return {id_ for id_ in image_ids if self._holder(id_) not in (None, holder)}

    def release(self, holder: str, image_ids: Collection[str]) -> int:
        """See ``Claims.release``."""
        with self._lock:
            own = {id_ for id_ in image_ids if self._holder(id_) == holder}
            for id_ in own:
                del self._claims[id_]
        return len(own)

    def _holder(self, image_id: str) -> str | None:
        holder, until = self._claims.get(image_id, (None, 0.0))
        return holder if time.monotonic() < until else None
