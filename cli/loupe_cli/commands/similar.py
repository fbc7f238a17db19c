"""``loupe similar``: images that look alike."""

from pathlib import Path
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import CONTAINER, Container, Json, image
from loupe_cli.failures import say

EXAMPLES = ("loupe similar samples/coffee.png", "loupe similar --file ~/morning.jpg --limit 3")


def similar(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="IMAGE", help="Name of a picture in the archive.")] = None,
    *,
    container: Container = CONTAINER,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A picture on this machine, in place of IMAGE.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many images.")] = 10,
    is_json: Json = False,
) -> None:
    """Find images that look alike to the model."""
    from loupe_cli.views.images import similar as table
    from loupe_cli.views.screen import screen

    if (name is None) == (file is None):
        raise typer.BadParameter("either the name of an IMAGE, or --file")
    with access(context).client() as loupe:
        if file:
            found = loupe.similar_to_picture(file, limit=limit)
        else:
            asked = image(name or "", container)
            found = loupe.similar(asked.container, asked.blob, limit=limit)
    if is_json:
        typer.echo(found.model_dump_json())
    elif found.images:
        screen().print(table(found.images))
    else:
        say("no other image has been answered by the same model (yet)")
