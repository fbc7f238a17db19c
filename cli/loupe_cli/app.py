"""The program: what all commands have in common, and which there are."""

from pathlib import Path
from typing import Annotated

import typer

from loupe_cli.access import Access
from loupe_cli.arguments import url
from loupe_cli.commands import examples, install
from loupe_cli.failures import Program

DEFAULT_URL = "http://127.0.0.1:8080"

HELP = """Loupe from the command line: upload pictures, see what Loupe sees in them, and look after it.

IMAGE is the name of a picture in the container, such as samples/coffee.png; images/samples/coffee.png is the same.
Another container than images is named by --container, or by LOUPE_IMAGE_CONTAINER.

Exit codes: 0 all is well, 1 something is wrong or not found, 2 a wrong option, 3 the API does not answer, 4 a
batch job that was waited for has failed or was canceled."""

app = typer.Typer(
    name="loupe",
    cls=Program,
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "loupe up", "loupe upload holiday/ --wait", "loupe results --label espresso", "loupe show samples/coffee.png"
    ),
)
install(app)


def _version(is_wanted: bool) -> None:  # noqa: FBT001  (as Typer calls it)
    if is_wanted:
        from importlib.metadata import version  # noqa: PLC0415  (a tenth of the time that --help takes)

        typer.echo(f"loupe {version('loupe-cli')}")
        raise typer.Exit


@app.callback()
def loupe(
    context: typer.Context,
    *,
    address: Annotated[
        str, typer.Option("--url", parser=url, metavar="URL", envvar="LOUPE_URL", help="Address of the API.")
    ] = DEFAULT_URL,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="LOUPE_KEY",
            show_envvar=True,
            help="API key. Others on the machine see what stands in a command line: "
            "better set the variable, or use --key-file.",
        ),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(envvar="LOUPE_KEY_FILE", help="File that has the API key, and nothing else.")
    ] = None,
    entra: Annotated[
        bool,
        typer.Option(
            "--entra",
            envvar="LOUPE_ENTRA",
            help="Sign in with Entra ID, as Azure's command line, a managed identity or the environment says.",
        ),
    ] = False,
    scope: Annotated[
        str | None,
        typer.Option(envvar="LOUPE_SCOPE", help="What to ask Entra ID for, such as APPLICATION-ID/.default."),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version of this program.")
    ] = False,
) -> None:
    """See ``HELP``, which is what people are shown."""
    context.obj = Access(address, key, key_file, is_entra=entra, scope=scope)
