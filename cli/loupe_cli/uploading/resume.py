"""What need not be uploaded again, because the container has the same bytes under the same name.

The archive says which names it knows, and how long those pictures are; of those that may be the same, storage is asked
for the MD5 that it keeps. So nothing has to be remembered on this machine, and a copy of the folder on another one goes
on where this one stopped.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from loupe_client import ApiError, Loupe, Uploaded
from loupe_shared.domain import Outcome
from loupe_shared.result import ResultDocument


def already_there(loupe: Loupe, pictures: Mapping[str, Path], concurrent: int) -> dict[str, Uploaded]:
    """Pictures whose bytes are in the container under these names, and whose outcome is known."""
    if not pictures:
        return {}
    container = loupe.upload_links([next(iter(pictures))]).container
    known = loupe.find((container, blob) for blob in pictures).images

    def same(result: ResultDocument) -> bool:
        return _is_same(loupe, result, pictures[result.image.blob])

    with ThreadPoolExecutor(concurrent) as pool:
        images = [result.image for result, is_same in zip(known, pool.map(same, known), strict=True) if is_same]
    return {image.blob: Uploaded(image.container, image.blob, image.etag) for image in images}


def _is_same(loupe: Loupe, result: ResultDocument, file: Path) -> bool:
    image = result.image
    if result.outcome is Outcome.DELETED:
        return False
    # What cannot be read here or there is found out about when it is uploaded.
    with suppress(OSError, ApiError):
        if image.content_length in (None, file.stat().st_size):
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).digest()
            return loupe.checksum(image.container, image.blob) == digest
    return False
