"""A model is trained anew on what people have reviewed: what is registered, and where an interrupted run goes on.

The API and storage are real. Only the training is another: it writes a bundle at once.
"""

import json
import logging
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from loupe_client import Loupe, NotAllowed, Refused, Unavailable
from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_query.access.keys import hash_key, new_key
from loupe_query.models.registering import Place
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.thumbnails import BlobThumbnails
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.card import Metrics, Provenance
from loupe_shared.errors import ConfigurationError
from loupe_shared.release.release import MAX_CHANGES, Action, Change, Release
from loupe_training.access import NotSignedIn, client_of
from loupe_training.command import main
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.export.record import trained_on
from loupe_training.promoting import never_released
from loupe_training.retraining import NotPromoted, Outcome, Wanted, retrain
from loupe_training.run_folder import run_folder
from loupe_training.settings import RetrainingSettings
from tests.apps import archive
from tests.factories import NOON
from tests.manifests import metrics, write_bundle
from tests.unit.test_client import serving
from tests.unit.test_datasets_archive import NAMES, review

TRAINER = new_key()
REVIEWER = new_key()
WANTED = Wanted("surfaces", Rules())
PROMOTING = replace(WANTED, promote=True)
URL = "the archive"


class Trainer:
    """Writes a bundle and a report, and remembers the folders and versions that it was asked for."""

    def __init__(
        self,
        measured: Metrics | None = None,
        fails: type[BaseException] | None = None,
        fails_late: type[BaseException] | None = None,
    ) -> None:
        self.asked: list[tuple[Path, int]] = []
        self.digests: list[str] = []
        self.went_on: list[bool] = []
        self._measured = measured
        self.fails = fails
        self.fails_late = fails_late

    def __call__(self, snapshot: Snapshot, folder: Path, version: int) -> None:
        """Train, or fail."""
        self.asked.append((folder, version))
        self.digests.append(snapshot.digest)
        self.went_on.append(folder.exists())
        if self.fails:
            raise self.fails
        if not (folder / "bundle").exists():
            provenance = Provenance(weights=f"none; {trained_on(snapshot.digest)}", licence="MIT", exporter="a test")
            graph = f"graph {snapshot.digest}".encode()
            changes: dict[str, Any] = {"labels": snapshot.labels, "provenance": provenance, "metrics": self._measured}
            write_bundle(folder / "bundle", version, "surfaces", graph, **changes)
        if self.fails_late:
            raise self.fails_late
        (folder / "report.html").write_text("a page")
        (folder / "report.json").write_text("{}")


@pytest.fixture
def store() -> MemoryStore:
    """An archive."""
    return MemoryStore()


@pytest.fixture
def place(azurite: Azurite) -> Iterator[Place]:
    """A container for models."""
    with azurite.blobs() as service:
        name = service.create_container(f"models-{uuid.uuid4().hex}").container_name
        yield Place(BlobRegistry(service, name), name)


@pytest.fixture
def registry(place: Place) -> BlobRegistry:
    """The registry in it."""
    assert isinstance(place.intake, BlobRegistry)
    return place.intake


@pytest.fixture
def url(azurite: Azurite, store: MemoryStore, place: Place, unused_port: int, tmp_path: Path) -> Iterator[str]:
    """An API over reviewed pictures, with that registry."""
    settings = PictureSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=azurite.blob_endpoint)
    keys = {"training": (TRAINER, ["read", "operate"]), "Ada": (REVIEWER, ["read", "review"])}
    entries = [{"name": name, "sha256": hash_key(key), "scopes": scopes} for name, (key, scopes) in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps(entries))
    with connect(settings) as service:
        links = AzureLinks(settings, service)
        with closing(BlobThumbnails(settings, service, links)) as thumbnails:
            over = archive(store, links=links, thumbnails=thumbnails, registry=place.intake, intake=place)
            with serving(over, unused_port, api_keys_file=tmp_path / "keys.json") as url:
                with Loupe(url, api_key=REVIEWER) as loupe:
                    review(loupe, store, NAMES)
                yield url


@pytest.fixture
def loupe(url: str) -> Iterator[Loupe]:
    """The API as a training sees it."""
    with Loupe(url, api_key=TRAINER) as loupe:
        yield loupe


def files(folder: Path) -> set[str]:
    """Names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_next_version_is_registered_with_its_report_and_nothing_else_is_left(
    loupe: Loupe, registry: BlobRegistry, tmp_path: Path
) -> None:
    trainer, work = Trainer(), tmp_path / "work"
    with run_folder(work, "one") as folder:
        registered = retrain(loupe, URL, WANTED, folder, trainer)
    assert registered == Outcome(1, is_new=True)
    assert trainer.asked[0][1] == 1
    assert files(work) == {"lock", "reports/surfaces-1.html", "reports/surfaces-1.json"}
    fetched = registry.fetch("surfaces", 1, tmp_path / "fetched")
    assert fetched.manifest.labels == ("scratch", "sound")
    assert registry.release("surfaces") is None


def test_it_is_not_trained_twice_on_the_same(loupe: Loupe, store: MemoryStore, url: str, tmp_path: Path) -> None:
    trainer = Trainer()
    for run, wanted in (("one", WANTED), ("two", WANTED), ("three", Wanted("surfaces", Rules(), again=True))):
        with run_folder(tmp_path / "work", run) as folder:
            retrain(loupe, URL, wanted, folder, trainer)
            assert not folder.exists()
    assert [version for _, version in trainer.asked] == [1, 2]
    assert len(set(trainer.digests)) == 1
    with Loupe(url, api_key=REVIEWER) as reviewer:
        review(reviewer, store, ["line 3/scratch new.png"])
    with run_folder(tmp_path / "work", "four") as folder:
        retrain(loupe, URL, WANTED, folder, trainer)
    assert [version for _, version in trainer.asked] == [1, 2, 3]
    assert len(set(trainer.digests)) == 2


def test_an_interrupted_run_goes_on_with_the_same_pictures_and_another_begins_anew(
    loupe: Loupe, store: MemoryStore, url: str, tmp_path: Path
) -> None:
    trainer, work = Trainer(fails=KeyboardInterrupt), tmp_path / "work"
    with pytest.raises(KeyboardInterrupt), run_folder(work, "one") as folder:
        retrain(loupe, URL, WANTED, folder, trainer)
    with Loupe(url, api_key=REVIEWER) as reviewer:
        review(reviewer, store, ["line 3/scratch new.png"])
    with pytest.raises(KeyboardInterrupt), run_folder(work, "one") as folder:
        retrain(loupe, URL, WANTED, folder, trainer)
    assert len(set(trainer.digests)) == 1
    assert len({folder for folder, _ in trainer.asked}) == 1
    trainer.fails = None
    with run_folder(work, "two") as folder:
        assert retrain(loupe, URL, WANTED, folder, trainer)
    assert len(set(trainer.digests)) == 2
    assert [path.name for path in work.glob("run-*")] == []


@pytest.mark.parametrize(
    "other",
    [
        replace(WANTED, model="line-4"),
        replace(WANTED, container="images"),
        replace(WANTED, prefix="line 3/"),
        replace(WANTED, rules=Rules(seed=1)),
        replace(WANTED, training={"epochs": 3}),
    ],
    ids=lambda wanted: wanted.purpose(URL),
)
def test_a_run_does_not_go_on_with_what_was_begun_for_something_else(
    other: Wanted, loupe: Loupe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trainer = Trainer(fails_late=KeyboardInterrupt)
    for wanted in (WANTED, WANTED, other):
        with pytest.raises(KeyboardInterrupt), run_folder(tmp_path / "work", "one") as folder:
            retrain(loupe, URL, wanted, folder, trainer)
    assert trainer.went_on == [False, True, False]
    assert sum("begins anew" in record.message for record in caplog.records) == 1


def test_a_run_goes_on_if_only_what_follows_is_another(loupe: Loupe, tmp_path: Path) -> None:
    trainer = Trainer(metrics(), fails_late=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt), run_folder(tmp_path / "work", "one") as folder:
        retrain(loupe, URL, WANTED, folder, trainer)
    trainer.fails_late = None
    with run_folder(tmp_path / "work", "one") as folder:
        retrain(loupe, URL, replace(WANTED, again=True, promote=True), folder, trainer)
    assert trainer.went_on == [False, True]


@pytest.mark.parametrize(
    "trainer",
    [Trainer(fails=ConfigurationError), Trainer(fails=InvalidDataset), Trainer(fails_late=InvalidDataset)],
    ids=["a label that is not there yet", "too few pictures", "pictures that cannot be decoded"],
)
def test_pictures_that_cannot_be_trained_on_do_not_stay(
    trainer: Trainer, loupe: Loupe, store: MemoryStore, url: str, tmp_path: Path
) -> None:
    for name in ("line 3/scratch new.png", "line 3/scratch newer.png"):
        with pytest.raises((ConfigurationError, InvalidDataset)), run_folder(tmp_path / "work", "one") as folder:
            retrain(loupe, URL, WANTED, folder, trainer)
        with Loupe(url, api_key=REVIEWER) as reviewer:
            review(reviewer, store, [name])
    assert len(set(trainer.digests)) == 2


def test_a_training_that_lacks_room_goes_on(loupe: Loupe, tmp_path: Path) -> None:
    trainer = Trainer(fails_late=ConfigurationError)
    for _ in range(2):
        with pytest.raises(ConfigurationError), run_folder(tmp_path / "work", "one") as folder:
            retrain(loupe, URL, WANTED, folder, trainer)
    assert trainer.went_on == [False, True]


def test_a_version_that_somebody_has_taken_meanwhile_is_not_lost(
    loupe: Loupe, registry: BlobRegistry, tmp_path: Path
) -> None:
    class Late(Trainer):
        def __call__(self, snapshot: Snapshot, folder: Path, version: int) -> None:
            super().__call__(snapshot, folder, version)
            registry.register(write_bundle(tmp_path / "other", version, "surfaces", b"another graph"))

    with run_folder(tmp_path / "work", "one") as folder:
        registered = retrain(loupe, URL, WANTED, folder, Late())
    assert registered == Outcome(2, is_new=True)
    assert [one.version for one in registry.versions("surfaces")] == [2, 1]


def test_it_is_promoted_if_no_gate_speaks_against_it(loupe: Loupe, registry: BlobRegistry, tmp_path: Path) -> None:
    promoting = Wanted("surfaces", Rules(), again=True, promote=True)
    good, bad = Trainer(metrics(0.9)), Trainer(metrics(0.5))
    with run_folder(tmp_path / "work", "one") as folder:
        retrain(loupe, URL, promoting, folder, good)
    release = registry.release("surfaces")
    assert release
    assert (release.serving, release.changes[-1].by) == (1, "training")
    assert release.changes[-1].why == f"retrained on 12 reviewed pictures, snapshot {good.digests[0][:16]}"

    says = "surfaces:2 is registered, but not promoted: .*accuracy is 50.0%"
    with pytest.raises(NotPromoted, match=says), run_folder(tmp_path / "work", "two") as folder:
        retrain(loupe, URL, promoting, folder, bad)
    assert [one.version for one in registry.versions("surfaces")] == [2, 1]
    assert registry.release("surfaces") == release
    assert files(tmp_path / "work") >= {"reports/surfaces-2.html"}
    assert not folder.exists()


class Unpromoted(httpx2.HTTPTransport):
    """An API that does not answer when a version is to be promoted."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, unless it promotes."""
        return httpx2.Response(503) if request.url.path.endswith("/promote") else super().handle_request(request)


def again(loupe: Loupe, work: Path, run: str, trainer: Trainer, wanted: Wanted = PROMOTING) -> Outcome | None:
    """What comes of a retraining."""
    with run_folder(work, run) as folder:
        return retrain(loupe, URL, wanted, folder, trainer)


def test_a_version_that_could_not_be_promoted_is_promoted_by_the_next_run(
    loupe: Loupe, registry: BlobRegistry, url: str, tmp_path: Path
) -> None:
    trainer = Trainer(metrics())
    with Loupe(url, api_key=TRAINER, transport=Unpromoted(), retries=0) as silent, pytest.raises(Unavailable):
        again(silent, tmp_path, "one", trainer)
    assert [one.version for one in registry.versions("surfaces")] == [1]
    assert again(loupe, tmp_path, "two", trainer, WANTED) is None
    assert registry.release("surfaces") is None
    assert again(loupe, tmp_path, "three", trainer) == Outcome(1, is_new=False)
    assert again(loupe, tmp_path, "four", trainer) is None
    release = registry.release("surfaces")
    assert release
    assert (release.serving, release.revision, len(trainer.asked)) == (1, 1, 1)


def test_a_version_that_people_have_taken_back_is_left_to_them(
    loupe: Loupe, registry: BlobRegistry, tmp_path: Path
) -> None:
    trainer = Trainer(metrics())
    again(loupe, tmp_path, "one", trainer)
    again(loupe, tmp_path, "two", trainer, replace(PROMOTING, again=True))
    loupe.roll_back("surfaces", "too many false alarms")
    release = registry.release("surfaces")
    assert again(loupe, tmp_path, "three", trainer) is None
    assert registry.release("surfaces") == release
    assert (release.serving if release else None, len(trainer.asked)) == (1, 2)


def test_a_version_that_a_gate_refuses_is_not_forgotten(loupe: Loupe, tmp_path: Path) -> None:
    again(loupe, tmp_path, "one", Trainer(metrics(0.9)))
    bad = Trainer(metrics(0.5))
    for run, wanted in (("two", replace(PROMOTING, again=True)), ("three", PROMOTING)):
        with pytest.raises(NotPromoted, match=r"surfaces:2 is registered, but not promoted: .*accuracy is 50\.0%"):
            again(loupe, tmp_path, run, bad, wanted)
    assert len(bad.asked) == 1


def test_what_could_not_be_compared_is_logged(loupe: Loupe, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    again(loupe, tmp_path, "one", Trainer(metrics()))
    again(loupe, tmp_path, "two", Trainer(metrics(0.5, test_set="b")), replace(PROMOTING, again=True))
    assert "version 2 serves, in place of 1; their accuracies are not comparable" in caplog.text


@pytest.mark.parametrize(
    ("detail", "never"),
    [
        ("version 4 serves", False),
        ("version 3 serves, in place of 4; their accuracies are not comparable", False),
        ("version 4 answers for 5.00% of the images", False),
        ("looking on: 2, 4, 5", False),
        ("version 2 answers for 4.00% of the images", True),
        ("version 14 serves; by force, although it takes 4.2 ms per image, and that is 40.0%", True),
    ],
)
def test_what_a_release_says_of_a_version(detail: str, never: bool) -> None:  # noqa: FBT001
    change = Change(action=Action.PROMOTE, at=NOON, by="Ada", why="to see", detail=detail)
    release = Release(name="surfaces", serving=3, changes=(change,))
    assert never_released(release, 4) is never
    assert not never_released(release, 2)
    assert never_released(None, 2)
    # As many as are kept: it may have been before these.
    assert not never_released(release.model_copy(update={"changes": (change,) * MAX_CHANGES}), 4)


def test_two_do_not_work_in_one_folder(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from loupe_training.run_folder import run_folder\n"
        f"with run_folder(Path({str(tmp_path)!r}), 'one'): print('there', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"there\n"
        with pytest.raises(ConfigurationError, match="another retraining works in"), run_folder(tmp_path, "one"):
            pass
        other.send_signal(signal.SIGTERM)
    with run_folder(tmp_path, "one"):
        pass


def test_too_little_is_reviewed(loupe: Loupe, tmp_path: Path) -> None:
    trainer = Trainer()
    with (
        pytest.raises(InvalidDataset, match="all 6 pictures have the label 'sound'"),
        run_folder(tmp_path / "work", "one") as folder,
    ):
        retrain(loupe, URL, Wanted("surfaces", Rules(), prefix="line 3/sound"), folder, trainer)
    assert trainer.asked == []


def test_who_may_not_register_is_told_so(url: str, tmp_path: Path) -> None:
    with (
        Loupe(url, api_key=REVIEWER) as loupe,
        run_folder(tmp_path / "work", "one") as folder,
        pytest.raises(NotAllowed, match="Ada lacks the scope operate"),
    ):
        retrain(loupe, URL, WANTED, folder, Trainer())


def test_without_a_registry_nothing_is_read(unused_port: int, store: MemoryStore, tmp_path: Path) -> None:
    with (
        serving(archive(store), unused_port) as url,
        Loupe(url) as loupe,
        run_folder(tmp_path / "work", "one") as folder,
        pytest.raises(Refused, match=r"501: .*LOUPE_MODEL_CONTAINER"),
    ):
        retrain(loupe, URL, WANTED, folder, Trainer())
    assert files(tmp_path / "work") == {"lock"}


def test_the_settings_say_who_asks(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_of(RetrainingSettings(url=url, key=TRAINER)) as loupe:
        assert loupe.models() == ()
    with client_of(RetrainingSettings(url=url)) as loupe, pytest.raises(NotAllowed):
        loupe.models()
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "WorkloadIdentityCredential")
    with (
        client_of(RetrainingSettings(url=url, scope="loupe/.default")) as loupe,
        pytest.raises(NotSignedIn, match=r"Entra ID gave no token for loupe/\.default: "),
    ):
        loupe.models()


def test_what_is_missing_or_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrain", "surfaces", str(tmp_path / "work")]) == 2
    assert capsys.readouterr().err.startswith("training: LOUPE_URL: Field required")
    assert main(["retrain", "surfaces", str(tmp_path / "work"), "--test=2"]) == 2
    assert "--test: " in capsys.readouterr().err
    assert not (tmp_path / "work").exists()
