"""``azure-ml``: the same bundle as a batch deployment of Azure Machine Learning."""

import argparse
from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_shared.result import Precision
from loupe_training.azure_ml.deployment import Wanted, write_deployment
from loupe_training.commands import values
from loupe_training.commands.options import Commands
from loupe_training.progress import Bars


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add_parser("azure-ml", help="write a bundle as a batch deployment of Azure Machine Learning")
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("to", type=Path, help="folder to write, which must not be there yet")
    parser.add_argument("--endpoint", help="name of the batch endpoint; that of the model by default")
    parser.add_argument("--compute", default="cpu-cluster", help="name of the compute cluster (%(default)s)")
    parser.add_argument("--instances", type=values.whole, default=1, help="how many of its nodes work (%(default)s)")
    parser.add_argument(
        "--precision",
        type=Precision,
        choices=list(Precision),
        default=Precision.FP32,
        help="which of the bundle's graphs (%(default)s)",
    )
    parser.set_defaults(do=_make)


def _make(given: argparse.Namespace, _bars: Bars) -> None:
    to: Path = given.to
    write_deployment(
        Bundle.load(given.bundle), Wanted(given.endpoint, given.compute, given.instances, given.precision), to
    )
    print(f"deployment  {to}\nnext        {to / 'README.md'} has the commands")
