"""What people ask for, in words of batch jobs."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from loupe_shared.api.jobs import JobRequest
from loupe_shared.batch.job import CHUNK, ByFilter, ByNames, ByPrefix, Chunk, Input, Named


class Asked(NamedTuple):
    """The input of a job, and the names in it if they are known already."""

    input: Input
    names: tuple[str, ...]


def asked(request: JobRequest) -> Asked:
    """The input that a request has. Names that stand there twice count once."""
    if request.names is not None:
        return by_names(request.names)
    if request.filter is not None:
        return Asked(ByFilter(filter=request.filter), ())
    return Asked(ByPrefix(prefix=request.prefix or "", glob=request.glob), ())


def by_names(blobs: Iterable[str], retries: str | None = None) -> Asked:
    """The input that consists of these blobs.

    Args:
        blobs: in any order.
        retries: id of the job in which they have failed, if they have.
    """
    names = tuple(dict.fromkeys(blobs))
    digest = hashlib.blake2b(json.dumps(sorted(names)).encode(), digest_size=16).hexdigest()
    return Asked(ByNames(count=len(names), retries=retries, digest=digest), names)


def chunks(names: Sequence[str]) -> list[Chunk]:
    """Names in parts of ``CHUNK``."""
    parts = (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
    return [Chunk(number=n, images=tuple(Named(blob=name) for name in part)) for n, part in enumerate(parts)]
