"""``python -m loupe_batch``: runs batch jobs."""

from loupe_batch.bootstrap import serve_batch
from loupe_batch.settings import BatchSettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    run("batch", BatchSettings, serve_batch)
