"""Options that several commands have, and what follows from them."""

import argparse
from pathlib import Path
from typing import Any, TypeAlias

from loupe_shared.errors import ConfigurationError
from loupe_training.commands import values
from loupe_training.evaluation.judge import Wishes
from loupe_training.training.plan import Plan, Views

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  (it has no other name)


def add_identity(parser: argparse.ArgumentParser) -> None:
    """What the new bundle is called."""
    parser.add_argument(
        "--name", type=values.name, required=True, help="of the bundle: small letters, digits and hyphens"
    )
    parser.add_argument("--version", type=values.whole, default=1, help="of the bundle (%(default)s)")


def add_training(parser: argparse.ArgumentParser) -> None:
    """How to train: all of a plan, and where it is computed."""
    parser.add_argument("--licence", help="of the bundle; that of the weights it begins with by default")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="what computes (%(default)s)")
    parser.add_argument("--int8", action="store_true", help="also make an int8 graph, if it is good enough")
    for name, field in Plan.model_fields.items():
        options: dict[str, Any] = {"default": field.default, "help": f"{field.description} (%(default)s)"}
        if isinstance(field.default, bool):
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = type(field.default)
        if isinstance(field.default, Views):
            options["choices"] = list(Views)
        parser.add_argument(f"--{name.replace('_', '-')}", **options)
    add_wishes(parser)
    add_threads(parser)


def add_wishes(parser: argparse.ArgumentParser) -> None:
    """What the bundle is judged by."""
    parser.add_argument(
        "--cost",
        metavar="LABEL=NUMBER",
        type=values.cost,
        action="append",
        default=[],
        help="what it costs to miss a picture with this label, where a false alarm costs 1; may be given for several",
    )
    parser.add_argument(
        "--accuracy",
        type=values.share,
        default=0.95,
        help="wanted where no person looks: decides how much is left to people (%(default)s)",
    )


def add_against(parser: argparse.ArgumentParser) -> None:
    """What the bundle is compared with."""
    parser.add_argument("--against", type=Path, metavar="BUNDLE", help="another bundle to compare with")


def add_threads(parser: argparse.ArgumentParser) -> None:
    """How much of the machine is used."""
    parser.add_argument(
        "--threads",
        type=values.whole,
        help="CPUs that compute, all by default: on a machine that others use too, take fewer",
    )


def wishes_of(given: argparse.Namespace) -> Wishes:
    """What was given for ``add_wishes``."""
    return Wishes(dict(given.cost), given.accuracy)


def use_threads(threads: int | None) -> None:
    """Let torch compute with as many threads as are given."""
    import torch  # noqa: PLC0415  (takes seconds, and --help and evaluate do without)

    if threads:
        torch.set_num_threads(threads)


def is_finished(to: Path) -> bool:
    """Whether a training has ended in a folder: it has the bundle, and the report's figures, which are written last."""
    return (to / "bundle").exists() and (to / "report.json").exists()


def refuse_finished(to: Path) -> None:
    """Leave a folder alone in which a training has ended.

    Raises:
        ConfigurationError: it has a bundle and its report.
    """
    if is_finished(to):
        refuse_bundle(to)


def refuse_bundle(to: Path) -> None:
    """Leave a folder alone that has a bundle.

    Raises:
        ConfigurationError: it has one.
    """
    if (to / "bundle").exists():
        raise ConfigurationError(f"{to} has a bundle already, which is not changed: name another folder")
