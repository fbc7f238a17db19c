"""The command ``python -m loupe_training.datasets``."""

import argparse
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from loupe_client import Loupe
from loupe_shared.errors import ConfigurationError, LoupeError
from loupe_training.datasets.archive import read_archive
from loupe_training.datasets.arguments import parser, values_of
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.labelled import Labelling, checked
from loupe_training.datasets.report import report
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot, manifest_of
from loupe_training.datasets.sources import read, write

KEY = "LOUPE_KEY"
FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says. Returns the exit code."""
    given = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("loupe_training").setLevel(logging.INFO)
    try:
        return {"snapshot": _snapshot, "inspect": _inspect, "convert": _convert}[given.command](given)
    except ConfigurationError as error:
        print(f"datasets: {error}", file=sys.stderr)
        return USAGE
    except LoupeError as error:
        print(f"datasets: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(
            "datasets: interrupted; nothing half-made is left, and what was downloaded is used again", file=sys.stderr
        )
        return INTERRUPTED


def _snapshot(given: argparse.Namespace) -> int:
    to: Path = given.to
    rules = values_of(Rules, given)
    snapshot = make_snapshot(_labels(given), rules, to)
    print(report(snapshot, manifest_of(to)))
    shutil.rmtree(_downloads(given), ignore_errors=True)
    return 0


def _inspect(given: argparse.Namespace) -> int:
    folder: Path = given.snapshot
    print(report(Snapshot.load(folder, contents=given.contents), manifest_of(folder)))
    if given.contents:
        print("\nall pictures are what they were")
    return 0


def _convert(given: argparse.Namespace) -> int:
    labelling = checked(_labels(given), skip_bad=given.skip_bad)
    write(labelling, given.to, given.format, given.address)
    for note in labelling.notes:
        print(note)
    print(f"{len(labelling.pictures):,} pictures written to {given.to}")
    shutil.rmtree(_downloads(given), ignore_errors=True)
    return 0


def _labels(given: argparse.Namespace) -> Labelling:
    source: str = given.source
    if not source.startswith(("http://", "https://")):
        return read(Path(source), given.images)
    with Loupe(source, api_key=os.environ.get(KEY) or None) as loupe:
        return read_archive(loupe, source, _downloads(given), container=given.container, prefix=given.prefix)


def _downloads(given: argparse.Namespace) -> Path:
    to: Path = given.to
    return to.with_name(f"{to.name}.downloads")
