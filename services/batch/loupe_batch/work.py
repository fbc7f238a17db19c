"""A chunk that is being worked on."""

from collections import Counter, deque
from dataclasses import dataclass, field

from loupe_batch.judge import Ended
from loupe_shared.batch.job import Chunk, Counts, End, Failure, Named


@dataclass
class Work:
    """What is left to do of a chunk, and what has come of the rest.

    Attributes:
        todo: images that nobody has looked at yet.
        open: how many have not come to their end, those included.
        failures: those that came to that end.
        answers: what came of images, for the file with the answers if there is to be one.
    """

    number: int
    todo: deque[Named]
    open: int
    failures: list[Failure] = field(default_factory=list)
    answers: list[Ended] = field(default_factory=list)
    _ends: Counter[End] = field(default_factory=Counter)

    @classmethod
    def of(cls, chunk: Chunk) -> "Work":
        """All of it is left to do."""
        return cls(chunk.number, deque(chunk.images), len(chunk.images))

    def settle(self, ended: Ended, *, keep: bool) -> None:
        """An image has come to its end; what the archive shows of it is kept, or not."""
        self.open -= 1
        self._ends[ended.end] += 1
        if ended.failure:
            self.failures.append(ended.failure)
        if keep:
            self.answers.append(ended)

    @property
    def counts(self) -> Counts:
        """Of those that have ended."""
        return Counts(**{str(end): count for end, count in self._ends.items()})
