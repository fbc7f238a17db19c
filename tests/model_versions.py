"""Small models of several versions, and images that pass through them, for tests of who answers what."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from PIL import Image

from loupe_inference.answers import NoAnswers
from loupe_inference.batcher import Batcher
from loupe_inference.model import ServedModel
from loupe_inference.session import ModelSession
from loupe_inference.stages import Limits, Stages
from loupe_shared.domain import ImageRef
from loupe_shared.ports import BlobReader
from loupe_shared.preprocess import Preprocessing
from loupe_shared.result import ModelVersion
from tests.factories import encode
from tests.fakes import COLORS, ColorSession

RULE = Preprocessing(size=8, crop=1.0, resample="bilinear", oversample=0.0)
LIMITS = Limits(max_bytes=100_000, max_pixels=1_000_000, decode_timeout_s=10)
RED = encode(Image.new("RGB", (20, 10), "red"))


def model(version: int, session: ModelSession | None = None, labels: Sequence[str] = COLORS) -> ServedModel:
    """A version of a model that knows three colors."""
    named = ModelVersion(name="colors", version=version, preprocessing_hash=RULE.fingerprint())
    batcher = Batcher(session or ColorSession(), RULE.size, 4, streams=1, writers=2)
    return ServedModel(named, tuple(labels), RULE, embeds=True, key=bytes([version]) * 32, batcher=batcher)


def is_closed(served: ServedModel) -> bool:
    """Whether its streams have ended."""
    return not any(stream.is_alive() for stream in served.batcher.streams)


class Storage:
    """Gives the same picture for every name, unless there is another, and remembers what was asked for."""

    def __init__(self, others: Mapping[str, bytes | Exception] | None = None) -> None:
        self.others = others or {}
        self.asked: list[str] = []

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:  # noqa: ARG002
        """The pictures."""
        return [self._read(image.blob) for image in images]

    def _read(self, blob: str) -> Future[bytes]:
        self.asked.append(blob)
        read: Future[bytes] = Future()
        found = self.others.get(blob, RED)
        if isinstance(found, Exception):
            read.set_exception(found)
        else:
            read.set_result(found)
        return read


def stages(storage: BlobReader) -> Stages:
    """Stages with two decoders, which know no answers."""
    return Stages(storage, NoAnswers(), LIMITS, decode_threads=2)
