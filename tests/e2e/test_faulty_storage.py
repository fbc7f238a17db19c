"""What faulty storage and bad images cost: time in proportion, and no image its outcome."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import PurePath

import httpx2
import pytest
import redis
from azure.storage.blob import ContainerClient

from loupe_local.azurite import ACCOUNT, CONTAINER, StoragePorts
from loupe_local.ports import LOOPBACK, free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.adapters.outstanding import KEYS
from loupe_shared.domain import Outcome, Reason, now
from loupe_shared.result import Result
from tests.e2e.test_crash import is_quiet
from tests.factories import BUNDLE, encode, photo
from tests.fault_proxy import FaultProxy, Read
from tests.faults import Fault, busy, dropped, followed_by, preceded_by, short, silent, slow, stalled
from tests.waiting import wait_for

FETCHES = 16
SLOW_S = 2.0
TIMEOUT_S = 3.0  # for silence; longer than slow storage takes
CLIENT_ATTEMPTS = 3  # of a read, until its job goes on without the image

BAD = [
    (b"", Reason.EMPTY),
    (b"Dear reader,\nthis is no picture.\n", Reason.NOT_AN_IMAGE),
    (encode(photo(), "JPEG")[:5000], Reason.TRUNCATED),
]


@pytest.fixture(scope="module")
def storage() -> StoragePorts:
    """Where Azurite is."""
    return StoragePorts(free_port(), free_port())


@pytest.fixture(scope="module")
def proxy(storage: StoragePorts) -> Iterator[FaultProxy]:
    """Where the services believe that Azurite is."""
    proxy = FaultProxy(f"http://{LOOPBACK}:{storage.blob}/{ACCOUNT}")
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def stack(storage: StoragePorts, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, with storage behind the proxy."""
    state = tmp_path_factory.mktemp("faulty")
    environment = (
        ("LOUPE_BLOB_ENDPOINT", proxy.endpoint),
        ("LOUPE_MODEL_BUNDLE", str(BUNDLE)),  # it is images that meet the faults
        ("LOUPE_SWEEP_INTERVAL_S", "3600"),
        ("LOUPE_CONCURRENT_FETCHES", str(FETCHES)),
        ("LOUPE_FETCH_TIMEOUT_S", str(TIMEOUT_S)),
    )
    with Stack(StackConfig(state, BUNDLE, free_port(), free_port(), storage, environment)) as stack:
        yield stack


@pytest.fixture(scope="module")
def container(stack: Stack) -> Iterator[ContainerClient]:
    """Where people drop pictures; they do not meet the proxy."""
    with stack.azurite.blobs() as service:
        yield service.get_container_client(CONTAINER)


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx2.Client]:
    """The HTTP API."""
    with httpx2.Client(base_url=stack.api, timeout=30) as client:
        yield client


def put(container: ContainerClient, blob: str, picture: bytes) -> str:
    """Write a version of a blob; return its etag."""
    written = container.get_blob_client(blob).upload_blob(picture, overwrite=True)
    return str(written["etag"]).strip('"')


def numbered(folder: str, count: int) -> list[str]:
    """Names of blobs."""
    return [f"{folder}/{number}.jpg" for number in range(count)]


def upload(container: ContainerClient, folder: str, pictures: Sequence[bytes]) -> dict[str, str]:
    """Write pictures into a folder; return the etag of each blob."""
    blobs = numbered(folder, len(pictures))
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(blobs, pool.map(partial(put, container), blobs, pictures), strict=True))


def is_each(count: int, blob: str) -> bool:
    """Whether a blob is the first, or the one after ``count`` others, and so on."""
    return int(PurePath(blob).stem) % count == 0


def pictures(count: int, width: int = 320) -> list[bytes]:
    """Small pictures, no two of the same bytes."""
    picture = photo().resize((width, 200))
    return [encode(picture, "JPEG", comment=str(number)) for number in range(count)]


def outcomes(api: httpx2.Client) -> Counter[str]:
    """How many images have each outcome."""
    return Counter(api.get("/v1/counts").json()["outcomes"])


def nothing_is_due(stack: Stack) -> bool:
    """Whether no message is on its way and no outcome outstanding: nothing can change any more."""
    with redis.Redis.from_url(stack.valkey.url) as broker:
        return is_quiet(stack) and not broker.exists(*KEYS.values())


Finish = Callable[[Mapping[str, str]], dict[str, Result]]


@pytest.fixture
def finish(stack: Stack, api: httpx2.Client) -> Finish:
    """Waits until all that a test uploaded is done; returns what became of each blob, of this version, counted once."""
    began, before = now(), outcomes(api)

    def archived(etags: Mapping[str, str]) -> list[Result] | None:
        page = api.get("/v1/images", params={"since": began.isoformat(), "limit": "1000"}).json()
        results = [Result.model_validate(image) for image in page["images"]]
        return results if {result.image.blob: result.image.etag for result in results} == etags else None

    def get(etags: Mapping[str, str]) -> dict[str, Result]:
        wait_for(lambda: archived(etags), "the outcomes of all blobs, and of no others")
        wait_for(lambda: nothing_is_due(stack), "all to be done")
        results = archived(etags)
        assert results
        assert len(results) == len(etags)
        assert outcomes(api) == before + Counter(result.outcome for result in results)
        assert not any(child.has_ended() for child in stack.children.values())
        return {result.image.blob: result for result in results}

    return get


def all_classified(results: Mapping[str, Result]) -> bool:
    """Whether every image has its prediction."""
    return {result.outcome for result in results.values()} == {Outcome.CLASSIFIED}


@contextmanager
def ingestion_away(stack: Stack) -> Iterator[None]:
    """Lets events gather, so that jobs are full."""
    stack.children["ingestion"].stop()
    try:
        yield
    finally:
        stack.restart("ingestion")


def test_slow_storage_is_read_by_many_at_once(
    stack: Stack, container: ContainerClient, proxy: FaultProxy, finish: Finish
) -> None:
    with proxy.planned(lambda _: slow(SLOW_S)) as traffic:
        with ingestion_away(stack):
            etags = upload(container, "all-slow", pictures(48))
        assert all_classified(finish(etags))
    assert traffic.attempts() == Counter(etags.keys())
    assert traffic.most_in_flight() == FETCHES
    assert traffic.mean_in_flight() > FETCHES * 3 / 4


def test_slow_reads_of_a_job_do_not_add_up(
    stack: Stack, container: ContainerClient, proxy: FaultProxy, finish: Finish
) -> None:
    with proxy.planned(lambda read: slow(SLOW_S) if is_each(10, read.blob) else None) as traffic:
        with ingestion_away(stack):
            etags = upload(container, "some-slow", pictures(80))
        results = finish(etags)
    assert all_classified(results)
    assert traffic.attempts() == Counter(etags.keys())
    # Each image is held back by the three or four slow ones of its job, but for the time of one.
    ended = {read.blob: read.ended for read in traffic.reads}
    stored = {blob: result.stored_at.timestamp() for blob, result in results.items() if result.stored_at}
    assert max(stored[blob] - ended[blob] for blob in etags) < 2 * SLOW_S


def test_connections_that_break_in_a_third_of_the_reads(
    container: ContainerClient, proxy: FaultProxy, finish: Finish
) -> None:
    def plan(read: Read) -> Fault | None:
        return dropped if read.attempt == 1 and is_each(3, read.blob) else None

    with proxy.planned(plan) as traffic:
        etags = upload(container, "dropped", pictures(60))
        assert all_classified(finish(etags))
    assert traffic.attempts() == Counter({blob: 1 + is_each(3, blob) for blob in etags})


def test_storage_that_is_busy_for_a_while(container: ContainerClient, proxy: FaultProxy, finish: Finish) -> None:
    numbers = itertools.count()
    with proxy.planned(lambda _: busy if next(numbers) < 50 else None) as traffic:
        etags = upload(container, "busy", pictures(60))
        assert all_classified(finish(etags))
    assert len(traffic.reads) == 50 + 60


def test_storage_that_is_busy_for_longer_than_a_read_is_tried(
    container: ContainerClient, proxy: FaultProxy, finish: Finish
) -> None:
    def plan(read: Read) -> Fault | None:
        return busy if read.attempt <= CLIENT_ATTEMPTS + 1 and is_each(3, read.blob) else None

    with proxy.planned(plan) as traffic:
        etags = upload(container, "busier", pictures(40))
        assert all_classified(finish(etags))
    # What storage gave at once is not read again with the rest of its job.
    assert traffic.attempts() == Counter({blob: CLIENT_ATTEMPTS + 2 if is_each(3, blob) else 1 for blob in etags})


def test_bodies_that_do_not_come_or_do_not_end(container: ContainerClient, proxy: FaultProxy, finish: Finish) -> None:
    faults = itertools.cycle([short, stalled, silent])

    def plan(read: Read) -> Fault | None:
        return next(faults) if read.attempt == 1 and is_each(10, read.blob) else None

    with proxy.planned(plan) as traffic:
        etags = upload(container, "endless", pictures(60))
        assert all_classified(finish(etags))
    assert traffic.attempts() == Counter({blob: 1 + is_each(10, blob) for blob in etags})


@pytest.mark.parametrize("when", [preceded_by, followed_by])
def test_blobs_that_are_replaced_while_they_are_read(
    container: ContainerClient, proxy: FaultProxy, finish: Finish, when: Callable[[Callable[[], object]], Fault]
) -> None:
    replaced: dict[str, str] = {}
    later = dict(zip(numbered(when.__name__, 60), pictures(60, width=321), strict=True))

    def plan(read: Read) -> Fault | None:
        def replace() -> None:
            replaced[read.blob] = put(container, read.blob, later[read.blob])

        return when(replace) if read.attempt == 1 and is_each(3, read.blob) else None

    with proxy.planned(plan) as traffic:
        etags = upload(container, when.__name__, pictures(60))
        wait_for(lambda: len(replaced) == 20, "20 blobs to be replaced")
        results = finish(etags | replaced)
    assert all_classified(results)
    assert traffic.attempts() == Counter({blob: 1 + is_each(3, blob) for blob in etags})
    widths = {blob: result.properties and result.properties.width for blob, result in results.items()}
    assert widths == {blob: 321 if is_each(3, blob) else 320 for blob in etags}


def test_bad_images_among_good_ones(container: ContainerClient, proxy: FaultProxy, finish: Finish) -> None:
    bad = itertools.cycle(BAD)
    uploads = [next(bad) if number % 10 == 0 else (good, None) for number, good in enumerate(pictures(100))]
    with proxy.planned(lambda _: None) as traffic:
        etags = upload(container, "bad", [picture for picture, _ in uploads])
        results = finish(etags)
    assert traffic.attempts() == Counter(etags.keys())
    assert [results[blob].reason for blob in etags] == [reason for _, reason in uploads]
