"""The dead-letter queues of the broker: lists of Celery messages, which workers put at their heads."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from loupe_query.operate.jobs import Jobs
from loupe_query.operate.letters import Letter, letter_id
from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect, dead_letter_queue
from loupe_shared.api.operate import Source
from loupe_shared.settings import BrokerSettings

CHUNK = 200
STRANGE = "this is no message that Loupe set aside"


class ValkeyLetters:
    """``LetterBox`` over one of the queues.

    Args:
        settings: the broker.
        source: which of them.
        jobs: handles letters again.
    """

    def __init__(self, settings: BrokerSettings, source: Source, jobs: Jobs) -> None:
        self.source = source
        self._key = f"{KEY_PREFIX}{dead_letter_queue(source)}"
        self._client = connect(settings, as_text=False)
        self._jobs = jobs

    def letters(self) -> Iterator[Letter]:
        """See ``LetterBox.letters``. Read from the tail, so that letters that arrive meanwhile shift nothing."""
        seen, found = 0, CHUNK
        while found == CHUNK:
            with answering("the broker"):
                chunk: list[bytes] = self._client.lrange(self._key, -seen - CHUNK, -seen - 1)  # type: ignore[assignment]
            yield from (_read(self.source, raw) for raw in reversed(chunk))
            found = len(chunk)
            seen += found

    def obstacle(self, letter: Letter) -> str | None:
        """See ``LetterBox.obstacle``."""
        return self._jobs.obstacle(letter)

    def replay(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.replay``."""
        self._jobs.replay(letters)
        return self.remove(letters)

    def remove(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.remove``. Each is removed by its value in one step, so it is counted for one caller only."""
        with answering("the broker"):
            pipeline = self._client.pipeline(transaction=False)
            for letter in letters:
                pipeline.lrem(self._key, -1, letter.handle)  # type: ignore[arg-type]  # bytes are as good as text
            return sum(pipeline.execute())


def _read(source: Source, raw: bytes) -> Letter:
    id_ = letter_id(source, raw)
    try:
        _, kwargs, _ = json.loads(base64.b64decode(json.loads(raw)["body"]))
        at = datetime.fromisoformat(kwargs["at"]).astimezone(UTC) if "at" in kwargs else None
        return Letter(id_, source, str(kwargs["reason"]), at, kwargs["message"], raw)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return Letter(id_, source, STRANGE, None, raw.decode(errors="replace"), raw, damage=STRANGE)
