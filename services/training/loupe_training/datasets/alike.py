"""Which pictures of a data set look alike, or are the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loupe_training.datasets.duplicates import near_pairs
from loupe_training.datasets.fingerprint import Fingerprint
from loupe_training.datasets.labelled import LabelledPicture
from loupe_training.datasets.snapshot import Alike

MAX_LISTED = 1000


@dataclass(frozen=True)
class Resemblance:
    """Pictures that look alike.

    Attributes:
        pictures: that were compared.
        pairs: distances in bits by the places of two pictures, the nearest first.
        complete: whether these are all pairs. If not, they still connect what all would connect; see ``near_pairs``.
    """

    pictures: Sequence[LabelledPicture]
    pairs: dict[tuple[int, int], int]
    complete: bool

    def listed(self) -> tuple[Alike, ...]:
        """The nearest pairs, by name."""
        nearest = list(self.pairs.items())[:MAX_LISTED]
        return tuple(
            Alike(first=self.pictures[one].name, second=self.pictures[other].name, distance=bits)
            for (one, other), bits in nearest
        )

    def described(self, among: Callable[[int, int], bool]) -> list[str]:
        """Some of the pairs, for people."""
        return [
            f"{self.pictures[one].name!r} ({self.pictures[one].label}) and {self.pictures[other].name!r} "
            f"({self.pictures[other].label}), {bits} bits apart"
            for (one, other), bits in self.pairs.items()
            if among(one, other)
        ]


def find_resemblance(pictures: Sequence[tuple[LabelledPicture, str, Fingerprint | None]], distance: int) -> Resemblance:
    """Compare pictures.

    Args:
        pictures: with their SHA-256 and fingerprint. Those without structure are alike only if their bytes are equal.
        distance: in bits, up to which two look alike.
    """
    structured = [(place, look) for place, (_, _, look) in enumerate(pictures) if look is not None]
    near = near_pairs([look for _, look in structured], distance)
    pairs = {(structured[one][0], structured[other][0]): bits for (one, other), bits in near.distances.items()}
    first: dict[str, int] = {}
    for place, (_, sha256, _) in enumerate(pictures):
        same = first.setdefault(sha256, place)
        if same != place:
            pairs[same, place] = 0
    nearest_first = dict(sorted(pairs.items(), key=lambda pair: (pair[1], pair[0])))
    return Resemblance([picture for picture, _, _ in pictures], nearest_first, near.complete)
