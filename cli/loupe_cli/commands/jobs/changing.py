"""``loupe jobs retry``, ``pause``, ``resume`` and ``cancel``."""

from typing import TYPE_CHECKING

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.commands.jobs.options import (
    FormatOption,
    JobArgument,
    OutputOption,
    WaitOption,
    accepted,
    format_of,
)

if TYPE_CHECKING:
    from loupe_shared.api.jobs import Job

RETRY_EXAMPLES = ("loupe jobs retry 0644a8b2c1d3e4-5f0c1b7a --wait",)
PAUSE_EXAMPLES = ("loupe jobs pause 0644a8b2c1d3e4-5f0c1b7a",)
RESUME_EXAMPLES = ("loupe jobs resume 0644a8b2c1d3e4-5f0c1b7a",)
CANCEL_EXAMPLES = ("loupe jobs cancel 0644a8b2c1d3e4-5f0c1b7a",)


def retry(
    context: typer.Context,
    job_id: JobArgument,
    *,
    output: OutputOption = None,
    format_: FormatOption = None,
    is_waiting: WaitOption = False,
    is_json: Json = False,
) -> None:
    """Submit a job that tries the failures of another again, which has ended. Shows the id of the new one."""
    output_format = format_of(output, format_)
    with access(context).client() as loupe:
        job = loupe.retry(job_id, output=output, output_format=output_format)
        accepted(loupe, job, is_waiting=is_waiting, is_json=is_json)


def pause(context: typer.Context, job_id: JobArgument, *, is_json: Json = False) -> None:
    """Let a job wait until it is resumed. What workers have already, they do."""
    with access(context).client() as loupe:
        _show(loupe.pause(job_id), is_json=is_json)


def resume(context: typer.Context, job_id: JobArgument, *, is_json: Json = False) -> None:
    """Let a job go on that was paused."""
    with access(context).client() as loupe:
        _show(loupe.resume(job_id), is_json=is_json)


def cancel(context: typer.Context, job_id: JobArgument, *, is_json: Json = False) -> None:
    """End a job for good. Answers that it has brought stay."""
    with access(context).client() as loupe:
        _show(loupe.cancel(job_id), is_json=is_json)


def _show(job: "Job", *, is_json: bool) -> None:
    from loupe_cli.views.jobs import line
    from loupe_cli.views.screen import screen

    if is_json:
        typer.echo(job.model_dump_json())
    else:
        screen().print(line(job), soft_wrap=True)
