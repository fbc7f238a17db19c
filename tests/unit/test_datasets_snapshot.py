"""Snapshots: made once, the same for the same, and never changed."""

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from loupe_training.datasets import duplicates
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.formats.folders import read_folders
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.rules import NearDuplicates, Rules, SplitBy
from loupe_training.datasets.snapshot import Sample, Snapshot, Split, digest_of, manifest_of
from tests.factories import NOON, encode
from tests.textures import draw, texture, two_labels


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten pictures each of two labels."""
    return two_labels(tmp_path / "photos")


def test_what_was_made_is_what_is_loaded(photos: Path, tmp_path: Path) -> None:
    made = make_snapshot(read_folders(photos), Rules(), tmp_path / "sets" / "one")
    loaded = Snapshot.load(tmp_path / "sets" / "one", contents=True)
    assert loaded == made
    assert loaded.labels == ("scratch", "sound")
    assert loaded.images == tmp_path / "sets" / "one" / "images"
    assert [len(loaded.of(split)) for split in Split] == [14, 2, 4]
    assert sorted(sample.path for sample in loaded.samples) == [sample.path for sample in loaded.samples]
    for sample in loaded.samples:
        assert (loaded.images / sample.path).read_bytes() == (photos / sample.path).read_bytes()
    manifest = manifest_of(tmp_path / "sets" / "one")
    assert manifest.digest == loaded.digest == digest_of(reversed(loaded.samples))
    assert sum(sum(counts.values()) for counts in manifest.counts.values()) == 20
    assert (manifest.origin, manifest.rules, manifest.notes) == (str(photos), Rules(), ())
    assert [path.name for path in (tmp_path / "sets").iterdir()] == ["one"]


def test_the_same_labels_have_the_same_digest_and_others_another(photos: Path, tmp_path: Path) -> None:
    labelling = read_folders(photos)
    first = make_snapshot(labelling, Rules(), tmp_path / "first")
    again = Labelling("elsewhere", labelling.pictures[::-1])
    assert make_snapshot(again, Rules(), tmp_path / "again").digest == first.digest
    assert make_snapshot(labelling, Rules(seed=1), tmp_path / "seed").digest != first.digest
    (photos / "sound" / "00.png").write_bytes(encode(texture(99)))
    assert make_snapshot(labelling, Rules(), tmp_path / "picture").digest != first.digest


def test_a_snapshot_is_never_changed(photos: Path, tmp_path: Path) -> None:
    make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    with pytest.raises(InvalidDataset, match="one is there already, and is not changed: name a new folder"):
        make_snapshot(read_folders(photos), Rules(seed=1), tmp_path / "one")


def test_what_was_altered_is_noticed(photos: Path, tmp_path: Path) -> None:
    snapshot = make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    one, other, *_ = snapshot.samples
    (snapshot.images / one.path).write_bytes(b"other")
    (snapshot.images / other.path).unlink()
    Snapshot.load(tmp_path / "one")
    with pytest.raises(InvalidDataset, match=f"{one.path}: it has other bytes\n  {other.path}: No such file") as error:
        Snapshot.load(tmp_path / "one", contents=True)
    assert str(error.value).count("\n") == 2
    samples = tmp_path / "one" / "samples.jsonl"
    samples.write_text(samples.read_text().replace("scratch", "sound"))
    with pytest.raises(InvalidDataset, match=r"samples\.jsonl was altered after the snapshot was made"):
        Snapshot.load(tmp_path / "one")


def test_what_is_no_snapshot_is_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"is no snapshot that can be read: No such file"):
        Snapshot.load(photos)
    make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    manifest = tmp_path / "one" / "snapshot.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": 2}))
    with pytest.raises(InvalidDataset, match=r"snapshot.json: schema_version: Input should be 1"):
        Snapshot.load(tmp_path / "one")


def test_a_path_that_leads_elsewhere_is_refused(photos: Path, tmp_path: Path) -> None:
    make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    wicked = Sample(path="../../secret.png", sha256="0" * 64, label="a", group="g", split=Split.TRAIN)
    (tmp_path / "one" / "samples.jsonl").write_text(f"{wicked.to_json()}\n")
    manifest = tmp_path / "one" / "snapshot.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"digest": digest_of([wicked])}))
    with pytest.raises(InvalidDataset, match=r"'\.\./\.\./secret\.png': a name with an empty part, '\.' or '\.\.'"):
        Snapshot.load(tmp_path / "one")


def splits_of(snapshot: Snapshot, *names: str) -> set[Split]:
    return {sample.split for sample in snapshot.samples if sample.path in names}


def test_what_looks_alike_stays_together_and_is_reported(photos: Path, tmp_path: Path) -> None:
    copies = [f"sound/copy {n}.jpg" for n in range(8)]
    for quality, name in enumerate(copies):
        (photos / name).write_bytes(encode(texture(10), "JPEG", quality=30 + quality))
    for seed in range(5):
        snapshot = make_snapshot(read_folders(photos), Rules(seed=seed), tmp_path / f"{seed}")
        assert len(splits_of(snapshot, "sound/00.png", *copies)) == 1
    manifest = manifest_of(tmp_path / "0")
    assert manifest.notes == ("36 pairs of pictures look alike, and are kept together",)
    assert len(manifest.alike) == 36
    assert {sample.group for sample in snapshot.samples if sample.path in copies} == {"sound/00.png"}


def test_of_very_many_that_look_alike_the_least_number_is_noted(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 3)
    copies = [f"sound/copy {n}.jpg" for n in range(8)]
    for quality, name in enumerate(copies):
        (photos / name).write_bytes(encode(texture(10), "JPEG", quality=30 + quality))
    snapshot = make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    assert {sample.group for sample in snapshot.samples if sample.path in copies} == {"sound/00.png"}
    number, more = manifest_of(tmp_path / "one").notes
    found = re.fullmatch(r"at least (\d+) pairs of pictures look alike, and are kept together", number)
    assert found is not None
    assert 8 <= int(found[1]) < 36
    assert "make --distance smaller" in more


def test_what_looks_alike_across_splits_is_reported_if_it_may_be(photos: Path, tmp_path: Path) -> None:
    for number in range(10):
        shutil.copy(photos / "sound" / f"{number:02}.png", photos / "sound" / f"{number:02} again.png")
    snapshot = make_snapshot(read_folders(photos), Rules(near_duplicates=NearDuplicates.REPORT), tmp_path / "reported")
    notes = "\n".join(manifest_of(tmp_path / "reported").notes)
    assert "pictures look alike and are in different splits, so the test tells too much:" in notes
    divided = [n for n in range(10) if len(splits_of(snapshot, f"sound/{n:02}.png", f"sound/{n:02} again.png")) == 2]
    assert divided
    assert all(
        f"'sound/{n:02} again.png' (sound) and 'sound/{n:02}.png' (sound), 0 bits apart" in notes for n in divided
    )


def test_what_looks_alike_and_has_different_labels_is_reported(photos: Path, tmp_path: Path) -> None:
    (photos / "sound" / "scratched.jpg").write_bytes(encode(texture(0), "JPEG"))
    snapshot = make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    assert len(splits_of(snapshot, "scratch/00.png", "sound/scratched.jpg")) == 1
    assert "look alike and have different labels: one of them may be wrong" in manifest_of(tmp_path / "one").notes[-1]


def test_pictures_without_structure_are_alike_only_if_they_are_the_same(photos: Path, tmp_path: Path) -> None:
    for name, grey in (("a", 1), ("b", 1), ("c", 2)):
        (photos / "sound" / f"{name}.png").write_bytes(encode(Image.new("L", (9, 9), grey)))
    make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    assert [(pair.first, pair.second) for pair in manifest_of(tmp_path / "one").alike] == [
        ("sound/a.png", "sound/b.png")
    ]


def test_groups_follow_from_names(tmp_path: Path) -> None:
    names = [f"{label}/board-{board:02}_{n}.png" for board in range(12) for label in ("bad", "good") for n in range(2)]
    photos = draw(tmp_path / "photos", *names)
    for group_by, group in ((r"board-\d+", "board-03"), (r"board-(\d+)", "03")):
        snapshot = make_snapshot(read_folders(photos), Rules(group_by=group_by), tmp_path / group)
        assert {sample.group for sample in snapshot.samples if "board-03" in sample.path} == {group}
        for board in range(12):
            assert len({sample.split for sample in snapshot.samples if f"board-{board:02}" in sample.path}) == 1
    with pytest.raises(InvalidDataset, match=r"(?s)--group-by 'plate-\(\.\)' is not found in names:\n  bad/board-00_0"):
        make_snapshot(read_folders(photos), Rules(group_by="plate-(.)"), tmp_path / "none")


def test_by_time(photos: Path, tmp_path: Path) -> None:
    dated = [
        LabelledPicture(one.name, one.file, one.label, one.where, taken_at=NOON + timedelta(hours=int(one.file.stem)))
        for one in read_folders(photos).pictures
    ]
    snapshot = make_snapshot(Labelling("x", tuple(dated)), Rules(split_by=SplitBy.TIME, test=0.2), tmp_path / "one")
    assert {sample.path[-6:] for sample in snapshot.of(Split.TEST)} == {"08.png", "09.png"}
    assert max(sample.path[-6:] for sample in snapshot.of(Split.TRAIN)) < "08"


def test_by_time_every_label_is_learnt(tmp_path: Path) -> None:
    photos = two_labels(tmp_path / "photos")
    late = [
        LabelledPicture(one.name, one.file, one.label, one.where, taken_at=NOON + timedelta(one.label == "sound"))
        for one in read_folders(photos).pictures
    ]
    rules = Rules(split_by=SplitBy.TIME, validation=0, test=0.5)
    with pytest.raises(InvalidDataset, match=r"labels are not in the part to train on \(--leave-out LABEL\):\n  sound"):
        make_snapshot(Labelling("x", tuple(late)), rules, tmp_path / "one")


def given_splits(photos: Path) -> list[LabelledPicture]:
    order = [Split.TEST, Split.VALIDATION, *[Split.TRAIN] * 8]
    return [
        LabelledPicture(one.name, one.file, one.label, one.where, group=None, split=order[int(one.file.stem)])
        for one in read_folders(photos).pictures
    ]


def test_given_splits_are_kept(photos: Path, tmp_path: Path) -> None:
    labelling = Labelling("x", tuple(given_splits(photos)))
    snapshot = make_snapshot(labelling, Rules(split_by=SplitBy.GIVEN), tmp_path / "one")
    assert [sample.path for sample in snapshot.of(Split.TEST)] == ["scratch/00.png", "sound/00.png"]


def test_given_splits_that_divide_what_belongs_together_are_refused(photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "sound" / "00.png", photos / "sound" / "05.png")
    labelling = Labelling("x", tuple(given_splits(photos)))
    with pytest.raises(InvalidDataset, match=r"'sound/05.png' is in train; .*'sound/00.png' is in test"):
        make_snapshot(labelling, Rules(split_by=SplitBy.GIVEN), tmp_path / "one")
    rules = Rules(split_by=SplitBy.GIVEN, near_duplicates=NearDuplicates.REPORT)
    make_snapshot(labelling, rules, tmp_path / "one")
    assert "'sound/00.png' (sound) and 'sound/05.png' (sound), 0 bits apart" in manifest_of(tmp_path / "one").notes[0]


def test_splits_must_be_given_for_all(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="the labels must name the split of every picture"):
        make_snapshot(read_folders(photos), Rules(split_by=SplitBy.GIVEN), tmp_path / "one")


def test_labels_can_be_left_out(photos: Path, tmp_path: Path) -> None:
    draw(photos, "unsure/a.png", first=50)
    with pytest.raises(InvalidDataset, match="'unsure': 1 pictures in 1 groups"):
        make_snapshot(read_folders(photos), Rules(), tmp_path / "one")
    assert make_snapshot(read_folders(photos), Rules(leave_out=("unsure",)), tmp_path / "one").labels == (
        "scratch",
        "sound",
    )
