"""``loupe jobs list``, ``show``, ``watch`` and ``failures``."""

import sys
from itertools import islice
from typing import Annotated, Literal

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.commands.jobs.options import JobArgument, end
from loupe_cli.failures import USAGE, Failure, say

LIST_EXAMPLES = ("loupe jobs list", "loupe jobs list --state running --json | jq .counts")
SHOW_EXAMPLES = ("loupe jobs show 0644a8b2c1d3e4-5f0c1b7a",)
WATCH_EXAMPLES = ("loupe jobs watch 0644a8b2c1d3e4-5f0c1b7a",)
FAILURES_EXAMPLES = (
    "loupe jobs failures 0644a8b2c1d3e4-5f0c1b7a",
    "loupe jobs failures 0644a8b2c1d3e4-5f0c1b7a --csv > failures.csv",
)

# As loupe_shared.batch.job has them; see loupe_cli.filters.
StateName = Literal["queued", "running", "paused", "completed", "failed", "canceled"]


def list_jobs(
    context: typer.Context,
    *,
    state: Annotated[StateName | None, typer.Option(help="In this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many jobs.")] = 20,
    is_json: Annotated[
        bool, typer.Option("--json", help="Show what the API says, as JSON, a line for each job.")
    ] = False,
) -> None:
    """List jobs, the newest first."""
    from loupe_cli.views.jobs import table
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        found = list(islice(loupe.jobs(state=state), limit))
    if is_json:
        for job in found:
            typer.echo(job.model_dump_json())
    elif found:
        screen().print(table(found))
    else:
        say("there are no such jobs (yet)")


def show(context: typer.Context, job_id: JobArgument, *, is_json: Json = False) -> None:
    """Show one job: how far it is, what was asked for, and how it ended."""
    from loupe_cli.views.jobs import portrait
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        job = loupe.job(job_id)
    if is_json:
        typer.echo(job.model_dump_json())
    else:
        screen().print(portrait(job))


def watch(context: typer.Context, job_id: JobArgument, *, is_json: Json = False) -> None:
    """Wait for the end of a job, with a progress bar, and show it. The exit code is 4 unless it is completed."""
    with access(context).client() as loupe:
        end(loupe, job_id, is_json=is_json)


def failures(
    context: typer.Context,
    job_id: JobArgument,
    *,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="How many images; by default all.")] = None,
    is_json: Annotated[
        bool, typer.Option("--json", help="Show what the API says, as JSON, a line for each image.")
    ] = False,
    is_csv: Annotated[bool, typer.Option("--csv", help="Write them for a spreadsheet.")] = False,
) -> None:
    """List the images of which a job has got no answer, and why."""
    from loupe_cli.views import jobs
    from loupe_cli.views.screen import screen

    if is_json and is_csv:
        raise Failure("either --json or --csv", USAGE)
    with access(context).client() as loupe:
        found = list(islice(loupe.failures(job_id), limit))
    if is_csv:
        jobs.write_csv(found, sys.stdout)
    elif is_json:
        for one in found:
            typer.echo(one.model_dump_json())
    elif found:
        screen().print(jobs.failures(found))
    else:
        say("no image has failed (yet)")
