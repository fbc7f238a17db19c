"""Embeddings that the archive has of images which a job is about to publish."""

from collections.abc import Callable, Sequence

from loupe_shared.batch.job import BatchJob
from loupe_shared.domain import ImageRef, Model
from loupe_shared.embedded import embeddings_of
from loupe_shared.messages import StoredEmbedding
from loupe_shared.ports import ResultStore
from loupe_shared.result import ImageProperties, ModelVersion, Precision

Known = Callable[[Sequence[ImageRef]], tuple[StoredEmbedding, ...]]


def known_of(job: BatchJob, store: ResultStore) -> Known:
    """Gives the embeddings that go with images of a job; none unless the job says so."""
    return StoredEmbeddings(store, job.model).find if job.from_embeddings else lambda _: ()


class _Shown(Model):
    """What must be known of the answer that an image shows."""

    image: ImageRef
    properties: ImageProperties | None = None
    model: ModelVersion | None = None


class StoredEmbeddings:
    """Finds what a model of the same space needs to answer without a picture.

    Args:
        store: the archive.
        model: that is to answer, as ``name:version``. What it has answered itself it is to look at again.
    """

    def __init__(self, store: ResultStore, model: str) -> None:
        self._store = store
        self._model = model

    def find(self, images: Sequence[ImageRef]) -> tuple[StoredEmbedding, ...]:
        """Of those images that have an embedding of just this version of the blob, made in fp32.

        Raises:
            StoreUnavailable: the archive does not answer.
        """
        documents = self._store.find([image.id for image in images])
        shown = {id_: _Shown.model_validate_json(document) for id_, document in documents.items()}
        wanted = {image.id: documents[image.id] for image in images if self._fits(image, shown.get(image.id))}
        return tuple(
            StoredEmbedding(image_id=id_, space=space, embedding=embedding, properties=properties)
            for id_, (space, embedding) in embeddings_of(self._store, wanted).items()
            if (properties := shown[id_].properties)
        )

    def _fits(self, image: ImageRef, shown: _Shown | None) -> bool:
        if shown is None or shown.model is None or str(shown.model) == self._model:
            return False
        if shown.model.precision is not Precision.FP32:
            return False
        return (shown.image.sequencer, shown.image.etag) == (image.sequencer, image.etag)
