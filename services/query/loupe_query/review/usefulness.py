"""Which images are worth a person's time. No input or output, so that experiments can reuse it.

An image is the more useful, the less certain its label is (margin sampling), and more so if an earlier version of the
model named another one: then one of the two is wrong. But what is uncertain is often much the same, and ten photos of
one cup teach little more than one of them does. So images are chosen by maximal marginal relevance, which weighs
usefulness against likeness to those chosen before.

Carbonell and Goldstein: The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries,
SIGIR 1998, https://doi.org/10.1145/290941.291025
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from loupe_shared.api.reviews import Disagreement
from loupe_shared.embedding import cosines, stack, values
from loupe_shared.result import Embedding, ResultDocument

# What counts in a choice: so much the usefulness, and the rest the difference from what was chosen before.
LAMBDA = 0.7
# As much as half of all uncertainty that there can be.
DISAGREEMENT = 0.5

Numbers = npt.NDArray[np.float64]
Spaces = Mapping[str, tuple[str, Embedding]]


def disagreement(result: ResultDocument, earlier: Iterable[ResultDocument]) -> Disagreement | None:
    """What an earlier version of the model said of the same version of the blob, if it named another label.

    Args:
        result: which the image shows.
        earlier: others of the same image, the newest first. Of several that disagree, the first counts.
    """
    if result.model is None or result.label is None:
        return None
    for other in earlier:
        if (
            other.model is not None
            and other.label is not None
            and other.score is not None
            and (other.image.sequencer, other.image.etag) == (result.image.sequencer, result.image.etag)
            and other.model.name == result.model.name
            and other.model.version < result.model.version
            and other.label != result.label
        ):
            return Disagreement(model=str(other.model), label=other.label, score=other.score)
    return None


def usefulness(result: ResultDocument, disagreement: Disagreement | None) -> float:
    """Uncertainty, from 0 to 1, and half of one more after a disagreement."""
    return (result.uncertainty or 0.0) + (DISAGREEMENT if disagreement else 0.0)


def by_relevance(useful: Mapping[str, float], embeddings: Spaces, chosen: Iterable[str] = ()) -> list[str]:
    """Images in the order in which they are best looked at, each being the best beside those before it.

    The best has the largest ``LAMBDA * usefulness - (1 - LAMBDA) * likeness``, where likeness is the greatest cosine of
    the angles between its embedding and theirs. Embeddings of different models cannot be compared, and count as being
    at right angles; so does an image that has none, and what points away. Of equals the first is taken. The time grows
    with the square of the number of images, and is some milliseconds for a hundred.

    Args:
        useful: how useful each image is, by its id.
        embeddings: of the images and of those chosen, with their spaces, by id.
        chosen: images that are looked at before these.
    """
    ids = list(useful)
    gains: Numbers = LAMBDA * np.array([useful[id_] for id_ in ids])
    likeness = _Likeness(ids, embeddings)
    for id_ in chosen:
        likeness.choose(id_)
    order: list[str] = []
    for _ in ids:
        place = int(np.argmax(gains - (1 - LAMBDA) * likeness.greatest))
        gains[place] = -np.inf
        order.append(ids[place])
        likeness.choose(ids[place])
    return order


class _Likeness:
    """How much images are like those that were chosen.

    Attributes:
        greatest: of each image, the likeness to the chosen one that it is most like.
    """

    def __init__(self, ids: list[str], embeddings: Spaces) -> None:
        self._embeddings = embeddings
        self.greatest: Numbers = np.zeros(len(ids))
        # By space and length of the vectors: what differs in either cannot be compared.
        self._places: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, id_ in enumerate(ids):
            if id_ in embeddings:
                self._places[_kind(*embeddings[id_])].append(place)
        self._vectors = {
            kind: stack([embeddings[ids[place]][1].values for place in places]) for kind, places in self._places.items()
        }

    def choose(self, id_: str) -> None:
        """An image is chosen."""
        if id_ not in self._embeddings:
            return
        space, embedding = self._embeddings[id_]
        kind = _kind(space, embedding)
        if kind in self._vectors:
            places = self._places[kind]
            found = cosines(self._vectors[kind], values(embedding))
            self.greatest[places] = np.maximum(self.greatest[places], found)


def _kind(space: str, embedding: Embedding) -> tuple[str, int]:
    return space, len(embedding.values)
