"""Answers from embeddings that the archive has.

    embedding, int8 ─► float32 ─► head ─► probabilities

Models of the same space give a picture the same embedding, but for what eight bits have lost of it. So neither storage
nor decoders are needed. There is no heatmap, because that needs what the embedding is the mean of.
"""

import time
from collections.abc import Sequence

from loupe_inference.explain import top_predictions
from loupe_inference.model import ServedModel
from loupe_shared.domain import ImageRef, Outcome, now
from loupe_shared.embedding import restore
from loupe_shared.messages import StoredEmbedding
from loupe_shared.result import Result, Timings


def answered_from_embeddings(
    model: ServedModel, images: Sequence[ImageRef], embeddings: Sequence[StoredEmbedding]
) -> list[Result]:
    """The results of those images whose embedding is of the space of a model, in their order.

    Args:
        model: that answers.
        images: of a job.
        embeddings: that came with it.
    """
    head = model.head
    if head is None:
        return []
    fitting = {
        one.image_id: one
        for one in embeddings
        if one.space == model.version.embedding_space and len(one.embedding.values) == head.embedding_size
    }
    known = [(image, fitting[image.id]) for image in images if image.id in fitting]
    if not known:
        return []
    moment, began = now(), time.perf_counter()
    probabilities = head.run(restore([one.embedding for _, one in known]))
    inference_ms = (time.perf_counter() - began) * 1000 / len(known)
    return [
        Result(
            image=image,
            outcome=Outcome.CLASSIFIED,
            predictions=predicted,
            embedding=one.embedding if model.embeds else None,
            properties=one.properties,
            model=model.version,
            timings_ms=Timings(
                queued=max(0.0, (moment - (image.requested_at or image.uploaded_at)).total_seconds() * 1000),
                inference=inference_ms,
            ),
            from_embedding=True,
            completed_at=now(),
        )
        for (image, one), predicted in zip(known, top_predictions(probabilities, model.labels), strict=True)
    ]
