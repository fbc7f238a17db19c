"""Made-up images, as a model might see them: of some kinds, and in bursts of which all resemble each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe_query.drift.stream import ByDay
from loupe_shared.counters import SCORE_BINS, Kind
from loupe_shared.drift.reference import Reference
from loupe_shared.embedding import Floats, Vectors, quantize, stack
from loupe_training.export.reference import reference_of

KINDS = ("cracked", "intact", "scratched")
MIX = (0.1, 0.7, 0.2)
LENGTH = 64

_CENTRES = np.random.default_rng(5).normal(size=(len(KINDS), LENGTH))


@dataclass(frozen=True)
class Seen:
    """N images.

    Attributes:
        kinds: of each, ``int64[N]``.
        scores: ``float64[N]``.
        features: their embeddings, ``float32[N, LENGTH]``.
        days: of each.
    """

    kinds: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    features: Floats
    days: Sequence[str]

    def counted(self, kind: Kind) -> ByDay:
        """See ``Images.counted``."""
        bins = np.minimum(self.scores * SCORE_BINS, SCORE_BINS - 1).astype(int).astype(str)
        keys = np.array(KINDS)[self.kinds] if kind is Kind.LABEL else bins
        return Counter(zip(self.days, keys.tolist(), strict=True))

    def embeddings(self) -> tuple[Vectors, Sequence[str]]:
        """See ``Images.embeddings``; of all."""
        return stack([one.values for one in quantize(self.features)]), self.days

    def reference(self, group: int = 1) -> Reference:
        """What a bundle would say of them, if so many that follow each other are a group."""
        probabilities = np.repeat((1 - self.scores[:, None]) / 2, len(KINDS), axis=1)
        probabilities[np.arange(len(self.kinds)), self.kinds] = self.scores
        groups = [str(number // group) for number in range(len(self.kinds))]
        return reference_of(KINDS, probabilities.astype(np.float32), self.features, groups)


def see(
    chance: np.random.Generator,
    count: int,
    *,
    days: int = 7,
    burst: int = 1,
    mix: Sequence[float] = MIX,
    light: float = 0.0,
    sureness: float = 0.8,
) -> Seen:
    """Images that came in this order, as many on each day.

    Args:
        chance: draws them.
        count: of images.
        days: on which they come.
        burst: how many that follow each other are of one kind, in one light.
        mix: how likely each kind is.
        light: what all embeddings have in common, in parts of what they differ in.
        sureness: the mean of the scores.
    """
    bursts = -(-count // burst)

    def noise(width: int) -> npt.NDArray[np.float64]:
        shared = np.repeat(chance.normal(size=(bursts, width)), burst, axis=0)[:count]
        mixed: npt.NDArray[np.float64] = (shared + chance.normal(size=(count, width))) / np.sqrt(2)
        return mixed

    kinds = np.repeat(chance.choice(len(KINDS), bursts, p=mix), burst)[:count]
    return Seen(
        kinds=kinds,
        scores=np.clip(sureness + 0.1 * noise(1)[:, 0], 0.4, 1),
        features=(_CENTRES[kinds] + noise(LENGTH) + light).astype(np.float32),
        days=[f"2026-11-{16 + number * days // count:02}" for number in range(count)],
    )
