"""What several commands of jobs have in common: options, and how a job ends a command."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from loupe_cli.arguments import FORMATS
from loupe_cli.failures import JOB_FAILED, USAGE, Failure, say

if TYPE_CHECKING:
    from loupe_client import Loupe
    from loupe_shared.api.jobs import Job

Format = Literal["csv", "jsonl", "parquet"]

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Id of a job.")]
OutputOption = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="NAME", help="File with the answers, in the container of outputs."),
]
FormatOption = Annotated[
    Format | None, typer.Option("--format", help="Of that file; by default what its name ends in, else csv.")
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait for its end, with a progress bar. Ctrl-C only ends the waiting.")
]


def format_of(output: str | None, format_: Format | None) -> Format | None:
    """In which format an output is written, if there is one."""
    if output is None:
        if format_ is not None:
            raise Failure("--format is of a file that --output names", USAGE)
        return None
    return format_ or FORMATS.get(PurePosixPath(output).suffix.lower(), "csv")


def accepted(loupe: "Loupe", job: "Job", *, is_waiting: bool, is_json: bool) -> None:
    """Show the id of a job that was submitted, or wait for its end."""
    if is_waiting:
        say(f"waiting for job {job.id}")
        end(loupe, job.id, is_json=is_json)
        return
    typer.echo(job.model_dump_json() if is_json else job.id)
    say(f"submitted for {job.model}: `loupe jobs watch {job.id}` shows how far it is")


def end(loupe: "Loupe", job_id: str, *, is_json: bool) -> None:
    """Follow a job to its end and show it; the command ends with a code of its own unless the job is completed."""
    from loupe_cli.following import followed
    from loupe_cli.views.jobs import portrait
    from loupe_cli.views.screen import screen
    from loupe_shared.batch.job import State

    *_, job = followed(loupe, job_id)
    if is_json:
        typer.echo(job.model_dump_json())
    else:
        screen().print(portrait(job))
    if job.counts.failed:
        say(f"`loupe jobs failures {job.id}` tells why, `loupe jobs retry {job.id}` tries them again")
    if job.state is not State.COMPLETED:
        raise typer.Exit(JOB_FAILED)
