"""Labels as other programs keep them: read, written, and read again."""

import json
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest

from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.labelled import LabelledPicture, Labelling, checked
from loupe_training.datasets.names import Files
from loupe_training.datasets.snapshot import Split
from loupe_training.datasets.sources import Format, read, write
from tests.factories import NOON
from tests.textures import draw

NAMES = ["line 3/ü#&%41.png", "line 3/あ.png", 'a,b;"c".png', "=sum.png", "emoji 🦊.png"]


def labelled(folder: Path, *, is_split: bool = True) -> Labelling:
    """A few pictures with everything that can be said of them."""
    draw(folder, *NAMES)
    splits = [Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST, Split.TEST]
    pictures = [
        LabelledPicture(
            name,
            folder / name,
            ["scratch", "sound, really"][number % 2],
            "here",
            f"board {number // 2}",
            splits[number] if is_split else None,
            NOON + timedelta(hours=number),
        )
        for number, name in enumerate(NAMES)
    ]
    return Labelling("test", tuple(pictures))


FILES = {Format.CSV: "labels.csv", Format.COCO: "labels.json", Format.AUTOML: "", Format.FOLDERS: ""}


@pytest.mark.parametrize("is_split", [True, False])
@pytest.mark.parametrize("format_", Format)
def test_what_is_written_can_be_read_again(format_: Format, is_split: bool, tmp_path: Path) -> None:  # noqa: FBT001
    labelling = labelled(tmp_path / "photos", is_split=is_split)
    write(labelling, tmp_path / "out", format_)
    found = checked(read(tmp_path / "out" / FILES[format_], None))
    assert found.notes == ()
    told = {Format.CSV: 3, Format.COCO: 3, Format.AUTOML: 1, Format.FOLDERS: 1}[format_]

    def said(one: LabelledPicture) -> tuple[object, ...]:
        return one.label, one.split, *(one.group, one.taken_at)[: told - 1]

    expected = {one.file.read_bytes(): said(one) for one in labelling.pictures}
    assert {one.file.read_bytes(): said(one) for one in found.pictures} == expected
    if format_ is not Format.FOLDERS:
        assert sorted(one.name for one in found.pictures) == sorted(NAMES)
    write(found, tmp_path / "again", format_)
    again, out = (
        {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*")} for name in ("again", "out")
    )
    assert again == out


def test_folders_with_and_without_splits(tmp_path: Path) -> None:
    draw(tmp_path, "train/cat/a.png", "val/cat/b.JPG", "test/dog/in/c.png", "test/dog/notes.txt", "test/.hidden/x.png")
    found = read(tmp_path, None)
    assert {(one.name, one.label, one.split) for one in found.pictures} == {
        ("train/cat/a.png", "cat", Split.TRAIN),
        ("val/cat/b.JPG", "cat", Split.VALIDATION),
        ("test/dog/in/c.png", "dog", Split.TEST),
    }
    assert found.notes == ("left out: files that are no pictures by their names:\n  test/dog/notes.txt",)
    draw(tmp_path, "mouse/d.png")
    assert {one.label for one in read(tmp_path, None).pictures} == {"train", "val", "test", "mouse"}


def test_a_label_that_is_no_name_of_a_folder(tmp_path: Path) -> None:
    draw(tmp_path, "a.png")
    labelling = Labelling("x", (LabelledPicture("a.png", tmp_path / "a.png", "scratch/deep", "x"),))
    with pytest.raises(InvalidDataset, match=r"cannot be names of folders; export as csv instead:\n  scratch/deep"):
        write(labelling, tmp_path / "out", Format.FOLDERS)
    assert not (tmp_path / "out").exists()


def test_a_table_as_spreadsheets_write_it(tmp_path: Path) -> None:
    draw(tmp_path, "images/a.png", "images/ü/b.png")
    decomposed = unicodedata.normalize("NFD", "ü/b.png")
    text = f"\ufefflabel,name,group\r\nscratch,a.png,g\r\n\r\nsound,images/{decomposed},\r\n"
    (tmp_path / "labels.csv").write_text(text, newline="")
    found = checked(read(tmp_path / "labels.csv", None))
    assert [(one.name, one.label, one.group) for one in found.pictures] == [
        ("a.png", "scratch", "g"),
        ("ü/b.png", "sound", None),
    ]


AZURE = "AmlDatastore://workspaceblobstore/UI/2026-11-22/photos"


def azure_export(box: object) -> dict[str, object]:
    """As Azure ML's labelling writes it: normalised boxes, and addresses in a datastore."""
    return {
        "images": [
            {"id": 1, "width": "1024px", "height": "768px", "file_name": "UI/2026-11-22/photos/line-3/a%20b.png"}
            | {"coco_url": f"{AZURE}/line-3/a%20b.png", "date_captured": "2026-11-22T09:10:11.123Z"},
            {"id": 2, "width": 0.0, "height": 0.0, "file_name": "x.png", "coco_url": f"{AZURE}/line-4/x.png"},
            {"id": 3, "file_name": "x.png", "coco_url": f"{AZURE}/line-3/x.png", "zone": 4},
            {"id": 4, "file_name": "never labelled.png", "coco_url": f"{AZURE}/never%20labelled.png"},
        ],
        "annotations": [
            {"id": 1, "category_id": 1, "image_id": 1, "area": 0.08, "bbox": box},
            {"id": 2, "category_id": 1, "image_id": 1},
            {"id": 3, "category_id": 2, "image_id": 2, "bbox": None},
            {"id": 4, "category_id": 1, "image_id": 3, "bbox": []},
        ],
        "categories": [{"id": 1, "name": "scratch"}, {"id": 2, "name": "sound", "supercategory": ""}],
    }


@pytest.mark.parametrize("box", [[0.1, 0.2, 0.3, 0.4], [102, 153.6, 307, 307]])
def test_what_azure_exports(box: list[float], tmp_path: Path) -> None:
    photos = draw(tmp_path / "photos", "line-3/a b.png", "line-4/x.png", "line-3/x.png", "never labelled.png")
    (tmp_path / "export.json").write_text(json.dumps(azure_export(box)))
    found = checked(read(tmp_path / "export.json", photos))
    assert [(one.name, one.label) for one in found.pictures] == [
        ("line-3/a b.png", "scratch"),
        ("line-4/x.png", "sound"),
        ("line-3/x.png", "scratch"),
    ]
    assert found.pictures[0].taken_at == NOON.replace(hour=9, minute=10, second=11, microsecond=123000)
    assert found.notes == ("left out: images without a label:\n  images[3] (id 4): 'never labelled.png'",)


@pytest.mark.parametrize(
    ("box", "said"),
    [([1, 2, 3], "bbox"), ([0.1, -0.2, 0.3, 0.4], "greater than or equal to 0"), ("box", "bbox")],
)
def test_a_box_that_is_none(box: object, said: str, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(azure_export(box)))
    with pytest.raises(
        InvalidDataset, match=rf"export.json is not what it should be:\n  annotations.0.bbox.*{said}|{said}"
    ):
        read(tmp_path / "export.json", None)


LINE = {
    "image_url": "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/images/paths/line-3/a.png",
    "image_details": {"format": "png", "width": "1024px", "height": 768},
    "label": "scratch",
}


def test_lines_as_automl_takes_them(tmp_path: Path) -> None:
    labelling = labelled(tmp_path / "photos")
    write(labelling, tmp_path / "out", Format.AUTOML, "azureml://…/paths/")
    lines = (tmp_path / "out" / "validation.jsonl").read_text().splitlines()
    assert list(map(json.loads, lines)) == [{"image_url": 'azureml://…/paths/a,b;"c".png', "label": "scratch"}]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "images",
        "test.jsonl",
        "train.jsonl",
        "validation.jsonl",
    ]


def test_a_line_with_all_that_azure_documents(tmp_path: Path) -> None:
    draw(tmp_path, "line-3/a.png", "line-4/a.png")
    (tmp_path / "all.jsonl").write_text(f"{json.dumps(LINE)}\n\n")
    (found,) = read(tmp_path / "all.jsonl", None).pictures
    assert (found.name, found.label, found.split) == ("line-3/a.png", "scratch", None)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (["scratch", "dent"], "all.jsonl, line 2: a list of labels is multi-label: only multi-class labels"),
        ([{"label": "scratch", "topX": 0.1}], "all.jsonl, line 2: boxes with labels are for detection"),
        (7, "all.jsonl, line 2: the label 7 is no text"),
        (None, "all.jsonl, line 2: the label None is no text"),
    ],
)
def test_labels_of_other_kinds_are_refused(label: object, said: str, tmp_path: Path) -> None:
    draw(tmp_path, "line-3/a.png")
    (tmp_path / "all.jsonl").write_text(f"{json.dumps(LINE)}\n{json.dumps(LINE | {'label': label})}\n")
    with pytest.raises(InvalidDataset, match=said):
        read(tmp_path / "all.jsonl", None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("line-3/a.png", "line-3/a.png"),
        ("a.png", "a.png"),
        ("AmlDatastore://store/photos/line-3/a.png", "line-3/a.png"),
        ("https://account.blob.core.windows.net/c/line-4/a.png?sv=2026&sig=a%2Fb", "line-4/a.png"),
        ("photos/b%25c.png", "b%c.png"),
        ("photos/b%c.png", "b%c.png"),
        ("only.png", "in/deep/only.png"),
    ],
)
def test_addresses_end_in_paths(address: str, expected: str, tmp_path: Path) -> None:
    draw(tmp_path, "line-3/a.png", "line-4/a.png", "a.png", "b%c.png", "in/deep/only.png")
    assert Files(tmp_path).find(address) == expected


def test_an_address_that_may_be_several(tmp_path: Path) -> None:
    draw(tmp_path, "line-3/a.png", "line-4/a.png")
    with pytest.raises(LookupError, match=r"'store://a\.png' may be any of 'line-3/a\.png', 'line-4/a\.png'"):
        Files(tmp_path).find("store://a.png")


@pytest.mark.parametrize("address", ["line-5/a.png", "store://x/deep/only.png", "", "b.png", "a.png/", "images/line-3"])
def test_addresses_of_nothing(address: str, tmp_path: Path) -> None:
    draw(tmp_path, "line-3/a.png", "in/deep/only.png")
    with pytest.raises(LookupError, match="is not among the images"):
        Files(tmp_path).find(address)
