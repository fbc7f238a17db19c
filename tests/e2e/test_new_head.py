"""A version with another head classifies the archive from what the archive knows already."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loupe_client import Loupe
from loupe_local.azurite import CONTAINER
from loupe_local.stack import Stack
from loupe_shared.batch.job import State
from loupe_shared.result import ResultDocument
from tests.bundles import lead, link_bundle
from tests.e2e.swapping import swapping
from tests.factories import encode, photo
from tests.heads import LABELS, bundle_with_head
from tests.waiting import wait_for

PICTURE = encode(photo(), "JPEG")
NAMES = [f"archive/{number}.jpg" for number in range(40)]
BROKEN, NEW = "archive/broken.jpg", "archive/new.jpg"
FIRST, SECOND = "efficientnet-lite0:1", "efficientnet-lite0:2"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A link to a copy of the bundle that Loupe comes with."""
    return link_bundle(tmp_path)


@pytest.fixture
def stack(tmp_path: Path, bundle: Path) -> Iterator[Stack]:
    """Everything, with workers that look for new bundles all the time."""
    with swapping(tmp_path / "state", bundle) as stack:
        yield stack


def test_the_archive_is_classified_by_a_new_head_without_a_picture(stack: Stack, bundle: Path, tmp_path: Path) -> None:
    def images(model: str, count: int) -> dict[str, ResultDocument]:
        return wait_for(lambda: found(model, count), f"{count} answers of {model}")

    def found(model: str, count: int) -> dict[str, ResultDocument] | None:
        stack.check()
        answers = {one.image.blob: one for one in loupe.images(model=model)}
        return answers if len(answers) == count else None

    def served() -> bool:
        stack.check()  # a worker that was just reading the bundle when another took its place is started again
        models = {worker.service: worker.model for worker in loupe.pipeline().workers}
        return models.get("inference") == models.get("backfill") == SECOND

    def alike() -> bool:
        similar = loupe.similar(CONTAINER, NEW, limit=len(NAMES))
        return similar.space == FIRST and {match.image.image.blob for match in similar.images} == set(NAMES)

    with Loupe(stack.api) as loupe, stack.azurite.blobs() as blobs:
        container = blobs.get_container_client(CONTAINER)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: container.upload_blob(name, PICTURE), NAMES))
        container.upload_blob(BROKEN, PICTURE[:2000])
        before = images(FIRST, len(NAMES) + 1)
        lead(bundle, bundle_with_head(tmp_path / "v2").folder)
        wait_for(served, "the new version to be served")
        container.upload_blob(NEW, PICTURE)
        (looked_at,) = images(SECOND, 1).values()

        job = loupe.wait(loupe.submit(prefix="archive/", model=SECOND, from_embeddings=True, mini_batch_size=8).id)
        assert (job.state, job.from_embeddings, job.total) == (State.COMPLETED, True, len(NAMES) + 2)
        assert (job.counts.classified, job.counts.skipped, job.counts.failed) == (len(NAMES), 1, 1)
        assert [failure.reason for failure in loupe.failures(job.id)] == ["truncated"]
        after = images(SECOND, len(NAMES) + 2)
        for name in NAMES:
            one = after[name]
            assert one.label == looked_at.label
            assert one.label in LABELS
            assert one.score == pytest.approx(looked_at.score, abs=0.02)  # the same picture, which was looked at
            assert (one.from_embedding, one.heatmap, one.timings_ms.fetch) == (True, None, 0)
            assert one.properties == before[name].properties
            (earlier,) = loupe.history(CONTAINER, name)
            assert earlier.label == before[name].label
        assert not looked_at.from_embedding
        wait_for(alike, "the index, in which answers of both versions can be compared")

        skipped = loupe.wait(loupe.submit(prefix="archive/", model=SECOND, from_embeddings=True).id)
        assert (skipped.counts.skipped, skipped.counts.total) == (len(NAMES) + 2, len(NAMES) + 2)
        names = NAMES[:4]
        anew = loupe.wait(loupe.submit(names=names, model=SECOND, from_embeddings=True, again=True).id)
        assert anew.counts.classified == len(names)
        seen = [loupe.image(CONTAINER, name) for name in names]
        assert all(one.heatmap and not one.from_embedding for one in seen)
