"""Every command that looks at images, over the application."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loupe_query import live
from loupe_query.similar.embedder import Embedder
from loupe_shared.adapters.memory import MemoryChanges, MemoryStore
from loupe_shared.result import ResultDocument
from tests.apps import archive
from tests.commands import loupe, said, shown
from tests.factories import BUNDLE, CONTAINER, NOON, SAMPLES, deletion, image_ref, rejection, result
from tests.unit.test_client import serving


@pytest.fixture
def store() -> MemoryStore:
    """A store with some images."""
    store = MemoryStore()
    store.write([result(f"{n}.jpg", completed_at=NOON + timedelta(seconds=n)) for n in range(8)])
    store.write([result("dog.jpg", "dog", score=0.9), rejection("bad.jpg"), deletion("gone.jpg")])
    return store


@pytest.fixture
def changes() -> MemoryChanges:
    """What happens."""
    return MemoryChanges()


@pytest.fixture
def url(store: MemoryStore, changes: MemoryChanges, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An API that is open."""
    monkeypatch.setattr(live, "WAIT_S", 0.05)
    over = archive(store, embedder=Embedder(BUNDLE, 1_000_000), changes=changes, announcer=changes)
    with serving(over, unused_port) as url:
        yield url


def blobs(url: str, *options: str) -> list[str]:
    """The names of the images that are listed."""
    lines = shown("results", "--json", *options, url=url).splitlines()
    return [ResultDocument.model_validate_json(line).image.blob for line in lines]


def test_lists_and_their_filters(url: str) -> None:
    assert len(blobs(url)) == 11
    assert blobs(url, "--label", "dog", "--min-score", "0.8", "--not-reviewed") == ["dog.jpg"]
    assert blobs(url, "--outcome", "rejected", "--reason", "corrupt", "--container", CONTAINER) == ["bad.jpg"]
    assert blobs(url, "--prefix", "7", "--model", "test:1", "--max-uncertainty", "0.6") == ["7.jpg"]
    assert blobs(url, "--since", "2026-11-22T12:00:06+00:00") == ["7.jpg", "6.jpg"]
    assert blobs(url, "--until", "2026-11-22T12:00:07+00:00", "-n", "1") == ["6.jpg"]
    assert blobs(url, "--sort", "score", "--limit", "1") == ["dog.jpg"]
    assert blobs(url, "--ascending", "--prefix", "7") == ["7.jpg"]


def test_a_table_a_file_for_spreadsheets_and_nothing_found(url: str) -> None:
    table = shown("results", "--label", "dog", url=url).splitlines()
    assert table[0].split() == ["image", "answer", "score", "model", "completed"]
    assert table[1].split()[:5] == ["dog.jpg", "dog", "90.0", "%", "test:1"]
    rows = list(csv.DictReader(io.StringIO(shown("results", "--csv", "--outcome", "rejected", url=url))))
    assert [(row["blob"], row["reason"], row["label"]) for row in rows] == [("bad.jpg", "corrupt", "")]
    nothing = loupe("results", "--label", "lynx", url=url)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "loupe: there are no such images (yet)\n"
    assert "either --json or --csv" in said(2, "results", "--json", "--csv", url=url)


def test_a_list_that_is_longer_than_a_page(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_cli.commands.results._PAGE", 2)
    assert blobs(url, "--limit", "5") == ["7.jpg", "6.jpg", "5.jpg", "4.jpg", "3.jpg"]


def test_who_has_not_said_how_many_is_told_of_more(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_cli.commands.results._LIMIT", 10)
    for options in ((), ("--csv",), ("--json",)):
        cut = loupe("results", *options, url=url)
        assert (cut.exit_code, len(cut.stdout.splitlines())) == (0, 10 if options == ("--json",) else 11)
        assert cut.stderr == (
            "loupe: there are more than these 10: --limit says how many, and `loupe export` writes all into a file\n"
        )
    assert len(blobs(url, "--limit", "10")) == 10  # without a word
    monkeypatch.setattr("loupe_cli.commands.results._LIMIT", 11)
    assert len(blobs(url)) == 11


def test_images_of_another_container(url: str, store: MemoryStore) -> None:
    known = result("1.jpg", "lynx")
    store.write([known.model_copy(update={"image": image_ref("1.jpg", container="others")})])
    assert json.loads(shown("show", "1.jpg", "--json", url=url))["label"] == "cat"
    other = ("--container", "others")
    for name in ("1.jpg", "others/1.jpg"):
        assert json.loads(shown("show", name, *other, "--json", url=url))["label"] == "lynx"
    by_variable = loupe("show", "1.jpg", "--json", url=url, LOUPE_IMAGE_CONTAINER="others")
    assert json.loads(by_variable.stdout)["label"] == "lynx"
    assert "lynx → wolf" in shown("review", "1.jpg", "wolf", *other, url=url)
    assert shown("trace", "1.jpg", *other, url=url).startswith("1.jpg: lynx")
    assert "others/nowhere.jpg" in said(1, "similar", "nowhere.jpg", *other, url=url)


def test_one_image(url: str, store: MemoryStore) -> None:
    store.write([result("1.jpg", "lynx", model_version=2)])
    page = shown("show", "1.jpg", url=url)
    for words in ("1.jpg", "lynx", "50.0 %", "test:2 (fp32)", "JPEG, 640 × 480, 1 kB", "Earlier answers", "cat", "0x1"):
        assert words in page
    assert page == shown("show", f"{CONTAINER}/1.jpg", "--picture", url=url)  # there is no thumbnail
    assert json.loads(shown("show", "1.jpg", "--json", url=url))["label"] == "lynx"
    assert "rejected: corrupt\ncannot be decoded" in shown("show", "bad.jpg", url=url)


def test_counts(url: str) -> None:
    page = shown("counts", "--top", "1", url=url)
    assert page.startswith("Outcomes\n  classified  9\n  2 others    2\n\nLabels\n")
    assert json.loads(shown("counts", "--json", "--container", CONTAINER, url=url))["labels"] == {"cat": 8, "dog": 1}
    assert shown("counts", "--model", "none:1", url=url).startswith("There are no images yet")


def test_reviews(url: str) -> None:
    assert "cat → lynx" in shown("review", "1.jpg", "lynx", "--etag", "0x1", url=url)
    assert blobs(url, "--reviewed") == ["1.jpg"]
    assert "lynx, says anonymous" in shown("show", "1.jpg", url=url)
    assert "→" not in shown("review", "1.jpg", "--take-back", url=url)
    assert "look at it again" in said(1, "review", "1.jpg", "lynx", "--etag", "0x0", url=url)
    assert blobs(url, "--reviewed") == []
    for mistake in (["1.jpg"], ["1.jpg", "lynx", "--take-back"]):
        done = loupe("review", *mistake, url=url)
        assert (done.exit_code, "either a LABEL, or --take-back" in done.stderr) == (2, True)


def test_images_that_look_alike(url: str) -> None:
    file = str(SAMPLES / "flower.jpg")
    assert json.loads(shown("similar", "--file", file, "--json", url=url))["images"] == []
    assert "no other image" in loupe("similar", "--file", file, url=url).stderr
    assert "nowhere.jpg" in said(1, "similar", "nowhere.jpg", url=url)
    for mistake in ([], ["1.jpg", "--file", file]):
        done = loupe("similar", *mistake, url=url)
        assert (done.exit_code, "either the name of an IMAGE, or --file" in done.stderr) == (2, True)


def test_exports(url: str, tmp_path: Path) -> None:
    for suffix, begins in ((".csv", b"container,blob,"), (".jsonl", b'{"image":'), (".PARQUET", b"PAR1")):
        file = tmp_path / f"dogs{suffix}"
        assert shown("export", str(file), "--label", "dog", url=url).startswith(f"{file} has ")
        assert file.read_bytes().startswith(begins)
    assert "No such file" in said(1, "export", str(tmp_path / "none" / "a.csv"), url=url)
    shown("export", str(tmp_path / "learnt.parquet"), "--embeddings", url=url)
    assert "embedding" in pq.read_schema(tmp_path / "learnt.parquet").names
    for mistake, says in ((["a.xlsx"], "must end in one of"), (["a.csv", "--embeddings"], "as Parquet alone")):
        done = loupe("export", *mistake, url=url)
        assert (done.exit_code, says in done.stderr) == (2, True)


def test_the_passage_of_an_image(url: str, store: MemoryStore) -> None:
    stored = result("slow.jpg", completed_at=NOON + timedelta(milliseconds=20))
    store.write([stored.model_copy(update={"stored_at": NOON + timedelta(milliseconds=25)})])
    lines = [line.split() for line in shown("trace", "slow.jpg", url=url).splitlines()]
    took = {line[0]: line[-3:-1] if "█" in line[-1] else line[-2:] for line in lines[5:12]}
    assert took == {
        "queued": ["1.5", "ms"],
        "fetch": ["2.5", "ms"],
        "decode": ["3.5", "ms"],
        "inference": ["4.5", "ms"],
        "waited": ["8.0", "ms"],
        "store": ["5.0", "ms"],
        "in": ["25", "ms"],
    }
    waiting = loupe("trace", "never/was.png", url=url)
    assert waiting.exit_code == 1
    assert waiting.stdout.startswith("never/was.png has no outcome yet; storage cannot be asked.\n")


def test_what_is_on_its_way(url: str) -> None:
    assert shown("pipeline", url=url).startswith("0 images on the way\n")
    assert json.loads(shown("pipeline", "--json", url=url)) == {"outstanding": 0, "queues": [], "workers": []}


def test_images_as_they_are_classified(url: str, changes: MemoryChanges) -> None:
    is_seen = threading.Event()

    def go_on() -> None:
        while not is_seen.wait(0.05):
            changes.announce([rejection("bad.jpg").document(), result("dog.jpg", "dog").document()])

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        dog = loupe("watch", "--label", "dog", "--limit", "1", url=url)
        lines = loupe("watch", "--outcome", "rejected", "--limit", "2", "--json", url=url).stdout.splitlines()
    finally:
        is_seen.set()
        thread.join()
    assert (dog.exit_code, dog.stderr) == (0, f"loupe: watching {url}, until Ctrl-C\n")
    assert dog.stdout.split()[2:] == ["dog.jpg", "dog", "50.0", "%"]
    assert [json.loads(line)["image"]["blob"] for line in lines] == ["bad.jpg", "bad.jpg"]
