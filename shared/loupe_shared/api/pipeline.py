"""What the pipeline looks like."""

from loupe_shared.pipeline import Backlog, Worker


class Pipeline(Backlog):
    """What is on its way, and who works on it."""

    workers: tuple[Worker, ...]
