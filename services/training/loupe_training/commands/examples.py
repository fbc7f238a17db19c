"""``example`` and ``surfaces``: trainings whose pictures and options are chosen already."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from loupe_training.commands import train, values
from loupe_training.commands.options import Commands, add_threads, is_finished, refuse_finished
from loupe_training.folders import make_folder
from loupe_training.progress import Bars


def add(commands: Commands) -> None:
    """The commands and their options."""
    example = commands.add_parser("example", help="the worked example: defects of solar cells (`make train-example`)")
    example.add_argument("to", type=Path, help="folder for snapshot, bundle and report")
    example.add_argument(
        "--split-by",
        choices=("module", "cell"),
        default="module",
        help="what is not divided between splits: the cells of a module, or nothing but near-duplicates (%(default)s)",
    )
    example.add_argument("--version", type=values.whole, default=1, help="of the bundle (%(default)s)")
    example.add_argument("--seed", type=int, default=0, help="of the training (%(default)s)")
    add_threads(example)
    example.set_defaults(do=_example)

    surfaces = commands.add_parser("surfaces", help="the second example: drawn defects, at which heatmaps must point")
    surfaces.add_argument("to", type=Path, help="folder for drawings, snapshot, bundle and report")
    surfaces.add_argument("--seed", type=int, default=0, help="of drawings and training (%(default)s)")
    add_threads(surfaces)
    surfaces.set_defaults(do=_surfaces)


def _example(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.example import OPTIONS, make_example_snapshot  # noqa: PLC0415  (only these commands need it)

    snapshot: Path = given.to / f"snapshot-{given.split_by}"
    if not snapshot.exists():
        make_example_snapshot(snapshot, given.split_by)
    to: Path = given.to / f"version-{given.version}"
    if is_finished(to):
        print(f"version {given.version} is trained already ({to}); a further one gets a number of its own")
        return
    _train(snapshot, to, [*OPTIONS, f"--version={given.version}"], given, bars)


def _surfaces(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.surfaces import OPTIONS, make_surfaces, play  # noqa: PLC0415  (only these commands need it)

    refuse_finished(given.to)
    snapshot: Path = given.to / "snapshot"
    if not snapshot.exists():
        make_folder(given.to)
        make_surfaces(snapshot, given.seed)
    _train(snapshot, given.to, OPTIONS, given, bars)
    for score in play(given.to / "bundle", given.seed + 1):
        print(score)


def _train(snapshot: Path, to: Path, options: Sequence[str], given: argparse.Namespace, bars: Bars) -> None:
    """As ``train`` does, with options that a person could give it. What was interrupted goes on."""
    parser = argparse.ArgumentParser()
    train.add_options(parser)
    threads = [f"--threads={given.threads}"] if given.threads else []
    arguments = [str(snapshot), str(to), "--resume", *options, f"--seed={given.seed}", *threads]
    train.train_on_snapshot(parser.parse_args(arguments), bars)
