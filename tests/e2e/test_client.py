"""A picture's way through the whole system, as the client sees it."""

import io
from collections.abc import Iterator

import pytest
from PIL import ImageOps

from loupe_client import Loupe, NotFound
from loupe_local.azurite import CONTAINER
from loupe_local.stack import Stack
from loupe_shared.result import ResultDocument
from tests.factories import SAMPLES, encode, photo
from tests.waiting import wait_for

FOLDER = "client ü#1/"
COFFEE, FLOWER = f"{FOLDER}coffee.png", f"{FOLDER}flower.png"
MIRRORED = encode(ImageOps.mirror(photo()))  # no other test uploads it


@pytest.fixture
def loupe(stack: Stack) -> Iterator[Loupe]:
    """A client of the system."""
    with Loupe(stack.api) as loupe:
        yield loupe


def test_a_picture_is_uploaded_seen_read_compared_counted_exported_and_reviewed(loupe: Loupe) -> None:
    assert loupe.is_ready()
    with pytest.raises(NotFound):
        loupe.image(CONTAINER, COFFEE)
    counted = loupe.counts(container=CONTAINER).labels.get("espresso", 0)

    with loupe.stream(prefix=FOLDER) as stream:
        uploads = loupe.upload({COFFEE: SAMPLES / "coffee.png", FLOWER: MIRRORED})
        seen = {image.image.blob: image for image in (next(stream), next(stream))}
    assert {blob: image.label for blob, image in seen.items()} == {COFFEE: "espresso", FLOWER: "daisy"}
    assert [(one.blob, one.etag) for one in uploads] == [(blob, seen[blob].image.etag) for blob in (COFFEE, FLOWER)]

    coffee = loupe.image(CONTAINER, COFFEE)
    assert coffee == seen[COFFEE]
    assert list(loupe.images(prefix=FOLDER, label="espresso")) == [coffee]
    assert loupe.find([(CONTAINER, COFFEE), (CONTAINER, "none")]).images == (coffee,)
    assert loupe.history(CONTAINER, COFFEE) == ()
    assert loupe.content(CONTAINER, COFFEE) == (SAMPLES / "coffee.png").read_bytes()
    assert loupe.thumbnail(CONTAINER, COFFEE).startswith(b"\xff\xd8")
    assert loupe.links([(CONTAINER, COFFEE)]).images[0].problem is None

    def nearest() -> list[ResultDocument]:
        return [one.image for one in loupe.similar_to_picture(MIRRORED, limit=1).images]

    wait_for(lambda: nearest() == [seen[FLOWER]], "the image to be comparable")
    others = wait_for(lambda: loupe.similar(CONTAINER, FLOWER).images, "another image to be comparable")
    assert seen[FLOWER] not in [one.image for one in others]

    assert loupe.counts(container=CONTAINER).labels["espresso"] > counted
    assert loupe.statistics(top=100).labels["espresso"] >= 1
    assert sum(slot.images for slot in loupe.throughput().slots) >= 2

    def done() -> dict[str, bool]:
        return {worker.service: worker.images >= 2 for worker in loupe.pipeline().workers}

    expected = {"inference": True, "results": True}
    wait_for(lambda: done().items() >= expected.items(), "the workers' reports")
    assert [queue.name for queue in loupe.pipeline().queues] == ["classify", "backfill", "store"]

    table = io.BytesIO()
    loupe.export(table, prefix=FOLDER)
    assert table.getvalue().count(b"\r\n") == 3
    assert {image.image.blob for image in loupe.exported(prefix=FOLDER)} == {COFFEE, FLOWER}

    with loupe.stream(reviewed=True, prefix=FOLDER) as stream:
        reviewed = loupe.review(CONTAINER, COFFEE, "cup", etag=coffee.image.etag)
        assert next(stream) == reviewed
    assert list(loupe.images(reviewed=True, prefix=FOLDER)) == [reviewed]
    assert loupe.take_back_review(CONTAINER, COFFEE) == coffee
