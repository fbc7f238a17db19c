"""How far an image has come, and the outcome that follows."""

from dataclasses import dataclass

from loupe_inference.answers import Answer
from loupe_shared.domain import ImageRef, Outcome, now
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected
from loupe_shared.result import ImageProperties, ModelVersion, Result, Timings


@dataclass
class Passage:
    """An image on its way through the stages. Moments are of ``time.perf_counter``.

    Attributes:
        key: ``content_key`` of its bytes under the job's model, once they are there.
        waits_since: when it was given to the decoders.
        decode_began: when one of them took it.
        decode_ended: when that was done, with or without success.
    """

    image: ImageRef
    queued_ms: float = 0.0
    fetch_ms: float = 0.0
    decode_ms: float = 0.0
    key: bytes = b""
    properties: ImageProperties | None = None
    waits_since: float | None = None
    decode_began: float | None = None
    decode_ended: float | None = None

    def decoded(self) -> ImageProperties:
        """What the decoder found, which it has by now."""
        if self.properties is None:
            raise AssertionError
        return self.properties

    def classified(self, model: ModelVersion, answer: Answer, inference_ms: float) -> Result:
        """The result with this answer."""
        return Result(
            image=self.image,
            outcome=Outcome.CLASSIFIED,
            predictions=answer.predictions,
            heatmap=answer.heatmap,
            embedding=answer.embedding,
            properties=answer.properties,
            model=model,
            timings_ms=Timings(
                queued=self.queued_ms, fetch=self.fetch_ms, decode=self.decode_ms, inference=inference_ms
            ),
            completed_at=now(),
        )

    def failed(self, model: ModelVersion, error: BlobGone | BlobReplaced | ImageRejected) -> Result:
        """The result of an image that cannot be classified."""
        match error:
            case ImageRejected():
                return Result(
                    image=self.image,
                    outcome=Outcome.REJECTED,
                    reason=error.reason,
                    detail=error.detail,
                    model=model,
                    completed_at=now(),
                )
            case BlobGone():
                return Result(image=self.image, outcome=Outcome.DELETED, completed_at=now())
            case BlobReplaced():
                return Result(image=self.image, outcome=Outcome.SUPERSEDED, completed_at=now())
