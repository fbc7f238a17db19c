"""``loupe models register``: a further version."""

from pathlib import Path
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.failures import USAGE, Failure, say

EXAMPLES = ("loupe models register training/bundle",)


def register(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="Of a bundle, as training has written it."),
    ],
    *,
    is_json: Json = False,
) -> None:
    """Register a version of a model, which does not answer before it is promoted. Twice is the same as once."""
    with access(context).client() as loupe:
        try:
            done = loupe.register(folder)
        except OSError as error:
            raise Failure(f"the bundle cannot be read: {error.strerror} ({error.filename})", USAGE) from error
    if is_json:
        typer.echo(done.model_dump_json())
    else:
        typer.echo(f"{done.name}:{done.version}")
        say(f"registered: `loupe models promote {done.name} {done.version} --why …` lets it answer")
