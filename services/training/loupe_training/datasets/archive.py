"""What people said of images in a running Loupe: reviews become labels, and pictures are fetched from storage."""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from loupe_client import Loupe, NotFound, Replaced
from loupe_shared.result import ResultDocument
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.names import problem_of

log = logging.getLogger(__name__)

CONCURRENT = 8
AT_ONCE = 200

DISPUTED = "left out: reviewers disagree, and no label has more than half of them"
NO_MORE = "left out: pictures that storage has no more in the version that was reviewed"


def read_archive(
    loupe: Loupe, origin: str, downloads: Path, *, container: str | None = None, prefix: str | None = None
) -> Labelling:
    """All reviewed images with their pictures, but for those on which reviewers disagree.

    What was downloaded before stays, each picture under its version. So after an error, or when it was stopped, it goes
    on where it was. A picture is fetched only in the version that was reviewed; if storage has another by now, it is
    left out, with a note.

    Args:
        loupe: is asked.
        origin: its address.
        downloads: the folder in which pictures are kept; it is made.
        container: of the images; unset for all.
        prefix: what names begin with; unset for all.

    Raises:
        ApiError: the API or storage does not answer, or refuses.
        InvalidDataset: the disk does not take it.
    """
    found = [one for one in loupe.exported(reviewed=True, container=container, prefix=prefix) if one.review]
    reviewed = [one for one in found if not one.conflict]
    disputed = [f"{one.image.blob!r}: {_words(one)}" for one in found if one.conflict]
    pictures: list[LabelledPicture] = []
    gone: list[str] = []
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(CONCURRENT) as pool:
            for part in _parts(reviewed):
                files = pool.map(lambda image: _fetched(loupe, image, downloads), part)
                for image, file in zip(part, files, strict=True):
                    if isinstance(file, Path):
                        pictures.append(_labelled(image, file))
                    else:
                        gone.append(f"{image.image.blob!r}: {file}")
                log.info("%d of %d pictures fetched", len(pictures), len(reviewed))
    except OSError as error:
        raise InvalidDataset(f"pictures cannot be kept in {downloads}: {error.strerror}") from error
    return Labelling(f"{origin}, reviewed", tuple(pictures)).noting(DISPUTED, disputed).noting(NO_MORE, gone)


def _parts(images: Sequence[ResultDocument]) -> Iterator[Sequence[ResultDocument]]:
    for start in range(0, len(images), AT_ONCE):
        yield images[start : start + AT_ONCE]


def _words(image: ResultDocument) -> str:
    return ", ".join(f"{review.label!r} says {review.reviewer}" for review in image.words)


def _fetched(loupe: Loupe, image: ResultDocument, downloads: Path) -> Path | str:
    """The file of a picture in the version that was reviewed, or why there is none."""
    ref = image.image
    version = hashlib.sha256(ref.etag.encode()).hexdigest()[:16]
    file = downloads / f"{ref.id}-{version}"
    if not file.exists():
        try:
            data = loupe.content(ref.container, ref.blob, etag=ref.etag)
        except Replaced:
            return "it has another version by now"
        except NotFound as error:
            return error.detail or error.title
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(file)
    return file


def _labelled(image: ResultDocument, file: Path) -> LabelledPicture:
    ref, review = image.image, image.review
    if review is None:
        raise AssertionError
    # Storage allows names of which no file can be made.
    name = ref.blob if problem_of(ref.blob) is None else f"unnamed/{ref.id}{PurePosixPath(ref.blob).suffix}"
    where = f"{ref.container}/{ref.blob}, says {review.reviewer}"
    return LabelledPicture(name, file, review.label, where, taken_at=ref.uploaded_at)
