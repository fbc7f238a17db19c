"""What the benchmark stands on, where a mistake would not show: pictures, null model, file server, yardsticks."""

import io
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import chromium, loops
from bench.file_server import content, etag, version
from bench.null_model import make_null_model
from bench.pictures import LARGE, RAW, SMALL, Kind, make_pictures
from bench.scrolling import Scroll, Weight
from bench.yardsticks import bracketed
from loupe_inference.runtime import Runtime
from loupe_inference.session import OnnxSession
from loupe_local.azurite import ACCOUNT, CONTAINER, Azurite
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Pixels, decode_into
from loupe_shared.result import Precision
from loupe_shared.settings import StorageSettings
from tests.factories import BUNDLE, SAMPLES

LIMIT = 10**7


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Some, in a folder of their own."""
    return make_pictures(tmp_path_factory.mktemp("pictures"), RAW, 3)


@pytest.fixture(scope="module")
def port(pictures: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the file server serves them."""
    number = free_port()
    command = [sys.executable, "-m", "bench.file_server", str(number), str(pictures[0].parent)]
    server = Child("the file server", command, tmp_path_factory.mktemp("file_server") / "log")
    server.wait_until(lambda: listens(number))
    yield number
    server.stop()


@pytest.fixture
def http(storage_settings: StorageSettings) -> Iterator[StorageHttp]:
    """The client that Loupe reads blobs with, over one connection."""
    client = StorageHttp(storage_settings, 1, 5)
    yield client
    client.close()


@pytest.mark.parametrize("kind", [SMALL, LARGE, RAW], ids=lambda kind: kind.name)
def test_pictures_differ_and_are_the_same_every_time(kind: Kind, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in make_pictures(tmp_path / "first", kind, 12)]
    second = [path.read_bytes() for path in make_pictures(tmp_path / "second", kind, 12)]
    assert first == second
    assert len(set(first)) == len(first)
    assert {Image.open(io.BytesIO(data)).size for data in first} == {(kind.width, kind.height)}


def test_a_blob_shows_its_picture_in_every_folder(tmp_path: Path) -> None:
    rule = Bundle.load(BUNDLE).manifest.preprocessing
    for kind in (SMALL, RAW):
        data = make_pictures(tmp_path, kind, 1)[0].read_bytes()
        expected, found = (np.empty((rule.size, rule.size, 3), np.uint8) for _ in range(2))
        decode_into(expected, data, rule, LIMIT)
        decode_into(found, content(data, "a/b"), rule, LIMIT)
        assert content(data, "a/b") != content(data, "a/c") != data
        assert np.array_equal(found, expected)


def test_the_file_server_answers_as_the_emulator(
    azurite: Azurite, http: StorageHttp, port: int, pictures: list[Path]
) -> None:
    data = content(pictures[0].read_bytes(), "some folder")
    with azurite.blobs() as service:
        blob = service.get_blob_client(CONTAINER, f"some folder/{pictures[0].name}")
        theirs = blob.upload_blob(data, overwrite=True)["etag"].strip('"')
    ours = etag(version(pictures[0].read_bytes()), "some folder")

    def answers(endpoint: str, current: str) -> list[object]:
        address = f"{endpoint}/{CONTAINER}/some%20folder/{pictures[0].name}"
        requests = [
            ("GET", address, {}),
            ("GET", address, {"If-Match": f'"{current}"'}),
            ("GET", address, {"If-Match": "*"}),
            ("GET", address, {"If-Match": '"0x1"'}),
            ("GET", f"{address}.gone", {}),
            ("HEAD", address, {}),
            ("HEAD", f"{address}.gone", {}),
            ("GET", address, {}),
        ]
        found = [http.submit(http.request(*request, max_bytes=LIMIT)).result() for request in requests]
        return [(answer.status, answer.body, answer.error_code) for answer in found]

    expected = answers(azurite.blob_endpoint, theirs)
    assert expected[0] == (200, data, "")
    assert answers(f"http://{LOOPBACK}:{port}/{ACCOUNT}", ours) == expected


def test_the_file_server_takes_requests_as_they_come(port: int, pictures: list[Path]) -> None:
    """Two at once and one in pieces, on one connection."""
    requests = b"".join(
        f"GET /{ACCOUNT}/{CONTAINER}/f/{path.name}?sig=x HTTP/1.1\r\nHost: h\r\n\r\n".encode() for path in pictures
    )
    bodies = [content(path.read_bytes(), "f") for path in pictures]
    with socket.create_connection((LOOPBACK, port), timeout=10) as connection, connection.makefile("rb") as answers:
        connection.sendall(requests[:-10])
        found = [_read_answer(answers) for _ in bodies[:-1]]
        connection.sendall(requests[-10:])
        found.append(_read_answer(answers))
    assert found == bodies


def _read_answer(answers: io.BufferedIOBase) -> bytes:
    assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
    headers = dict(line.rstrip().split(b": ") for line in iter(answers.readline, b"\r\n"))
    return answers.read(int(headers[b"Content-Length"]))


def test_the_null_model_is_a_bundle_that_takes_raw_pictures_as_they_are(tmp_path: Path) -> None:
    bundle = Bundle.load(make_null_model(tmp_path))
    session = OnnxSession(bundle, Precision.FP32, Runtime(), 5)
    batch: Pixels = np.empty((3, RAW.height, RAW.width, 3), np.uint8)
    for place, path in zip(batch, make_pictures(tmp_path, RAW, 3), strict=True):
        decode_into(place, path.read_bytes(), bundle.manifest.preprocessing, LIMIT)
        assert np.array_equal(place, np.asarray(Image.open(path)))
    outputs = session.run(batch)
    assert outputs.probabilities == pytest.approx(np.array([[0.75, 0.25]] * 3))
    assert outputs.activation_map.shape == (3, 7, 7)


def test_both_yardsticks_see_what_is_on_the_photos() -> None:
    bundle = Bundle.load(BUNDLE)
    photos = {"coffee.png": "espresso", "rocket.jpg": "missile", "flower.jpg": "daisy"}
    data = [(SAMPLES / name).read_bytes() for name in photos]
    for loop in (loops.bare(bundle, Precision.FP32, 1, 2), loops.reference(bundle, Precision.FP32, 1, 2)):
        took = loops.run(loop, data, bundle.manifest.preprocessing.size, 2)
        assert [bundle.manifest.labels[place] for place in took.best] == list(photos.values())
        assert min(took.decode_cpu_s, took.inference_cpu_s, took.wall_s) > 0


def test_yardsticks_stand_right_before_and_right_after() -> None:
    order: list[str] = []

    def note(name: str) -> str:
        order.append(f"{name}{len(order)}")
        return order[-1]

    found = bracketed(2, lambda: note("yardstick"), lambda: note("measured"))
    assert found == [
        ("measured1", ("yardstick0", "yardstick2")),
        ("measured3", ("yardstick2", "yardstick4")),
    ]


def test_a_browser_is_the_machines_or_else_playwrights_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "MAC", tmp_path / "missing")
    own = tmp_path / "own"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find_chromium(str(own)) is None
    own.touch()
    assert chromium.find_chromium(str(own)) == str(own)
    machines = tmp_path / "google-chrome"
    machines.touch(0o755)
    assert chromium.find_chromium(str(own)) == str(machines)


def test_what_a_page_holds_is_compared_with_what_it_held_before() -> None:
    scrolled = Scroll(Weight(1000, 8.0), Weight(1100, 16.0), most_elements=900, per_second=50.0)
    assert (scrolled.node_growth, scrolled.heap_growth) == (1.1, 2.0)
