"""Makes what infrastructure code makes in Azure: containers, queues, and the containers in Cosmos DB.

``compose.yaml`` runs it before the services start, as root and in the image of the query service, with the settings of
that. What is there already stays. ``FOLDERS`` are given to the services' user, and pages of ``PAGES`` may upload:
both are variables whose values are separated by spaces.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.cosmos.exceptions import CosmosResourceExistsError
from azure.storage.blob import BlobServiceClient, CorsRule
from azure.storage.queue import QueueServiceClient

from loupe_query.settings import QuerySettings
from loupe_shared.adapters.cosmos import create_archive
from loupe_shared.adapters.cosmos_jobs import create_job_container
from loupe_shared.adapters.cosmos_requests import connect
from loupe_shared.adapters.cosmos_shadows import create_shadow_container

USER = 10001  # of the images
EMBEDDING_SIZE = 1280  # of the model that Loupe comes with
PATIENCE_S = 120.0
INTERVAL_S = 1.0


def main() -> None:
    """Do all of it, as soon as the servers answer."""
    settings = QuerySettings.load()
    logging.disable(logging.WARNING)  # of the SDKs, about servers that do not answer yet
    for folder in os.environ["FOLDERS"].split():
        os.chown(folder, USER, USER)
    eventually(lambda: make_storage(settings))
    if settings.results_store == "cosmos":
        eventually(lambda: make_archive(settings))


def make_storage(settings: QuerySettings) -> None:
    """Containers and queues, and the rule by which pages may upload."""
    if settings.storage_key is None or settings.queue_endpoint is None:
        raise SystemExit("prepare: LOUPE_STORAGE_KEY and LOUPE_QUEUE_ENDPOINT must be set")
    account = {"account_name": settings.storage_account, "account_key": settings.storage_key.get_secret_value()}
    with (
        BlobServiceClient(settings.blob_endpoint, account, retry_total=0) as blobs,
        QueueServiceClient(settings.queue_endpoint, account, retry_total=0) as queues,
    ):
        headers = {"allowed_headers": ["content-type", "x-ms-blob-type"], "exposed_headers": ["etag"]}
        blobs.set_service_properties(
            cors=[CorsRule([page], ["PUT"], **headers) for page in os.environ["PAGES"].split()]
        )
        names = settings.image_container, settings.thumbnail_container, settings.output_container
        for container in filter(None, names):
            with suppress(ResourceExistsError):
                blobs.create_container(container)
        for queue in (settings.event_queue, f"{settings.event_queue}-poison"):
            with suppress(ResourceExistsError):
                queues.create_queue(queue)


def make_archive(settings: QuerySettings) -> None:
    """The containers, in their database."""
    if settings.cosmos_key is None:
        raise SystemExit("prepare: LOUPE_COSMOS_KEY must be set")
    client = connect(str(settings.cosmos_endpoint), settings.cosmos_key.get_secret_value())
    database = client.create_database_if_not_exists(settings.cosmos_database)
    with suppress(CosmosResourceExistsError):
        create_archive(database, settings.cosmos_container, EMBEDDING_SIZE)
    with suppress(CosmosResourceExistsError):
        create_job_container(database, settings.cosmos_job_container)
    with suppress(CosmosResourceExistsError):
        create_shadow_container(database, settings.cosmos_shadow_container)


def eventually(make: Callable[[], None]) -> None:
    """Try until it works, for two minutes."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            make()
        except AzureError as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"prepare: {str(error).splitlines()[0]}") from error
            time.sleep(INTERVAL_S)
        else:
            return


if __name__ == "__main__":
    main()
