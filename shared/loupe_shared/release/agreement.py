"""How far a version that looks on agrees with one that answers."""

from collections.abc import Mapping
from typing import NamedTuple

from loupe_shared.release.gates import Candidate, Gate
from loupe_shared.release.shadows import ShadowStore
from loupe_shared.shadow import Pair

# Fewer comparisons say nothing; a better version disagrees, too, but not about this many images.
MIN_COMPARED = 200
MIN_AGREEMENT = 0.7


class Agreement(NamedTuple):
    """Of how many images, and of how many of them both name the same label."""

    images: int
    agreed: int

    @property
    def share(self) -> float:
        """Part of the images; there must be some."""
        return self.agreed / self.images


def agreements(counts: Mapping[Pair, int]) -> dict[int, Agreement]:
    """By the version that answered, the newest first; those with no comparison are not there.

    Args:
        counts: of a shadow version, as ``ShadowStore.count`` gives them.
    """
    found: dict[int, Agreement] = {}
    for pair in sorted(counts, reverse=True):
        images, agreed = found.get(pair.serving, Agreement(0, 0))
        same = counts[pair] if pair.answered == pair.shadow else 0
        found[pair.serving] = Agreement(images + counts[pair], agreed + same)
    return found


def agreement_gate(store: ShadowStore, min_compared: int = MIN_COMPARED, min_agreement: float = MIN_AGREEMENT) -> Gate:
    """A gate for versions that have looked on. Versions with new labels cannot agree.

    Args:
        store: where it is kept what they said.
        min_compared: images without which nothing is said against a version.
        min_agreement: part of them of which it must name the label that was answered.
    """

    def gate(candidate: Candidate) -> str | None:
        serving = candidate.serving
        if serving is None or candidate.new_labels:
            return None
        counts = store.count(candidate.manifest.name, candidate.manifest.version)
        found = agreements(counts).get(serving.version)
        if found is None or found.images < min_compared or found.share >= min_agreement:
            return None
        return (
            f"it names the label that was answered for {found.share:.1%} of the {found.images:,} images that it was "
            f"shown, less than {min_agreement:.0%}: look at its surest disagreements"
        )

    return gate
