"""``evaluate``: a bundle is judged by the test split of a snapshot."""

import argparse
from pathlib import Path

from loupe_training.commands.judging import judge_bundle
from loupe_training.commands.options import Commands, add_against, add_wishes, wishes_of
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.progress import Bars


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add_parser("evaluate", help="judge a bundle by the test split of a snapshot")
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("snapshot", type=Path, help="folder of the snapshot")
    parser.add_argument("report", type=Path, help="the page to write; beside it, its figures as JSON")
    add_wishes(parser)
    add_against(parser)
    parser.set_defaults(do=_evaluate)


def _evaluate(given: argparse.Namespace, bars: Bars) -> None:
    judge_bundle(given.bundle, Snapshot.load(given.snapshot), wishes_of(given), given.against, given.report, bars)
