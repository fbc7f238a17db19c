"""``loupe jobs submit``: many pictures to classify."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.commands.jobs.options import FormatOption, OutputOption, WaitOption, accepted, format_of
from loupe_cli.failures import USAGE, Failure
from loupe_cli.filters import PANEL, TimedWanted, filtered

if TYPE_CHECKING:
    from loupe_client.filters import TimedFilter
    from loupe_client.jobs import JobInput

EXAMPLES = (
    "loupe jobs submit --prefix 'line 3/' --wait",
    "loupe jobs submit --glob 'line 3/**/*.jpg' --model resnet18:2 --output 'line 3.parquet'",
    "loupe jobs submit --label crack --max-score 0.7 --since 7d --again",
    "loupe jobs submit --answered-by cells:1 --model cells:2 --from-embeddings",
    "loupe results --outcome rejected --limit 50000 --json | jq -r .image.blob | loupe jobs submit --names - --again",
)

_CONTAINER = "Which blobs of the container"


@filtered
def submit(
    context: typer.Context,
    *,
    wanted: TimedWanted,
    prefix: Annotated[
        str | None,
        typer.Option(help="Whose name begins so; '' for all. Also goes with filters.", rich_help_panel=_CONTAINER),
    ] = None,
    glob: Annotated[
        str | None,
        typer.Option(help="Whose name matches: * and ? stay within a folder, ** does not.", rich_help_panel=_CONTAINER),
    ] = None,
    names: Annotated[
        typer.FileText | None,
        typer.Option(
            metavar="FILE",
            encoding="utf-8-sig",
            help="Whose names are the lines of this file; - for standard input.",
            rich_help_panel=_CONTAINER,
        ),
    ] = None,
    answered_by: Annotated[
        str | None, typer.Option(metavar="NAME:VERSION", help="Answered by this model.", rich_help_panel=PANEL)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME:VERSION", help="Which is to answer; by default the one that workers of jobs serve."),
    ] = None,
    mini_batch_size: Annotated[int, typer.Option(min=1, max=1000, help="Images in one message to a worker.")] = 32,
    error_threshold: Annotated[int, typer.Option(min=-1, help="Failures above which the job fails; -1: never.")] = -1,
    max_retries: Annotated[
        int, typer.Option(min=0, max=10, help="How often to try an image again that was lost on its way.")
    ] = 3,
    is_again: Annotated[bool, typer.Option("--again", help="Also those that the model has answered already.")] = False,
    from_embeddings: Annotated[
        bool,
        typer.Option(
            "--from-embeddings", help="Do without pictures, and heatmaps, where the archive has fitting embeddings."
        ),
    ] = False,
    output: OutputOption = None,
    format_: FormatOption = None,
    is_waiting: WaitOption = False,
    is_json: Json = False,
) -> None:
    """Have many images classified, and show the id of the job.

    They are blobs of the container, whether the archive knows them or not; or, by filters, what the archive shows now.
    """
    given = _input(prefix, glob, names, {**wanted, "model": answered_by})
    output_format = format_of(output, format_)
    with access(context).client() as loupe:
        job = loupe.submit(
            **given,
            model=model,
            mini_batch_size=mini_batch_size,
            error_threshold=error_threshold,
            max_retries=max_retries,
            again=is_again,
            from_embeddings=from_embeddings,
            output=output,
            output_format=output_format,
        )
        accepted(loupe, job, is_waiting=is_waiting, is_json=is_json)


def _input(prefix: str | None, glob: str | None, names: Iterable[str] | None, wanted: "TimedFilter") -> "JobInput":
    is_filtered = any(value is not None for value in wanted.values())
    if names is not None:
        if is_filtered or (prefix, glob) != (None, None):
            raise Failure("--names says already which images: leave out --prefix, --glob and filters", USAGE)
        return {"names": _lines(names)}
    if is_filtered:
        if glob is not None:
            raise Failure("the archive's filters know no --glob: leave out one of them", USAGE)
        return {"filter": {**wanted, "prefix": prefix}}
    if (prefix, glob) == (None, None):
        raise Failure(
            "say which images: by --prefix ('' for the whole container), --glob, --names, or filters such as --label",
            USAGE,
        )
    return {"prefix": prefix, "glob": glob}


def _lines(file: Iterable[str]) -> list[str]:
    try:
        names = [line.rstrip("\r\n") for line in file]
    except UnicodeDecodeError as error:
        raise Failure("the file of --names is no text in UTF-8", USAGE) from error
    found = [name for name in names if name]
    if not found:
        raise Failure("the file of --names is empty: write a name into each line", USAGE)
    return found
