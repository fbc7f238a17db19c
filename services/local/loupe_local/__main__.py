"""``python -m loupe_local``: everything on this machine, photos in, answers out. ``make run`` calls it."""

from signal import SIG_DFL, SIGINT, signal

signal(SIGINT, SIG_DFL)  # the imports take a second, in which Ctrl-C just ends it

from loupe_local.run import main  # noqa: E402

if __name__ == "__main__":
    main()
