"""Whatever is wrong with labels and pictures: a sentence that names the place, and nothing half-written."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot, manifest_of
from loupe_training.datasets.sources import read
from tests.factories import encode
from tests.textures import draw, texture, two_labels

FOLDERS = [f"{label}/{n:02}.png" for label in ("scratch", "sound") for n in range(10)]


def make(source: Path, to: Path, **rules: object) -> Snapshot:
    return make_snapshot(read(source, None), Rules.model_validate(rules), to)


def table(folder: Path, *lines: str) -> Path:
    """A table with twenty good lines, and these after them."""
    two_labels(folder)
    good = [f"{name},{name.partition('/')[0]}" for name in FOLDERS]
    (folder / "labels.csv").write_text("\n".join(["name,label", *good, *lines]) + "\n", encoding="utf-8")
    return folder / "labels.csv"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("../secret.png,sound", r"line 22: '../secret.png': a name with an empty part, '.' or '..'"),
        ("/etc/passwd,sound", r"line 22: '/etc/passwd': an absolute path"),
        ("C:/a.png,sound", r"line 22: 'C:/a.png': an absolute path"),
        ("a\\b.png,sound", r"control characters or backslashes"),
        (f"{'x' * 256}.png,sound", r"longer than 255 bytes"),
        (
            "nowhere.png,sound",
            "labels name images that are not there (--skip-bad leaves them out):\n  {}, line 22: 'now",
        ),
        ("sound/00.png,scratch", "the same image has two labels, groups, splits or times (--skip-bad leaves them out)"),
        ("sound/00.png,scratch", "line 12: 'sound/00.png' is 'sound'; {}, line 22: 'sound/00.png' is 'scratch'"),
        ("sound/00.png,", "line 22: 'sound/00.png': the label '' is empty or has space around it"),
        ("sound/00.png, sound", "the label ' sound' is empty or has space around it"),
        (f"sound/00.png,{'x' * 201}", "the label has more than 200 characters, or some that cannot be printed"),
        ("sound/00.png,so\x1bund", "the label has more than 200 characters, or some that cannot be printed"),
        ("sound/00.png", "line 22: 1 columns in place of 2"),
        ('"sound/00.png,sound', "line 22: unexpected end of data"),
    ],
)
def test_a_line_of_a_table(line: str, said: str, tmp_path: Path) -> None:
    path = table(tmp_path, line)
    with pytest.raises(InvalidDataset) as error:
        make(path, tmp_path / "out")
    assert said.replace("{}", str(path)) in str(error.value)
    assert not [entry for entry in tmp_path.iterdir() if "out" in entry.name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "line 1: the columns are []; they must be name, label"),
        (b"file,label\n", "line 1: the columns are ['file', 'label']; they must be name, label"),
        (b"name;label\na.png;x\n", "line 1: the columns are ['name;label']"),
        (b"name,label,label\n", "each once, separated by commas"),
        (b"name,label\nfl\xe4che.png,x\n", "line 2: the text is not in UTF-8: save it as UTF-8"),
        (b"name,label,split\na.png,x,training\n", "line 2: 'training' is no split: train, validation and test are"),
        (b"name,label,time\na.png,x,yesterday\n", "line 2: Invalid isoformat string: 'yesterday'"),
        (b"name,label\n", "no picture with a label is left"),
    ],
)
def test_a_table(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(text)
    with pytest.raises(InvalidDataset) as error:
        make(tmp_path / "labels.csv", tmp_path / "out")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.json",
            "{",
            "a.json is not what it should be:\n  the text: Invalid JSON: EOF while parsing an object at line 1",
        ),
        ("a.json", '{"images": []}', "annotations: Field required"),
        (
            "a.json",
            {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, "category_id": 4}]},
            "annotations[0]: there is no category 4",
        ),
        (
            "a.json",
            {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 2, "category_id": 1}]},
            "annotations[0]: there is no image 2",
        ),
        (
            "a.json",
            {"images": [{"id": 1, "file_name": "b.png"}], "annotations": [{"image_id": 1, "category_id": 1}]},
            "images[0] (id 1): 'b.png' is not among the images",
        ),
        (
            "a.json",
            {"images": [{"id": 1}], "annotations": [{"image_id": 1, "category_id": 1}]},
            "images[0] (id 1): neither file_name nor coco_url says which picture it is",
        ),
        (
            "a.json",
            {
                "images": [{"id": 1, "file_name": "a.png"}],
                "annotations": [{"image_id": 1, "category_id": 1}, {"image_id": 1, "category_id": 2}],
            },
            "images[0] (id 1): several labels, 'scratch', 'sound': one picture has one",
        ),
        ("a.jsonl", '{"image_url": "a.png"}', "a.jsonl, line 1 is not what it should be:\n  label: Field required"),
        ("a.jsonl", '{"image_url": "../../b.png", "label": "x"}', "line 1: '../../b.png' is not among the images"),
        ("a.txt", "", "a.txt is no source of labels: name a snapshot, a folder of folders, a file that ends in .csv"),
    ],
)
def test_other_files(name: str, text: str | dict[str, object], said: str, tmp_path: Path) -> None:
    draw(tmp_path, "a.png")
    categories = [{"id": 1, "name": "scratch"}, {"id": 2, "name": "sound"}]
    (tmp_path / name).write_text(text if isinstance(text, str) else json.dumps(text | {"categories": categories}))
    with pytest.raises(InvalidDataset) as error:
        make(tmp_path / name, tmp_path / "out")
    assert said in str(error.value)


def test_nothing_where_labels_should_be(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"labels\.csv cannot be read: No such file or directory"):
        make(tmp_path / "labels.csv", tmp_path / "out")
    with pytest.raises(InvalidDataset, match="which is no folder"):
        read(tmp_path / "labels.csv", tmp_path / "images")


def test_pictures_outside_of_folders(tmp_path: Path) -> None:
    two_labels(tmp_path)
    draw(tmp_path, "lost.png")
    with pytest.raises(InvalidDataset, match=r"has pictures that are in no folder of a label:\n  lost\.png"):
        read(tmp_path, None)


def test_one_class_only(tmp_path: Path) -> None:
    draw(tmp_path / "photos", *(f"sound/{n}.png" for n in range(9)))
    with pytest.raises(InvalidDataset, match="all 9 pictures have the label 'sound': a model needs at least two"):
        make(tmp_path / "photos", tmp_path / "out")


def test_three_images(tmp_path: Path) -> None:
    draw(tmp_path / "photos", "scratch/a.png", "sound/b.png", "sound/c.png")
    with pytest.raises(
        InvalidDataset, match=r"(?s)too few pictures.*\n  'scratch': 1 pictures in 1 groups\n  'sound': 2 "
    ):
        make(tmp_path / "photos", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_pictures_that_are_none(tmp_path: Path) -> None:
    photos = two_labels(tmp_path / "photos")
    (photos / "sound" / "cut.jpg").write_bytes(encode(texture(50), "JPEG")[:-400])
    (photos / "sound" / "empty.png").touch()
    (photos / "sound" / "text.png").write_text("no picture")
    with pytest.raises(InvalidDataset) as error:
        make(photos, tmp_path / "out")
    first, *places = str(error.value).splitlines()
    assert first == f"{photos}: pictures cannot be read or decoded (--skip-bad leaves them out):"
    assert [place.partition("'")[2].partition("'")[0] for place in places] == [
        "sound/cut.jpg",
        "sound/empty.png",
        "sound/text.png",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_the_same_bytes_with_two_labels(tmp_path: Path) -> None:
    photos = two_labels(tmp_path / "photos")
    (photos / "sound" / "copy.png").write_bytes((photos / "scratch" / "00.png").read_bytes())
    with pytest.raises(InvalidDataset, match="the same image has two labels") as error:
        make(photos, tmp_path / "out")
    assert "'scratch/00.png' is 'scratch'; " in str(error.value)
    assert "'sound/copy.png' is 'sound'" in str(error.value)


def test_all_that_is_bad_can_be_left_out_and_is_named(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    path = table(photos, "nowhere.png,sound", "scratch/01.png,sound", "copy.png,sound", "text.png,sound")
    (photos / "copy.png").write_bytes((photos / "scratch" / "00.png").read_bytes())
    (photos / "text.png").write_text("no picture")
    snapshot = make(path, tmp_path / "out", skip_bad=True)
    assert {sample.path for sample in snapshot.samples} == {*FOLDERS} - {"scratch/00.png", "scratch/01.png"}
    files = {file.relative_to(snapshot.images).as_posix() for file in snapshot.images.rglob("*.png")}
    assert files == {sample.path for sample in snapshot.samples}
    notes = manifest_of(tmp_path / "out").notes
    assert [note.splitlines()[0] for note in notes] == [
        "left out: the same image has two labels, groups, splits or times:",
        "left out: labels name images that are not there:",
        "left out: pictures cannot be read or decoded:",
        "left out: the same image has two labels:",
    ]
    assert "line 22: 'nowhere.png'" in notes[1]


def test_of_many_places_the_first_are_named() -> None:
    assert naming("wrong", [str(n) for n in range(23)]).splitlines()[-2:] == ["  19", "  and 3 more"]


def test_names_that_the_disk_does_not_tell_apart_or_cannot_have(tmp_path: Path) -> None:
    photos = two_labels(tmp_path / "photos")
    draw(photos, "sound/00.png.png", first=60)
    path = table(photos, "sound/00.png.png,sound")
    (photos / "sound" / "00.png").unlink()
    draw(photos, "sound/00.png/inner.png", first=70)
    (photos / "labels.csv").write_text(path.read_text().replace("sound/00.png,", "sound/00.png/inner.png,"))
    assert len(make(path, tmp_path / "out").samples) == 21


def limited(photos: Path, to: Path, blocks: int) -> subprocess.CompletedProcess[str]:
    """A snapshot by a process that may write no file larger than so many blocks of 1,024 bytes."""
    command = f'ulimit -f {blocks}; exec "$0" -m loupe_training.datasets snapshot "$1" "$2"'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, str(photos), str(to)], capture_output=True, text=True, timeout=60
    )


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    photos = two_labels(tmp_path / "photos")
    chance = Image.effect_noise((200, 200), 90)
    (photos / "sound" / "large.png").write_bytes(encode(chance))
    done = limited(photos, tmp_path / "out", 16)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        f"datasets: {tmp_path}/out was not made, and nothing of it is left: {os.strerror(errno.EFBIG)}"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]
    assert limited(photos, tmp_path / "out", 1000).returncode == 0
