"""``loupe export``: images as a file."""

from pathlib import Path
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import FORMATS
from loupe_cli.failures import Failure
from loupe_cli.filters import TimedWanted, filtered

EXAMPLES = (
    "loupe export everything.parquet",
    "loupe export espresso.csv --label espresso --since 7d",
    "loupe export rejected.jsonl --outcome rejected",
    "loupe export labelled.parquet --reviewed --embeddings",
)


@filtered
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Ends in .csv, .jsonl or .parquet.")],
    *,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="Into a .parquet file: also the embedding of each image.")
    ] = False,
    wanted: TimedWanted,
) -> None:
    """Write images into a file, the newest first. What has this name is replaced when all of it is there."""
    from loupe_cli.text import size
    from loupe_cli.views.screen import screen

    format_ = FORMATS.get(file.suffix.lower())
    if format_ is None:
        raise typer.BadParameter(f"{file} must end in one of {', '.join(FORMATS)}, which says what is written")
    if embeddings and format_ != "parquet":
        raise typer.BadParameter(f"embeddings are written as Parquet alone: let {file} end in .parquet")
    with access(context).client() as loupe:
        try:
            loupe.export(file, format_, embeddings=embeddings, **wanted)
        except OSError as error:
            raise Failure(f"{file} cannot be written: {error.strerror}") from error
    screen().print(f"{file} has {size(file.stat().st_size)}", soft_wrap=True)
