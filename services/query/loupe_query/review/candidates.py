"""Which images of the archive could be reviewed, and what there is to say about them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from loupe_query.review.ports import Claims
from loupe_query.review.usefulness import disagreement, usefulness
from loupe_shared.api.reviews import Disagreement
from loupe_shared.listing import Order, ResultFilter, Sort
from loupe_shared.ports import ResultStore
from loupe_shared.result import ResultDocument

# So many are weighed against each other: enough to choose unlike ones from, and weighed in some ten milliseconds.
CANDIDATES = 100
# Larger than that, because other sessions hold some and this one has passed some.
PAGE = 150
# So many pages are read at most. Who has passed 500 images finds a hundred others in half of them.
PAGES = 10
# Histories that are read at the same time if the store is on another machine.
AT_ONCE = 8

_MOST_UNCERTAIN_FIRST = Order(Sort.UNCERTAINTY)


@dataclass(frozen=True)
class Waiting:
    """An image that waits for a review.

    Attributes:
        document: as the archive keeps it.
        result: what that says.
    """

    document: str
    result: ResultDocument


@dataclass(frozen=True)
class Candidate:
    """An image that could be reviewed next.

    Attributes:
        document: as the archive keeps it.
        usefulness: as ``usefulness`` says.
        disagreement: the reason why it is more than the uncertainty, if it is.
    """

    document: str
    usefulness: float
    disagreement: Disagreement | None


def waiting(documents: Iterable[str], wanted: ResultFilter) -> Iterator[tuple[str, Waiting]]:
    """Ids and images of those documents that match."""
    for document in documents:
        result = ResultDocument.model_validate_json(document)
        if wanted.matches(result):
            yield result.image.id, Waiting(document, result)


def unclaimed(
    store: ResultStore, claims: Claims, holder: str, wanted: ResultFilter, without: Collection[str]
) -> dict[str, Waiting]:
    """The most uncertain images that nobody else holds, by id.

    They are ``CANDIDATES`` at most, of ``PAGES`` pages of the archive, however short these are. So where very many are
    claimed or passed, or few match, there may be more than are found.

    Args:
        store: the archive.
        claims: tell what others hold.
        holder: for whom.
        wanted: images that wait for a review.
        without: ids of images that are left out.
    """
    found: dict[str, Waiting] = {}
    after = None
    for _ in range(PAGES):
        page = store.page(wanted, _MOST_UNCERTAIN_FIRST, PAGE, after)
        read = {id_: one for id_, one in waiting(page.documents, wanted) if id_ not in without}
        taken = claims.taken(holder, list(read))
        found |= {id_: one for id_, one in read.items() if id_ not in taken}
        after = page.next
        if after is None or len(found) >= CANDIDATES:
            break
    return dict(islice(found.items(), CANDIDATES))


def weighed(store: ResultStore, images: Mapping[str, Waiting]) -> dict[str, Candidate]:
    """Images with their usefulness, by id.

    The history is read only of those whose model has a version above 1: an earlier version can have answered no others.
    That is a read for each of them, which is why candidates are few.
    """
    later = [id_ for id_, image in images.items() if image.result.model and image.result.model.version > 1]
    histories = dict(zip(later, _histories(store, later), strict=True))
    weighed: dict[str, Candidate] = {}
    for id_, image in images.items():
        earlier = map(ResultDocument.model_validate_json, histories.get(id_, ()))
        said = disagreement(image.result, earlier)
        weighed[id_] = Candidate(image.document, usefulness(image.result, said), said)
    return weighed


def _histories(store: ResultStore, image_ids: Sequence[str]) -> list[list[str]]:
    if not store.is_remote:
        return [store.history(id_) for id_ in image_ids]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(store.history, image_ids))
