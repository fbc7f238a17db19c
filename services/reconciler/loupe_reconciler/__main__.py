"""``python -m loupe_reconciler``: sweeps again and again; with ``once``, one time, as a CronJob does."""

import argparse

from loupe_reconciler.bootstrap import serve_reconciler, sweep_once
from loupe_reconciler.settings import ReconcilerSettings
from loupe_shared.entrypoint import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="loupe_reconciler", description=__doc__)
    parser.add_argument("times", nargs="?", choices=["once"], help="sweep one time and end")
    run("reconciler", ReconcilerSettings, sweep_once if parser.parse_args().times else serve_reconciler)
