"""Pictures on their way into a snapshot: each is read once, and what was checked of it is what is written."""

import hashlib
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from loupe_shared.errors import ImageRejected
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.fingerprint import Fingerprint, fingerprint
from loupe_training.datasets.folder import write_new
from loupe_training.datasets.labelled import LabelledPicture, Labelling, disagreement

log = logging.getLogger(__name__)

AT_ONCE = 1000  # pictures that are waited for together


@dataclass(frozen=True)
class Taken:
    """A picture that is in the snapshot.

    Attributes:
        look: its fingerprint; unset if it has no structure.
    """

    picture: LabelledPicture
    sha256: str
    look: Fingerprint | None


def take(labelling: Labelling, images: Path, *, skip_bad: bool) -> tuple[list[Taken], Labelling]:
    """Copy pictures into a folder, and look at each.

    Args:
        labelling: the pictures.
        images: the folder.
        skip_bad: whether those that cannot be decoded, or whose bytes have two labels, are left out with a note.

    Returns:
        The pictures that are in the folder, and the labelling of these, in the same order.

    Raises:
        InvalidDataset: a picture is bad, and is not to be left out.
        OSError: the disk does not take it.
    """
    taken: list[Taken] = []
    broken: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for pictures in _parts(labelling.pictures):
            for one in pool.map(lambda picture: _look(picture, images), pictures):
                if isinstance(one, str):
                    broken.append(one)
                else:
                    taken.append(one)
            log.info("%d of %d pictures read", len(taken) + len(broken), len(labelling.pictures))
    by_content: dict[str, list[Taken]] = defaultdict(list)
    for one in taken:
        by_content[one.sha256].append(one)
    disputed = [ones for ones in by_content.values() if len({one.picture.label for one in ones}) > 1]
    dropped = {one.picture.name for ones in disputed for one in ones}
    for name in dropped:
        (images / name).unlink()
    taken = [one for one in taken if one.picture.name not in dropped]
    labelling = replace(labelling, pictures=tuple(one.picture for one in taken))
    for sentence, places in (
        ("pictures cannot be read or decoded", broken),
        ("the same image has two labels", [disagreement(one.picture for one in ones) for ones in disputed]),
    ):
        if places and not skip_bad:
            raise InvalidDataset(naming(f"{labelling.origin}: {sentence} (--skip-bad leaves them out)", places))
        labelling = labelling.noting(f"left out: {sentence}", places)
    return taken, labelling


def _parts(pictures: Sequence[LabelledPicture]) -> Iterator[Sequence[LabelledPicture]]:
    for start in range(0, len(pictures), AT_ONCE):
        yield pictures[start : start + AT_ONCE]


def _look(picture: LabelledPicture, images: Path) -> Taken | str:
    """A picture after it was copied, or why it cannot be used."""
    place = f"{picture.where}: {picture.name!r}"
    try:
        data = picture.file.read_bytes()
        look = fingerprint(data)
    except OSError as error:
        return f"{place}: {error.strerror}"
    except ImageRejected as error:
        return f"{place}: {error.detail}"
    write_new(images / picture.name, data)
    return Taken(picture, hashlib.sha256(data).hexdigest(), look)
