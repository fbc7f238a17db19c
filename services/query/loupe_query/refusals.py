"""What is refused, as HTTP says it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import HTTPException

from loupe_shared.errors import PermanentError


@contextmanager
def refusing(statuses: Mapping[type[PermanentError], int]) -> Iterator[None]:
    """Answer errors of these types with their status and their sentence."""
    try:
        yield
    except tuple(statuses) as error:
        raise HTTPException(statuses[type(error)], str(error)) from error
