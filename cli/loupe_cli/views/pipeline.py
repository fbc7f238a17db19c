"""Queues and workers."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from loupe_cli.text import NONE, number
from loupe_cli.views.screen import cell, grid
from loupe_shared.api.pipeline import Pipeline


def pipeline(seen: Pipeline, now: datetime) -> Group:
    """What is on its way, and who works on it.

    Args:
        seen: what the API says.
        now: when it said so.
    """
    queues = grid("queue", "waiting jobs", "running", "dead", right=("waiting jobs", "running", "dead"))
    for queue in seen.queues:
        dead = Text(f"{queue.dead:,}", "bold red" if queue.dead else "")
        queues.add_row(cell(queue.name), f"{queue.waiting:,}", f"{queue.running:,}", dead)
    workers = grid("worker", "service", "model", "device", "per minute", "images", right=("per minute", "images"))
    workers.add_column("reported", justify="right")
    for worker in seen.workers:
        model = f"{worker.model} ({worker.precision})" if worker.model else NONE
        # Clocks of two machines differ: what comes from the future is of now.
        ago = max(0, round((now - worker.reported_at).total_seconds()))
        workers.add_row(
            *(cell(worker.name), cell(worker.service), cell(model), cell(worker.device or NONE)),
            *(f"{worker.images_per_minute:,}", f"{worker.images:,}", f"{ago} s ago"),
        )
    parts: list[RenderableType] = [Text(f"{number(seen.outstanding, 'image')} on the way", "bold"), "", queues, ""]
    parts.append(workers if seen.workers else Text("No worker has reported: see `loupe doctor`.", "yellow"))
    return Group(*parts)
