"""``loupe``, and ``python -m loupe_cli``."""

from signal import SIG_DFL, SIGINT, default_int_handler, signal

signal(SIGINT, SIG_DFL)  # while this is imported, Ctrl-C just ends it

from loupe_cli.app import app  # noqa: E402


def main() -> None:
    """Run a command. From here on Ctrl-C ends it quietly, with what a shell expects of that (130)."""
    signal(SIGINT, default_int_handler)
    app(prog_name="loupe")


if __name__ == "__main__":
    main()
