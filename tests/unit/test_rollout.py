"""Which version of a model answers which image, while releases come and go."""

import threading
from concurrent.futures import ThreadPoolExecutor

from loupe_inference.classifier import Classifier
from loupe_inference.lineup import Lineup
from loupe_inference.serving import Serving
from loupe_inference.session import Outputs
from loupe_inference.shadows import Shadows
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.errors import StorageUnavailable
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.ports import Publisher
from loupe_shared.preprocess import Pixels
from loupe_shared.release.release import Canary, Release
from loupe_shared.result import Result
from tests.factories import image_ref
from tests.fakes import COLORS, ColorSession
from tests.model_versions import Storage, model, stages

CANARY = Release(name="colors", serving=1, canary=Canary(version=2, share=0.5))


def job(count: int, prefix: str = "") -> ClassifyJob:
    """A job of so many images."""
    return ClassifyJob(images=tuple(image_ref(f"{prefix}{number}.png") for number in range(count)))


def classifier(serving: Serving, publisher: Publisher, storage: Storage | None = None) -> Classifier:
    """A classifier to which nobody looks on."""
    over = stages(storage or Storage())
    return Classifier(over, serving, publisher, MemoryOutstanding(), Shadows(over, serving, publisher, 1))


def results(publisher: MemoryPublisher) -> list[Result]:
    """Everything that was published for the archive."""
    return [result for batch in publisher.messages if isinstance(batch, StoreBatch) for result in batch.results]


def versions(publisher: MemoryPublisher) -> dict[str, int]:
    """By which version each image was answered."""
    return {result.image.id: result.model.version for result in results(publisher) if result.model}


def test_a_canary_answers_for_its_images_and_the_serving_version_for_all_others() -> None:
    publisher = MemoryPublisher()
    mine = classifier(Serving(Lineup(CANARY, {1: model(1), 2: model(2)})), publisher)
    assert mine.handle(job(64)) is None
    assert versions(publisher) == {image.id: CANARY.version_for(image.id) for image in job(64).images}
    assert set(versions(publisher).values()) == {1, 2}
    assert len(results(publisher)) == 64


def test_an_image_of_a_canary_that_storage_does_not_give_is_left_to_do() -> None:
    publisher = MemoryPublisher()
    storage = Storage(dict.fromkeys(["1.png", "7.png"], StorageUnavailable("503")))
    mine = classifier(Serving(Lineup(CANARY, {1: model(1), 2: model(2)})), publisher, storage)
    rest = mine.handle(job(64))
    assert rest is not None
    assert {image.blob for image in rest.images} == {"1.png", "7.png"}
    assert len(results(publisher)) == 62


class SigningSession(ColorSession):
    """A model of which each image's embedding says which version inferred it, with how many others."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self._version = version

    def run(self, batch: Pixels) -> Outputs:
        """Sign."""
        outputs = super().run(batch)
        outputs.probabilities[:] = [[0.2, 0.1, 0.1]]
        outputs.probabilities[:, self._version % 3] = 0.6
        return outputs


def test_releases_that_change_under_load_lose_nothing_and_mix_nothing() -> None:
    publisher, ended = MemoryPublisher(), threading.Event()
    made = {version: model(version, SigningSession(version)) for version in range(1, 31)}
    serving = Serving(Lineup.of(made[1]))
    mine = classifier(serving, publisher)

    def change() -> None:
        for version in range(2, 31):
            release = Release(name="colors", serving=version, canary=Canary(version=version - 1, share=0.5))
            serving.replace(Lineup(release, {version: made[version], version - 1: made[version - 1]}))
            ended.wait(0.01)

    with ThreadPoolExecutor(5) as pool:
        changing = pool.submit(change)
        rests = list(pool.map(lambda number: mine.handle(job(16, f"{number}/")), range(60)))
        changing.result()
    assert set(rests) == {None}
    found = results(publisher)
    assert len({result.image.id for result in found}) == len(found) == 60 * 16
    for result in found:
        assert result.model is not None
        assert result.label == COLORS[result.model.version % 3]
    assert len({result.model.version for result in found if result.model}) > 2
    assert [version for version, one in made.items() if any(stream.is_alive() for stream in one.batcher.streams)] == [
        29,
        30,
    ]
