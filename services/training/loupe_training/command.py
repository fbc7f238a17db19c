"""The command line: ``python -m loupe_training COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from loupe_shared.errors import ConfigurationError, LoupeError
from loupe_training.commands import azure_ml, evaluate, examples, head, retrain, tracking, train
from loupe_training.progress import bars_and_logs
from loupe_training.retraining import NotPromoted
from loupe_training.tracking.ports import NotRecorded

FAILED, USAGE, INCOMPLETE, INTERRUPTED = 1, 2, 3, 130

DESCRIPTION = """Trains image classifiers on labelled pictures, says how good they are, and writes the bundles that
workers serve. Snapshots of labelled pictures are made by `python -m loupe_training.datasets snapshot`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says. Returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        given.do(given, given.bars())
    except ConfigurationError as error:
        print(f"training: {error}", file=sys.stderr)
        return USAGE
    except (NotRecorded, NotPromoted) as error:  # the bundle is there: nothing is to be trained again
        print(f"training: {error}", file=sys.stderr)
        return INCOMPLETE
    except LoupeError as error:
        print(f"training: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(
            "training: interrupted; a training goes on from its last epoch with --resume, and a retraining by itself",
            file=sys.stderr,
        )
        return INTERRUPTED
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    whole = argparse.ArgumentParser(prog="python -m loupe_training", description=DESCRIPTION)
    whole.set_defaults(bars=bars_and_logs)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for command in (train, evaluate, head, tracking, azure_ml, retrain, examples):
        command.add(commands)
    return whole
