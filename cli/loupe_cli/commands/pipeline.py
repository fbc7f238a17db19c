"""``loupe pipeline``: what is on its way, and who works on it."""

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json

EXAMPLES = ("loupe pipeline", "watch loupe pipeline", "loupe pipeline --json | jq .outstanding")


def pipeline(context: typer.Context, *, is_json: Json = False) -> None:
    """Show queues and workers."""
    from loupe_cli.views.pipeline import pipeline as view
    from loupe_cli.views.screen import screen
    from loupe_shared.domain import now

    with access(context).client() as loupe:
        seen = loupe.pipeline()
    if is_json:
        typer.echo(seen.model_dump_json())
    else:
        screen().print(view(seen, now()))
