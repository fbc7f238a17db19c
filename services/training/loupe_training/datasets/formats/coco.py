"""COCO for classification, and what Azure ML's labelling exports: COCO with ``AmlDatastore://`` addresses.

The label is of the whole picture: a box says where it is, in pixels or in parts of the picture, and is not looked at
beyond that it is one. ``group`` and ``split`` of an image are not COCO's; they are written here, and read again.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from loupe_shared.domain import Model
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.folder import write_new
from loupe_training.datasets.formats.text import address_of, folder_of_images, read_bytes, understood
from loupe_training.datasets.labelled import LabelledPicture, Labelling, moment
from loupe_training.datasets.names import Files
from loupe_training.datasets.snapshot import Split

FILE = "labels.json"

Length = Annotated[float, Field(ge=0.0)]
_Box = Annotated[tuple[Length, Length, Length, Length] | None, BeforeValidator(lambda box: box or None)]
_Id = int | str


class _Image(Model):
    id: _Id
    file_name: str = ""
    coco_url: str = ""
    date_captured: str = ""
    group: str | None = None
    split: Split | None = None


class _Annotation(Model):
    image_id: _Id
    category_id: _Id
    bbox: _Box = None


class _Category(Model):
    id: _Id
    name: str


class _Coco(Model):
    images: tuple[_Image, ...]
    annotations: tuple[_Annotation, ...]
    categories: tuple[_Category, ...]


def read_coco(path: Path, images: Path | None) -> Labelling:
    """The pictures of a COCO file. Those without a label are left out, with a note.

    Args:
        path: of the file.
        images: the folder in which pictures are looked for; see ``folder_of_images``.

    Raises:
        InvalidDataset: the file is not what it should be, or an image has two labels or is not found. It names them.
    """
    coco = understood(_Coco, read_bytes(path), str(path))
    folder = folder_of_images(path.parent, images)
    labels, wrong = _labels(coco)
    files = Files(folder)
    pictures: list[LabelledPicture] = []
    without: list[str] = []
    for number, image in enumerate(coco.images):
        where = f"images[{number}] (id {image.id})"
        said = sorted(labels.get(image.id, ()))
        if not said:
            without.append(f"{where}: {image.file_name or image.coco_url!r}")
            continue
        try:
            if len(said) > 1:
                raise ValueError(f"several labels, {', '.join(map(repr, said))}: one picture has one")  # noqa: TRY301
            name = _find(files, image)
            taken_at = moment(image.date_captured) if image.date_captured else None
        except (LookupError, ValueError) as error:
            wrong.append(f"{where}: {error.args[0]}")
            continue
        pictures.append(
            LabelledPicture(name, folder / name, said[0], f"{path}, {where}", image.group, image.split, taken_at)
        )
    if wrong:
        raise InvalidDataset(naming(f"{path} has entries that cannot be used; mend or remove them", wrong))
    return Labelling(str(path), tuple(pictures)).noting("left out: images without a label", without)


def write_coco(labelling: Labelling, to: Path, prefix: str) -> None:
    """Write a COCO file, and the pictures below ``images``.

    Args:
        labelling: the pictures.
        to: the folder.
        prefix: what addresses of pictures begin with, such as ``AmlDatastore://labels/line-3``; empty for the folder.

    Raises:
        OSError: the disk does not take it.
    """
    categories = {label: n for n, label in enumerate(sorted({one.label for one in labelling.pictures}), 1)}
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, one in enumerate(labelling.pictures, 1):
        write_new(to / "images" / one.name, one.file.read_bytes())
        address = address_of(prefix, one.name)
        image: dict[str, object] = {"id": number, "file_name": one.name, "coco_url": address}
        image |= {"date_captured": one.taken_at.isoformat()} if one.taken_at else {}
        image |= {"group": one.group} if one.group else {}
        images.append(image | ({"split": one.split} if one.split else {}))
        annotations.append({"id": number, "image_id": number, "category_id": categories[one.label]})
    coco = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number, "name": label} for label, number in categories.items()],
    }
    write_new(to / FILE, json.dumps(coco, ensure_ascii=False, indent=1).encode())


def _labels(coco: _Coco) -> tuple[dict[_Id, set[str]], list[str]]:
    """The labels of each image, and what is wrong with annotations."""
    names = {category.id: category.name for category in coco.categories}
    known = {image.id for image in coco.images}
    labels: dict[_Id, set[str]] = defaultdict(set)
    wrong: list[str] = []
    for number, annotation in enumerate(coco.annotations):
        if annotation.category_id not in names:
            wrong.append(f"annotations[{number}]: there is no category {annotation.category_id!r}")
        elif annotation.image_id not in known:
            wrong.append(f"annotations[{number}]: there is no image {annotation.image_id!r}")
        else:
            labels[annotation.image_id].add(names[annotation.category_id])
    return labels, wrong


def _find(files: Files, image: _Image) -> str:
    """The file that an image means, by whichever of its addresses says more."""
    addresses = sorted({image.coco_url, image.file_name} - {""}, key=len, reverse=True)
    if not addresses:
        raise LookupError("neither file_name nor coco_url says which picture it is")
    for address in addresses[:-1]:
        try:
            return files.find(address)
        except LookupError:
            continue
    return files.find(addresses[-1])
