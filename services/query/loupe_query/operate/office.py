"""Looking after the dead letters of all sources together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

from loupe_query.operate.letters import Letter
from loupe_query.operate.ports import LetterBox
from loupe_shared.api.operate import LetterFilter, LettersByFilter, LettersById
from loupe_shared.domain import microseconds, now

# By filter, at once: bounds the memory, and the time that somebody waits.
MAX_AT_ONCE = 2000
CHUNK = 100


class Place(NamedTuple):
    """Where a letter is in the list, whose greatest comes first. Letters whose time is not known are the last."""

    at: int
    id: str

    @classmethod
    def of(cls, letter: Letter) -> "Place":
        """The place of a letter."""
        return cls(max(0, microseconds(letter.at)) if letter.at else 0, letter.id)

    @classmethod
    def from_cursor(cls, cursor: str) -> "Place":
        """The place that ``to_cursor`` named."""
        at, _, id_ = cursor.partition("-")
        return cls(int(at), id_)

    def to_cursor(self) -> str:
        """This place as text for a URL."""
        return f"{self.at}-{self.id}"


@dataclass
class Done:
    """What became of letters.

    Attributes:
        done: how many were replayed or dismissed.
        refused: those that could not be, by id, with why.
        missing: how many of the ids there were not, or not any more.
        more: whether more match.
    """

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    more: bool = False


class Office:
    """The dead letters of several boxes. Every method raises ``TransientError`` when one of them does not answer.

    Nothing of it is stored, so to find a letter is to read them all. There should be few, and each is a person's work.

    Args:
        boxes: where they are.
        days: after which a letter is forgotten, as soon as somebody looks; unset to keep them for ever.
    """

    def __init__(self, boxes: Sequence[LetterBox], days: int | None = None) -> None:
        self._boxes = boxes
        self._days = days

    def page(self, wanted: LetterFilter, limit: int, after: Place | None) -> tuple[list[Letter], Place | None]:
        """Letters that match, the newest first, and the place after which the next part begins (none at the end)."""
        matching = (letter for _, letter in self._letters(wanted) if after is None or Place.of(letter) < after)
        found = nlargest(limit + 1, matching, key=Place.of)
        return found[:limit], Place.of(found[limit - 1]) if len(found) > limit else None

    def find(self, id_: str) -> tuple[Letter, str | None] | None:
        """A letter, and why it cannot be replayed (nothing if it can)."""
        for box, letter in self._letters(LetterFilter()):
            if letter.id == id_:
                return letter, box.obstacle(letter)
        return None

    def replay(self, choice: LettersById | LettersByFilter) -> Done:
        """Put letters into their queues again. Those that cannot be handled stay."""
        done = Done()

        def able(box: LetterBox, letter: Letter) -> bool:
            obstacle = box.obstacle(letter)
            if obstacle:
                done.refused[letter.id] = obstacle
            return not obstacle

        return self._act(choice, done, able, lambda box, letters: box.replay(letters))

    def dismiss(self, choice: LettersById | LettersByFilter) -> Done:
        """Remove letters for good."""
        return self._act(choice, Done(), lambda *_: True, lambda box, letters: box.remove(letters))

    def _act(
        self,
        choice: LettersById | LettersByFilter,
        done: Done,
        able: Callable[[LetterBox, Letter], bool],
        act: Callable[[LetterBox, Sequence[Letter]], int],
    ) -> Done:
        ids = set(choice.ids) if isinstance(choice, LettersById) else None
        wanted = LetterFilter() if isinstance(choice, LettersById) else choice.filter
        fitting = ((box, letter) for box, letter in self._letters(wanted, ids) if able(box, letter))
        chosen: dict[LetterBox, list[Letter]] = defaultdict(list)
        for box, letter in islice(fitting, MAX_AT_ONCE):
            chosen[box].append(letter)
        done.more = next(fitting, None) is not None
        for box, letters in chosen.items():
            for start in range(0, len(letters), CHUNK):
                done.done += act(box, letters[start : start + CHUNK])
        done.missing = len(ids) - done.done - len(done.refused) if ids else 0
        return done

    def _letters(self, wanted: LetterFilter, ids: Collection[str] | None = None) -> Iterator[tuple[LetterBox, Letter]]:
        """Letters that match and are not too old. Those that are, are removed."""
        oldest = now() - timedelta(days=self._days) if self._days else None
        reason = (wanted.reason or "").casefold()
        for box in self._boxes:
            if wanted.source not in (None, box.source):
                continue
            expired: list[Letter] = []
            for letter in box.letters():
                if oldest and letter.at and letter.at < oldest:
                    expired.append(letter)
                elif reason in letter.reason.casefold() and (ids is None or letter.id in ids):
                    yield box, letter
            if expired:
                box.remove(expired)
