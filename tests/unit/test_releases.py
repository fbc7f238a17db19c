"""A worker's models while releases change, and while the registry and its bundles fail."""

import logging
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel
from loupe_inference.release_watch import ReleaseWatch, first_release
from loupe_inference.releases import FIRST_DELAY_S, Releases
from loupe_shared.bundle import Bundle, Manifest
from loupe_shared.errors import ConfigurationError, InvalidBundle, StorageUnavailable
from loupe_shared.release.ports import VersionUnknown
from loupe_shared.release.release import Canary, Release
from tests.factories import BUNDLE
from tests.model_versions import is_closed, model
from tests.waiting import wait_for

MANIFEST = Bundle.load(BUNDLE).manifest


class Shelf:
    """A registry with versions 1 to 5 of a model, of which a test says what is released, and what fails."""

    def __init__(self) -> None:
        self.released: Release | None = None
        self.error: Exception | None = None
        self.broken: set[int] = set()
        self.fetched: list[int] = []

    def publish(self, **changes: object) -> None:
        """Release something else."""
        before = self.released or Release(name="colors", serving=1)
        document = before.model_dump() | changes | {"revision": before.revision + 1}
        self.released = Release.model_validate(document)

    def read(self, name: str, version: int, file: str) -> bytes | None:
        """Not asked for."""
        raise NotImplementedError

    def release(self, name: str) -> Release | None:
        """What is released."""
        assert name == "colors"
        if self.error:
            raise self.error
        return self.released

    def fetch(self, name: str, version: int, folder: Path) -> Bundle:
        """A bundle."""
        if version in self.broken:
            raise InvalidBundle(f"version {version} is damaged")
        if not folder.exists():
            folder.mkdir(parents=True)
            self.fetched.append(version)
        return Bundle(MANIFEST.model_copy(update={"name": name, "version": version}), folder)

    def names(self) -> list[str]:
        """Not asked for."""
        raise NotImplementedError

    def versions(self, name: str) -> list[Manifest]:
        """Not asked for."""
        raise NotImplementedError

    def register(self, bundle: Bundle) -> None:
        """Not asked for."""
        raise NotImplementedError

    def replace(self, release: Release) -> None:
        """Not asked for."""
        raise NotImplementedError


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Loads:
    """Loads bundles, and remembers which and how."""

    def __init__(self) -> None:
        self.made: list[tuple[int, bool]] = []
        self.models: list[ServedModel] = []
        self.errors: dict[int, Exception] = {}

    def __call__(self, bundle: Bundle, *, looks_on: bool) -> ServedModel:
        """A model."""
        version = bundle.manifest.version
        if version in self.errors:
            raise self.errors[version]
        self.made.append((version, looks_on))
        self.models.append(model(version))
        return self.models[-1]


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "loupe_inference.releases")


@pytest.fixture
def shelf() -> Shelf:
    """The registry."""
    return Shelf()


@pytest.fixture
def loads() -> Loads:
    """What loads bundles."""
    return Loads()


@pytest.fixture
def clock() -> Clock:
    """The clock."""
    return Clock()


@pytest.fixture
def releases(shelf: Shelf, loads: Loads, clock: Clock, tmp_path: Path) -> Releases:
    """What is released."""
    return Releases(shelf, "colors", tmp_path, loads, clock=clock)


def found(lineup: Lineup | None) -> Lineup:
    """What is certain to be there."""
    assert lineup is not None
    return lineup


def cached(folder: Path) -> set[str]:
    """The versions whose bundles are kept."""
    return {one.name for one in (folder / "colors").iterdir()}


def test_what_is_released_is_loaded_once_and_in_its_part(shelf: Shelf, releases: Releases, loads: Loads) -> None:
    shelf.publish(canary={"version": 2, "share": 0.1}, shadows=(3,))
    lineup = found(releases.after(None))
    assert loads.made == [(1, False), (2, False), (3, True)]
    assert (set(lineup.answering), [one.version.version for one in lineup.shadows]) == ({1, 2}, [3])
    assert releases.after(lineup) is None


def test_for_batch_jobs_only_the_serving_version_answers(
    shelf: Shelf, releases: Releases, loads: Loads, tmp_path: Path
) -> None:
    shelf.publish(canary={"version": 2, "share": 0.5}, shadows=(3,))
    assert releases.after(None)
    loads.made.clear()
    for_jobs = Releases(shelf, "colors", tmp_path, loads, serving_only=True)
    lineup = found(for_jobs.after(None))
    assert loads.made == [(1, False)]
    assert {lineup.release.version_for(f"{number}") for number in range(100)} == {1}
    assert for_jobs.after(lineup) is None
    assert cached(tmp_path) == {"1", "2", "3"}  # other workers share them


def test_a_canary_that_is_promoted_need_not_be_loaded_again(shelf: Shelf, releases: Releases, loads: Loads) -> None:
    shelf.publish(canary={"version": 2, "share": 0.1})
    first = found(releases.after(None))
    shelf.publish(serving=2, previous=1, canary=None)
    second = found(releases.after(first))
    assert second.serving is first.answering[2]
    assert set(second.answering) == {2}
    assert loads.made == [(1, False), (2, False)]


def test_a_shadow_version_that_is_promoted_is_loaded_as_one_that_answers(
    shelf: Shelf, releases: Releases, loads: Loads
) -> None:
    shelf.publish(shadows=(2,))
    first = found(releases.after(None))
    shelf.publish(serving=2, previous=1, shadows=())
    assert found(releases.after(first)).serving is not first.shadows[0]
    assert loads.made == [(1, False), (2, True), (2, False)]


def test_to_roll_back_nothing_is_fetched(shelf: Shelf, releases: Releases, tmp_path: Path) -> None:
    shelf.publish()
    lineup = found(releases.after(None))
    for version in (2, 3):
        shelf.publish(serving=version, previous=version - 1)
        lineup = found(releases.after(lineup))
    assert cached(tmp_path) == {"2", "3"}
    shelf.publish(serving=2, previous=3)
    assert found(releases.after(lineup)).release.serving == 2
    assert shelf.fetched == [1, 2, 3]


def test_a_cache_that_was_emptied_by_others_is_no_obstacle(shelf: Shelf, releases: Releases, tmp_path: Path) -> None:
    shelf.publish(canary={"version": 2, "share": 0.5})
    lineup = found(releases.after(None))
    shutil.rmtree(tmp_path / "colors")
    shelf.publish(serving=2, previous=1, canary=None)
    assert found(releases.after(lineup)).release.serving == 2


@pytest.mark.parametrize("part", [{"serving": 2}, {"canary": {"version": 2, "share": 0.5}}])
def test_a_release_that_cannot_be_loaded_is_not_followed_and_said_once(
    shelf: Shelf, releases: Releases, clock: Clock, part: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    shelf.publish()
    first = found(releases.after(None))
    shelf.broken.add(2)
    shelf.publish(**part)
    for _ in range(5):
        assert releases.after(first) is None
        clock.now += 3 * FIRST_DELAY_S
    assert [record.getMessage() for record in caplog.records] == [
        "release 2 of colors is not followed: version 2 is damaged"
    ]
    shelf.broken.clear()
    clock.now += 1000
    assert 2 in found(releases.after(first)).answering


def test_a_release_that_cannot_be_loaded_is_tried_more_and_more_rarely(
    shelf: Shelf, releases: Releases, loads: Loads, clock: Clock
) -> None:
    shelf.publish()
    tries = []

    class Refusing(dict[int, Exception]):
        """Notes each look."""

        def __contains__(self, version: object) -> bool:
            tries.append(clock.now)
            return True

        def __getitem__(self, version: int) -> Exception:
            return InvalidBundle("damaged")

    loads.errors = Refusing()
    for second in range(700):
        clock.now = float(second)
        assert releases.after(None) is None
    assert tries == [0, 5, 15, 35, 75, 155, 315, 615]


def test_a_release_after_one_that_failed_is_followed_at_once(shelf: Shelf, releases: Releases) -> None:
    shelf.publish()
    first = found(releases.after(None))
    shelf.broken.add(2)
    shelf.publish(serving=2, previous=1)
    assert releases.after(first) is None
    shelf.publish(serving=3, previous=1)
    assert found(releases.after(first)).release.serving == 3


def test_a_release_of_which_a_part_was_loaded_leaves_nothing_behind(
    shelf: Shelf, releases: Releases, loads: Loads
) -> None:
    shelf.publish()
    first = found(releases.after(None))
    loads.errors[3] = InvalidBundle("damaged")
    shelf.publish(serving=2, canary={"version": 3, "share": 0.5})
    assert releases.after(first) is None
    assert [(one.version.version, is_closed(one)) for one in loads.models] == [(1, False), (2, True)]


def test_a_shadow_version_that_cannot_be_loaded_is_left_out_and_tried_again(
    shelf: Shelf, releases: Releases, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.broken.add(4)
    shelf.publish(shadows=(3, 4))
    lineup = found(releases.after(None))
    assert [one.version.version for one in lineup.shadows] == [3]
    clock.now += 1000
    assert releases.after(lineup) is None
    assert [record.getMessage() for record in caplog.records] == [
        "version 4 of colors does not look on: version 4 is damaged"
    ]
    shelf.broken.clear()
    clock.now += 1000
    assert [one.version.version for one in found(releases.after(lineup)).shadows] == [3, 4]


def test_a_registry_that_is_away_changes_nothing_and_is_said_once_each_time(
    shelf: Shelf, releases: Releases, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.publish()
    first = found(releases.after(None))
    for _ in range(2):
        shelf.error = StorageUnavailable("models: storage does not answer")
        for _ in range(3):
            assert releases.after(first) is None
        shelf.error = None
        assert releases.after(first) is None
    assert [record.getMessage() for record in caplog.records] == ["models: storage does not answer"] * 2


def test_a_version_that_is_not_there_keeps_the_old_one(shelf: Shelf, releases: Releases, loads: Loads) -> None:
    shelf.publish()
    first = found(releases.after(None))
    loads.errors[9] = VersionUnknown("there is no version 9")
    shelf.publish(serving=9)
    assert releases.after(first) is None


def test_a_worker_that_cannot_run_the_model_at_all_ends(shelf: Shelf, releases: Releases, loads: Loads) -> None:
    shelf.publish()
    loads.errors[1] = ConfigurationError("LOUPE_DEVICE is cuda")
    with pytest.raises(ConfigurationError):
        releases.after(None)


def test_a_worker_that_runs_does_not_end_for_a_version_that_it_cannot_run(
    shelf: Shelf, releases: Releases, loads: Loads
) -> None:
    shelf.publish()
    first = found(releases.after(None))
    loads.errors[2] = ConfigurationError("LOUPE_PRECISION is int8")
    shelf.publish(serving=2, previous=1)
    assert releases.after(first) is None


def test_a_worker_waits_for_the_first_release_and_says_so(
    shelf: Shelf, releases: Releases, caplog: pytest.LogCaptureFixture
) -> None:
    stopped, lineups = threading.Event(), list[Lineup | None]()
    waiting = threading.Thread(target=lambda: lineups.append(first_release(releases, stopped)))
    waiting.start()
    wait_for(lambda: "no version of colors is released: promote one" in caplog.text, "it to be said")
    shelf.publish()
    waiting.join()
    assert found(lineups[0]).release.serving == 1


def test_a_worker_that_waits_can_be_told_to_end(releases: Releases) -> None:
    stopped = threading.Event()
    stopped.set()
    assert first_release(releases, stopped) is None


def test_the_watch_follows_releases(shelf: Shelf, releases: Releases, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "loupe_inference.release_watch")
    shelf.publish()
    first = found(releases.after(None))
    with closing(ReleaseWatch(releases, first, 0.02)) as watch:
        shelf.publish(serving=2, previous=1, canary={"version": 3, "share": 0.25}, shadows=(4,))
        wait_for(lambda: watch.serving.version.version == 2, "the second version")
        with watch.serving.lineup() as lineup:
            assert lineup.release.canary == Canary(version=3, share=0.25)
        wait_for(lambda: is_closed(first.serving), "the first version to go")
    assert "version 2 of colors is served, and version 3 for 25.0% of the images; looking on: 4" in caplog.text
