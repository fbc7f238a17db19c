"""What a store has, as tests look at it."""

from loupe_shared.counters import CountFilter, Kind
from loupe_shared.ports import ResultStore
from loupe_shared.result import Result


def shown(store: ResultStore, one: Result) -> Result | None:
    """What the store shows of the image of a result."""
    documents = store.find([one.image.id])
    return Result.model_validate_json(documents[one.image.id]) if documents else None


def outcomes(store: ResultStore) -> dict[str, int]:
    """How many images have which outcome."""
    return {key: n for (key,), n in store.count(CountFilter((Kind.OUTCOME,)), ["key"]).items()}


def labels(store: ResultStore) -> dict[str, int]:
    """How many images have which label."""
    return {key: n for (key,), n in store.count(CountFilter((Kind.LABEL,)), ["key"]).items()}
