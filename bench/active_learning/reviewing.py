"""What to label next: as the review queue says, over a real archive that the newest head has answered; or by chance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from loupe_query.review.memory import MemoryClaims
from loupe_query.review.queue import Queue
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.api.reviews import ReviewQueueQuery
from loupe_shared.domain import ImageRef, Outcome, now
from loupe_shared.embedding import Floats
from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding, ModelVersion, Prediction, Result, ResultDocument, Review

ACCOUNT, CONTAINER, MODEL, REVIEWER = "study", "pool", "quick", "who knows"
AT_ONCE = 10  # images that a page of reviews asks for
BEST = 5  # labels that a result has


class Chooser(Protocol):
    """Says which pictures of the pool get labels."""

    def next(self, probabilities: Floats, count: int) -> list[int]:
        """Further pictures, by their numbers. They are fewer only when no others are left.

        Args:
            probabilities: what the newest head says of the whole pool, ``float32[N, labels]``.
            count: how many.
        """


class Chance:
    """Each picture that has no label yet is as probable as another.

    Args:
        order: the numbers of all pictures without a label, shuffled.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)

    def next(self, probabilities: Floats, count: int) -> list[int]:  # noqa: ARG002  (it does not matter to chance)
        """See ``Chooser.next``."""
        chosen, self._order = self._order[:count], self._order[count:]
        return chosen


class Reviewing:
    """The queue's own code over an archive, and a reviewer who knows all labels.

    Args:
        store: the archive, which has nothing yet.
        embeddings: of the pool.
        labels: the name of each label.
        said: the number of the label that a person gives to each picture.
        first: the numbers of the pictures that have a label already.
    """

    def __init__(
        self,
        store: ResultStore,
        embeddings: Sequence[Embedding],
        labels: Sequence[str],
        said: Sequence[int],
        first: Sequence[int],
    ) -> None:
        moment = now()
        self._images = [
            ImageRef(account=ACCOUNT, container=CONTAINER, blob=str(n), etag="1", sequencer="1", uploaded_at=moment)
            for n in range(len(said))
        ]
        self._labels = labels
        self._said = said
        self._open = set(range(len(said))) - set(first)
        self._version = 0
        self._store = store
        self._embeddings = embeddings
        self._queue = Queue(store, MemoryClaims(), ACCOUNT)

    def next(self, probabilities: Floats, count: int) -> list[int]:
        """See ``Chooser.next``."""
        self._answer(probabilities)
        chosen: list[int] = []
        while len(chosen) < count:
            query = ReviewQueueQuery(session="study", limit=min(AT_ONCE, count - len(chosen)))
            given = self._queue.give(REVIEWER, query)
            if not given:
                break
            for candidate in given:
                image = ResultDocument.model_validate_json(candidate.document).image
                number = int(image.blob)
                word = Review(label=self._labels[self._said[number]], reviewer=REVIEWER, reviewed_at=now())
                self._store.review(image.id, word)
                chosen.append(number)
        self._open -= set(chosen)
        return chosen

    def _answer(self, probabilities: Floats) -> None:
        """A further version of the model classifies what has no label."""
        self._version += 1
        # Heads share the space, because they share what makes the embeddings.
        model = ModelVersion(name=MODEL, version=self._version, preprocessing_hash="of the pool", space=f"{MODEL}:1")
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :BEST]
        scores = np.minimum(np.take_along_axis(probabilities, best, axis=1), 1.0)
        self._store.write(
            [
                Result(
                    image=self._images[number],
                    outcome=Outcome.CLASSIFIED,
                    predictions=tuple(
                        Prediction(label=self._labels[place], score=score)
                        for place, score in zip(best[number].tolist(), scores[number].tolist(), strict=True)
                    ),
                    model=model,
                    embedding=self._embeddings[number],
                    completed_at=now(),
                )
                for number in sorted(self._open)
            ]
        )


@contextmanager
def archive(folder: Path) -> Iterator[SqliteStore]:
    """An archive in a folder, for as long as the block."""
    store = SqliteStore(folder / "results.sqlite")
    try:
        yield store
    finally:
        store.close()
