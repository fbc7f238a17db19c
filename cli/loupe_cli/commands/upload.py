"""``loupe upload``: pictures into the container."""

from pathlib import Path
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import JsonLines
from loupe_cli.failures import WRONG, Failure, say

EXAMPLES = (
    "loupe upload holiday/ --wait",
    "loupe upload a.jpg b.png --prefix 'line 3'",
    "loupe upload holiday/ --again --jobs 32",
)


def upload(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER|FILE...", exists=True, help="Pictures, and folders with their subfolders."),
    ],
    *,
    prefix: Annotated[
        str | None, typer.Option(help="Folder in the container; by default one of the name of each FOLDER.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="How many at once.")] = 8,
    is_again: Annotated[
        bool, typer.Option("--again", help="Upload also what the container has already, byte for byte.")
    ] = False,
    is_waiting: Annotated[bool, typer.Option("--wait", help="Show the answers as they come.")] = False,
    patience_s: Annotated[
        float, typer.Option("--patience", min=1, help="Seconds without any answer after which not to wait on.")
    ] = 180.0,
    is_json: JsonLines = False,
) -> None:
    """Upload pictures. What the container has already is left alone, so a broken upload just begins again."""
    from loupe_cli.uploading.plan import plan
    from loupe_cli.uploading.transfer import Transfer
    from loupe_cli.views.images import line
    from loupe_cli.views.screen import screen

    made = plan(paths, prefix)
    if not made.pictures and not made.refused:
        raise Failure("there are no pictures: folders are looked through for files whose suffix is one of a picture")
    for refused in made.refused:
        say(refused)
    console = screen()
    with access(context).client() as loupe:
        transfer = Transfer(loupe, made.pictures, jobs)
        is_complete = not made.refused
        for failed in transfer.run(is_again=is_again):
            is_complete = False
            say(str(failed))
        for result in transfer.answers(patience_s) if is_waiting else ():
            if is_json:
                typer.echo(result.model_dump_json())
            else:
                console.print(line(result), soft_wrap=True)
    say(transfer.summary(len(made.refused)))
    if not is_complete or transfer.unanswered:
        raise typer.Exit(WRONG)
