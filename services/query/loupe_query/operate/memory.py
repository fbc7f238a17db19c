"""Dead letters without a server, for tests. They pass the same contract tests as the real ones."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from loupe_query.operate.jobs import Jobs
from loupe_query.operate.letters import Letter, letter_id
from loupe_shared.api.operate import Source


class MemoryLetters:
    """``LetterBox`` of one of the broker's queues, in a dictionary."""

    def __init__(self, source: Source, jobs: Jobs) -> None:
        self.source = source
        self._jobs = jobs
        self._letters: dict[str, Letter] = {}
        self._buried = 0

    def bury(self, message: object, reason: str, at: datetime | None = None) -> None:
        """Set a message aside."""
        self._buried += 1
        handle = str(self._buried).encode()
        id_ = letter_id(self.source, handle)
        self._letters[id_] = Letter(id_, self.source, reason, at, message, handle)

    def letters(self) -> Iterator[Letter]:
        """See ``LetterBox.letters``."""
        yield from list(self._letters.values())

    def obstacle(self, letter: Letter) -> str | None:
        """See ``LetterBox.obstacle``."""
        return self._jobs.obstacle(letter)

    def replay(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.replay``."""
        self._jobs.replay(letters)
        return self.remove(letters)

    def remove(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.remove``."""
        return sum(self._letters.pop(letter.id, None) is not None for letter in letters)
