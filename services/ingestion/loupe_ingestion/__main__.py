"""``python -m loupe_ingestion``: the consumer of blob events and the webhook for them."""

from loupe_ingestion.bootstrap import serve_ingestion
from loupe_ingestion.settings import IngestionSettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    run("ingestion", IngestionSettings, serve_ingestion)
