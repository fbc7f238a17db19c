"""The command ``azure-ml``."""

import argparse
from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_shared.result import Precision
from loupe_training.azure_ml.deployment import Wanted, write_deployment


def add_azure_ml(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("to", type=Path, help="folder to write, which must not be there yet")
    parser.add_argument("--endpoint", help="name of the batch endpoint; that of the model by default")
    parser.add_argument("--compute", default="cpu-cluster", help="name of the compute cluster (%(default)s)")
    parser.add_argument("--instances", type=_whole, default=1, help="how many of its nodes work (%(default)s)")
    parser.add_argument(
        "--precision",
        type=Precision,
        choices=list(Precision),
        default=Precision.FP32,
        help="which of the bundle's graphs (%(default)s)",
    )


def make_azure_ml(given: argparse.Namespace) -> None:
    """Write the folder, and say what to do with it.

    Raises:
        InvalidBundle: it is no bundle, or not whole.
        ConfigurationError: see ``write_deployment``.
        InvalidDataset: see ``write_deployment``.
    """
    to: Path = given.to
    write_deployment(
        Bundle.load(given.bundle), Wanted(given.endpoint, given.compute, given.instances, given.precision), to
    )
    print(f"deployment  {to}\nnext        {to / 'README.md'} has the commands")


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
