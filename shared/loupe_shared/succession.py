"""What the archive shows of an image when results of it arrive, in whatever order and however often."""

from collections.abc import Sequence
from dataclasses import dataclass

from loupe_shared.result import Result


@dataclass(frozen=True)
class Succession:
    """What is to be written of one image.

    Attributes:
        current: the result to be shown from now on; unset if the one that is shown stays.
        displaced: the result that was shown until now; unset if there was none, or if it stays.
        earlier: results for the image's history, of revisions lower than the one shown.
        shown: the result that is shown from now on, if it is among those that arrived, or was when it arrived before.
    """

    current: Result | None
    displaced: Result | None
    earlier: tuple[Result, ...]
    shown: Result | None = None

    def __bool__(self) -> bool:
        return bool(self.current or self.earlier)


def succeed(known: Result | None, arrived: Sequence[Result]) -> Succession:
    """What follows when results of an image arrive.

    The greatest revision is shown and all others are history, so the end is the same for every order and repetition.
    What people say speaks of the picture, not of the answer, so it stays as long as the picture does.

    Args:
        known: the result that is shown.
        arrived: of the same image, the newest first, each revision once.
    """
    if known is None:
        return Succession(arrived[0], None, tuple(arrived[1:]), arrived[0])
    if arrived[0].revision <= known.revision:
        earlier = tuple(result for result in arrived if result.revision < known.revision)
        return Succession(None, None, earlier, known if arrived[0].revision == known.revision else None)
    current = arrived[0]
    if known.review and _same_version(current, known):
        current = current.model_copy(update={"review": known.review, "reviews": known.reviews})
    others = tuple(result for result in arrived[1:] if result.revision != known.revision)
    return Succession(current, known, (*others, known), current)


def _same_version(one: Result, other: Result) -> bool:
    return (one.image.sequencer, one.image.etag) == (other.image.sequencer, other.image.etag)
