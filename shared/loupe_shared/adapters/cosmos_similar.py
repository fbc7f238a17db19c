"""Images that look alike, found by the vector index of Azure Cosmos DB for NoSQL."""

from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_documents import image_of_embedding
from loupe_shared.adapters.cosmos_queries import nearest_query
from loupe_shared.result import Embedding


class CosmosSimilar:
    """``SimilarImages`` in a container that has a vector index. Embeddings are written with the results.

    Args:
        archive: of the results.
    """

    def __init__(self, archive: CosmosArchive) -> None:
        self._archive = archive

    def nearest(self, space: str, embedding: Embedding, limit: int) -> list[tuple[str, float]]:
        """See ``SimilarImages.nearest``."""
        found = self._archive.query(nearest_query(space, embedding, limit))
        return [(image_of_embedding(document["id"]), document["similarity"]) for document in found]

    def close(self) -> None:
        """See ``SimilarImages.close``. The SDK's connections end with the process."""
