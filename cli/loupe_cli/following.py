"""A batch job that is followed until it has ended, with its progress."""

from collections.abc import Iterator

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from loupe_cli.views.jobs import speed
from loupe_cli.views.screen import messages
from loupe_client import Loupe
from loupe_shared.api.jobs import Job


def followed(loupe: Loupe, job_id: str) -> Iterator[Job]:
    """A job whenever it has changed, and at last when it has ended. In a terminal, progress is shown meanwhile."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}")
    console, last = messages(), None
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None, speed="")
        for job in loupe.follow(job_id):
            said = speed(job) if job.images_per_minute else ""
            progress.update(task, description=job.state, total=job.total, completed=job.counts.total, speed=said)
            progress.refresh()
            if job != last:
                yield job
            last = job
