"""Files that batch jobs have written, in a container of their own."""

from azure.storage.blob import BlobServiceClient

from loupe_shared.adapters.blob_service import answering
from loupe_shared.errors import BlobGone


class BlobOutputs:
    """``Outputs`` in blob storage.

    Args:
        service: reaches it. It is not closed here.
        container: in which they are. It must exist.
    """

    def __init__(self, service: BlobServiceClient, container: str) -> None:
        self._container = service.get_container_client(container)

    def exists(self, name: str) -> bool:
        """See ``Outputs.exists``. The SDK's own method would take a container that is missing for an empty one."""
        try:
            with answering(f"the output {name}"):
                self._container.get_blob_client(name).get_blob_properties()
        except BlobGone:
            return False
        return True
