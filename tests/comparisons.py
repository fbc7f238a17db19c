"""What versions say that look on, for tests of where it is kept and shown."""

from datetime import datetime

from loupe_shared.shadow import Comparison, Said
from tests.factories import NOON, image_ref


def comparison(  # noqa: PLR0913  (every one of them matters to some test)
    blob: str = "a.jpg",
    answered: str = "cat",
    shadow: str = "dog",
    *,
    serving: int = 1,
    version: int = 2,
    scores: tuple[float, float] = (0.75, 0.5),
    model: str = "test",
    etag: str = "0x1",
    at: datetime = NOON,
) -> Comparison:
    """Two versions over an image."""
    return Comparison(
        model=model,
        image=image_ref(blob, etag=etag),
        answered=Said(version=serving, label=answered, score=scores[0]),
        shadow=Said(version=version, label=shadow, score=scores[1]),
        at=at,
    )
