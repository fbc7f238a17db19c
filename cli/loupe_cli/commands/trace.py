"""``loupe trace``: the passage of one image."""

from typing import TYPE_CHECKING

import typer

from loupe_cli.access import access
from loupe_cli.arguments import CONTAINER, Container, Image, Name, image
from loupe_cli.failures import WRONG

if TYPE_CHECKING:
    from loupe_client import Loupe

EXAMPLES = ("loupe trace samples/coffee.png",)


def trace(context: typer.Context, name: Image, *, container: Container = CONTAINER) -> None:
    """Show when an image was where, and for how long; for one without an outcome, what else is known."""
    from loupe_cli.views.passage import on_its_way, passage
    from loupe_cli.views.screen import screen
    from loupe_client import NotFound

    asked = image(name, container)
    with access(context).client() as loupe:
        try:
            result = loupe.image(asked.container, asked.blob)
        except NotFound:
            screen().print(on_its_way(asked.blob, loupe.pipeline(), is_stored=_is_stored(loupe, asked)))
            raise typer.Exit(WRONG) from None
        screen().print(passage(result, loupe.history(asked.container, asked.blob)))


def _is_stored(loupe: "Loupe", name: Name) -> bool | None:
    """Whether there is a blob of this name; nothing if storage cannot be asked from here."""
    from loupe_client import NotFound, Unreachable

    try:
        loupe.checksum(name.container, name.blob)
    except NotFound:
        return False
    except Unreachable:
        return None
    return True
