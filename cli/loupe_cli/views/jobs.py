"""Batch jobs: as a table, one in full, and what has failed in one."""

from collections.abc import Iterable
from typing import TextIO, assert_never

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import local, number
from loupe_cli.views.screen import cell, grid
from loupe_cli.views.sheet import write_rows
from loupe_shared.api.jobs import Job, JobFailure
from loupe_shared.batch.job import ANY_NUMBER, ByFilter, ByNames, ByPrefix, Input, State

_BAR = 30
_STYLES = {
    State.QUEUED: "",
    State.RUNNING: "cyan",
    State.PAUSED: "yellow",
    State.COMPLETED: "green",
    State.FAILED: "bold red",
    State.CANCELED: "dim",
}
COLUMNS = ("blob", "reason", "detail")


def table(jobs: Iterable[Job]) -> Table:
    """A line for each job."""
    view = grid("job", "state", "input", "model", "done", "failed", "submitted", right=("done", "failed"))
    for job in jobs:
        state = Text(job.state, _STYLES[job.state])
        failed = Text(f"{job.counts.failed:,}", "bold red" if job.counts.failed else "")
        view.add_row(
            *(job.id, state, cell(input_of(job.input)), cell(job.model), done(job), failed, local(job.submitted_at))
        )
    return view


def line(job: Job) -> Text:
    """A job that has changed."""
    return Text(f"{job.id}  ").append(job.state, _STYLES[job.state]).append_text(cell(f"  {input_of(job.input)}"))


def portrait(job: Job) -> Group:
    """Everything that is known of a job."""
    state = Text(job.state, _STYLES[job.state])
    parts: list[RenderableType] = [Text(f"{job.id}: ", "bold").append_text(state)]
    if job.reason:
        parts.append(cell(job.reason))
    return Group(*parts, "", progress(job), "", facts(job))


def progress(job: Job) -> Table:
    """How far a job has come, and to which ends."""
    view = Table.grid(padding=(0, 2, 0, 0))
    view.add_column()
    view.add_column(justify="right")
    view.add_column()
    bar = Text()
    if job.total:
        filled = min(_BAR, _BAR * job.counts.total // job.total)
        bar.append("█" * filled, "cyan").append("·" * (_BAR - filled), "dim")
    view.add_row("done", done(job), bar)
    for end, count in job.counts:
        view.add_row(end, Text(f"{count:,}", "bold red" if end == "failed" and count else ""))
    return view


def facts(job: Job) -> Table:
    """What was asked for, and when what happened."""
    threshold = "" if job.error_threshold == ANY_NUMBER else f", fails above {number(job.error_threshold, 'failure')}"
    again = ", also what has an answer" if job.again else ""
    embeddings = ", from embeddings where they fit" if job.from_embeddings else ""
    view = Table.grid(padding=(0, 2, 0, 0))
    view.add_row("input", cell(input_of(job.input)))
    view.add_row("model", cell(job.model))
    view.add_row(
        "settings",
        f"{number(job.mini_batch_size, 'image')} per message, up to {number(job.max_retries, 'retry', 'retries')}"
        f"{threshold}{again}{embeddings}",
    )
    if job.output:
        view.add_row("output", cell(f"{job.output.name} ({job.output.format})"))
    view.add_row("submitted", cell(f"{local(job.submitted_at)} by {job.submitted_by}"))
    if job.started_at:
        view.add_row("started", local(job.started_at))
    if job.ended_at:
        view.add_row("ended", local(job.ended_at))
    elif job.images_per_minute:
        view.add_row("speed", speed(job))
    return view


def done(job: Job) -> str:
    """How many images have come to an end, and of how many."""
    return f"{job.counts.total:,}" if job.total is None else f"{job.counts.total:,} of {job.total:,}"


def speed(job: Job) -> str:
    """How quickly a job goes on, and when it ends if it goes on so."""
    end = f", until about {local(job.estimated_end)}" if job.estimated_end else ""
    return f"{job.images_per_minute:,} per minute{end}"


def input_of(given: Input) -> str:
    """An input in words."""
    match given:
        case ByPrefix():
            named = f"{given.prefix}…" if given.prefix else ""
            return ", ".join(part for part in (named, given.glob) if part) or "the whole container"
        case ByNames():
            return (
                f"{number(given.count, 'failure')} of {given.retries}" if given.retries else number(given.count, "name")
            )
        case ByFilter():
            said = given.filter.model_dump(mode="json", exclude_none=True)
            return ", ".join(f"{name}={value}" for name, value in said.items()) or "the whole archive"
        case _:
            assert_never(given)


def failures(found: Iterable[JobFailure]) -> Table:
    """A line for each image that has failed."""
    view = grid("image", "reason", "detail")
    for one in found:
        view.add_row(cell(one.blob), cell(one.reason, "yellow"), cell(one.detail))
    return view


def write_csv(found: Iterable[JobFailure], file: TextIO) -> None:
    """A row for each image that has failed, of ``COLUMNS``."""
    write_rows(COLUMNS, ((one.blob, one.reason, one.detail) for one in found), file)
