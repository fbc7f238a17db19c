"""Answers from embeddings of the archive: by the head of a real model, and as near as eight bits allow."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from models import quantize as script

from loupe_inference.answers import NoAnswers
from loupe_inference.classifier import Classifier
from loupe_inference.head import Head
from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel, load_model
from loupe_inference.runtime import Runtime
from loupe_inference.serving import Serving
from loupe_inference.session import OnnxSession, Outputs
from loupe_inference.settings import InferenceSettings
from loupe_inference.shadows import Shadows
from loupe_inference.stages import Limits, Stages
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.bundle import MODEL_FILE, Bundle
from loupe_shared.domain import ImageRef
from loupe_shared.embedding import quantize, restore
from loupe_shared.errors import InvalidBundle
from loupe_shared.messages import ClassifyJob, StoreBatch, StoredEmbedding
from loupe_shared.result import Embedding, Precision, Result
from loupe_training.export.head import head_of
from loupe_training.export.quantize import stacked
from tests.factories import BUNDLE, NOON, SAMPLES, image_ref
from tests.heads import LABELS, bundle_with_head

SPACE = "efficientnet-lite0:1"
PARTS = 60
COFFEE, FLOWER = (SAMPLES / name for name in ("coffee.png", "flower.jpg"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With another head."""
    return bundle_with_head(tmp_path_factory.mktemp("head") / "bundle")


@pytest.fixture(scope="module")
def outputs() -> Outputs:
    """What the model that Loupe comes with says of parts of photos."""
    base = Bundle.load(BUNDLE)
    parts = list(script.parts(SAMPLES, base.manifest.preprocessing, PARTS, seed=5))
    return OnnxSession(base, Precision.FP32, Runtime(), max_batch_size=PARTS).run(stacked(parts))


def test_a_head_by_itself_answers_as_the_whole_graph(outputs: Outputs) -> None:
    head = head_of(onnx.load(BUNDLE / MODEL_FILE))
    session = onnxruntime.InferenceSession(head.SerializeToString(), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"embedding": outputs.embedding})
    assert np.abs(probabilities - outputs.probabilities).max() < 1e-5


def test_eight_bits_change_a_score_by_less_than_two_hundredths_and_hardly_any_label(outputs: Outputs) -> None:
    head = head_of(onnx.load(BUNDLE / MODEL_FILE))
    session = onnxruntime.InferenceSession(head.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(["probabilities"], {"embedding": restore(quantize(outputs.embedding))})
    assert np.abs(found - outputs.probabilities).max() < 0.02
    first, second = np.sort(outputs.probabilities, axis=1)[:, [-1, -2]].T
    has_changed = found.argmax(axis=1) != outputs.probabilities.argmax(axis=1)
    assert np.all((first - second)[has_changed] < 0.02)  # it was as good as a tie
    assert has_changed.mean() <= 0.05


def test_a_graph_whose_answers_follow_from_more_than_the_embedding_has_no_head() -> None:
    model = onnx.load(BUNDLE / MODEL_FILE)
    (layer,) = (node for node in model.graph.node if node.op_type == "Gemm")
    layer.input[0] = layer.input[0] + " of another kind"
    with pytest.raises(InvalidBundle, match="embedding of another kind"):
        head_of(model)


def test_a_head_that_does_not_fit_its_manifest_is_refused(bundle: Bundle) -> None:
    assert Head(bundle).run(np.zeros((3, 1280), np.float32)).shape == (3, len(LABELS))
    manifest = bundle.manifest.model_copy(update={"labels": ("a", "b")})
    with pytest.raises(InvalidBundle, match=r"shape \(2, 3\), but the manifest has 2 labels"):
        Head(replace(bundle, manifest=manifest))
    manifest = bundle.manifest.model_copy(update={"embedding_size": 640})
    with pytest.raises(InvalidBundle, match="cannot be used"):
        Head(replace(bundle, manifest=manifest))


@pytest.fixture(scope="module")
def model(bundle: Bundle) -> Iterator[ServedModel]:
    """As a worker serves it."""
    settings = InferenceSettings(
        broker_url="redis://nowhere",
        storage_account="a",
        blob_endpoint="http://nowhere",
        model_bundle=bundle.folder,
        max_batch_size=2,
    )
    served = load_model(settings, bundle)
    yield served
    served.batcher.close()


class Storage:
    """Photos by name. Remembers which were read."""

    def __init__(self) -> None:
        self.read_: list[str] = []

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:  # noqa: ARG002
        """The photos."""
        reads = []
        for image in images:
            self.read_.append(image.blob)
            reads.append(Future[bytes]())
            reads[-1].set_result((SAMPLES / image.blob).read_bytes())
        return reads


def answered(model: ServedModel, job: ClassifyJob) -> tuple[dict[str, Result], list[str]]:
    """What a worker publishes, by blob, and what it had to read."""
    storage, publisher = Storage(), MemoryPublisher()
    stages = Stages(storage, NoAnswers(), Limits(10**8, 10**8, 30.0), decode_threads=1)
    serving = Serving(Lineup.of(model))
    worker = Classifier(stages, serving, publisher, MemoryOutstanding(), Shadows(stages, serving, publisher, 1))
    assert worker.handle(job) is None
    results = [one for message in publisher.messages if isinstance(message, StoreBatch) for one in message.results]
    return {one.image.blob: one for one in results}, storage.read_


IMAGES = tuple(image_ref(path.name, requested_at=NOON) for path in (COFFEE, FLOWER))


def stored(results: dict[str, Result], space: str = SPACE) -> tuple[StoredEmbedding, ...]:
    """What the archive would have of these."""
    return tuple(
        StoredEmbedding(image_id=one.image.id, space=space, embedding=one.embedding, properties=one.properties)
        for one in results.values()
        if one.embedding and one.properties
    )


def test_a_worker_answers_from_embeddings_what_it_answers_from_pictures(model: ServedModel) -> None:
    seen, read = answered(model, ClassifyJob(images=IMAGES))
    assert sorted(read) == sorted(seen) == [COFFEE.name, FLOWER.name]
    job = ClassifyJob(images=IMAGES, embeddings=stored(seen))
    found, read = answered(model, ClassifyJob.from_json(job.to_json()))
    assert read == []
    for blob, one in found.items():
        other = seen[blob]
        assert (one.label, one.image, one.model) == (other.label, other.image, other.model)
        assert one.score == pytest.approx(other.score, abs=0.02)
        assert (one.embedding, one.properties) == (other.embedding, other.properties)
        assert (one.from_embedding, one.heatmap is None) == (True, True)
        assert (other.from_embedding, other.heatmap is None) == (False, False)


def test_what_does_not_fit_is_looked_at(model: ServedModel) -> None:
    seen, _ = answered(model, ClassifyJob(images=IMAGES))
    first, second = stored(seen)
    short = first.model_copy(update={"embedding": Embedding(values=b"ab", scale=0.5)})
    of_another = second.model_copy(update={"space": "resnet18:1"})
    for embeddings, expected in (((short, of_another), 2), ((first, of_another), 1), ((), 2)):
        found, read = answered(model, ClassifyJob(images=IMAGES, embeddings=embeddings))
        assert (len(found), len(read)) == (2, expected)
    without = replace(model, head=None)
    assert len(answered(without, ClassifyJob(images=IMAGES, embeddings=(first, second)))[1]) == 2
