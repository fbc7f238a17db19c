"""``loupe up``: all of Loupe on this machine."""

from signal import SIG_DFL, SIGINT, signal

import typer

from loupe_cli.failures import Failure


def up(context: typer.Context) -> None:
    """Start all of Loupe on this machine, and classify sample pictures; its options are shown by `loupe up --help`."""
    signal(SIGINT, SIG_DFL)  # the imports take a second, in which Ctrl-C just ends it
    try:
        from loupe_local.run import main
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("loupe_local"):
            raise
        raise Failure("`loupe up` needs a checkout of Loupe: in it, `make run` prepares everything") from error
    main(context.args, "loupe up")
