"""The queue of images to review: the most useful first, and none for two people at once."""

from collections.abc import Iterable

from loupe_query.review.candidates import Candidate, unclaimed, waiting, weighed
from loupe_query.review.ports import Claims
from loupe_query.review.usefulness import by_relevance
from loupe_shared.api.images import ImageName
from loupe_shared.api.reviews import ReviewQueueQuery
from loupe_shared.domain import image_id
from loupe_shared.ports import ResultStore
from loupe_shared.result import ResultDocument

# Longer than a person looks at a few images. Who looks longer asks again; who goes away keeps them from others so long.
CLAIM_S = 300


class Queue:
    """Gives images to be reviewed. Every method raises ``TransientError`` when archive or claims do not answer.

    Nothing of it is stored but the claims: what is useful follows from the archive as it is when somebody asks.

    Args:
        store: the archive.
        claims: tell who is looking at what.
        account: of the images.
    """

    def __init__(self, store: ResultStore, claims: Claims, account: str) -> None:
        self._store = store
        self._claims = claims
        self._account = account

    def give(self, holder: str, query: ReviewQueueQuery) -> list[Candidate]:
        """What a holder is to look at: first what it has already and still waits, then the most useful of the others.

        What it is given is its own for ``CLAIM_S`` from now. What it has and is not given, because it asks for others
        or for fewer, it has until that claim runs out.
        """
        wanted, passed = query.wanted(), self._ids(query.passed)
        documents = self._store.find([id_ for id_ in self._claims.held(holder) if id_ not in passed])
        own = dict(waiting(documents.values(), wanted))
        reviewed = {id_: document for id_, document in documents.items() if id_ not in own}
        new = {}
        if len(own) < query.limit:
            new = unclaimed(self._store, self._claims, holder, wanted, passed | own.keys())
        candidates = weighed(self._store, own | new)
        # What was reviewed a moment ago, and the model has not learnt from yet. So what is like it is still uncertain,
        # and would teach little more.
        models = {image.result.model for image in (own | new).values()}
        seen = [id_ for id_, one in reviewed.items() if ResultDocument.model_validate_json(one).model in models]
        embeddings = self._store.embeddings([*candidates, *seen])
        first = by_relevance({id_: candidates[id_].usefulness for id_ in own}, embeddings, chosen=seen)
        then = by_relevance({id_: candidates[id_].usefulness for id_ in new}, embeddings, chosen=[*seen, *first])
        # All of them are offered, because others may have claimed some meanwhile.
        return [candidates[id_] for id_ in self._claims.claim(holder, first + then, query.limit, CLAIM_S)]

    def take_back(self, holder: str, names: Iterable[ImageName]) -> int:
        """Let others have images. Returns how many of them the holder had."""
        return self._claims.release(holder, self._ids(names))

    def _ids(self, names: Iterable[ImageName]) -> set[str]:
        return {image_id(self._account, name.container, name.blob) for name in names}
