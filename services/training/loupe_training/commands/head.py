"""``head``: a new last layer for a bundle, fitted on embeddings."""

import argparse
from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_training.commands import values
from loupe_training.commands.judging import say
from loupe_training.commands.options import (
    Commands,
    add_identity,
    add_threads,
    add_wishes,
    refuse_bundle,
    use_threads,
    wishes_of,
)
from loupe_training.embeddings import FORMAT, LabelledEmbeddings
from loupe_training.evaluation.judge import Judgement
from loupe_training.evaluation.report import write_report
from loupe_training.progress import Bars


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "head",
        help="train only the head, on embeddings, without decoding a picture",
        epilog=FORMAT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("embeddings", type=Path, help="file of the embeddings with their labels; see below")
    parser.add_argument("bundle", type=Path, help="folder of the bundle that made them, which gets the new head")
    parser.add_argument("to", type=Path, help="folder that gets the bundle and the report")
    add_identity(parser)
    for split in ("validation", "test"):
        parser.add_argument(
            f"--{split}", type=values.share, default=0.15, help="share, if splits are not given (%(default)s)"
        )
    parser.add_argument("--seed", type=int, default=0, help="of these splits (%(default)s)")
    parser.add_argument(
        "--group-by",
        type=values.pattern,
        metavar="REGEX",
        help="what in a name says which pictures belong together, and are never divided between splits",
    )
    add_wishes(parser)
    add_threads(parser)
    parser.set_defaults(do=_head)


def _head(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.training.quick import train_head  # noqa: PLC0415  (torch takes seconds to import)

    refuse_bundle(given.to)
    embeddings = LabelledEmbeddings(given.embeddings, given.validation, given.test, given.seed, given.group_by)
    use_threads(given.threads)
    bundle = given.to / "bundle"
    made = train_head(embeddings, Bundle.load(given.bundle), bundle, given.name, given.version, wishes_of(given), bars)
    write_report(Judgement(made, ()), given.to / "report.html")
    say(made, bundle, given.to / "report.html")
