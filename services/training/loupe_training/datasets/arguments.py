"""The options of ``python -m loupe_training.datasets``, and its help."""

import argparse
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from loupe_shared.domain import Model
from loupe_shared.errors import ConfigurationError
from loupe_training.datasets.rules import NearDuplicates, Rules, SplitBy
from loupe_training.datasets.sources import Format

T = TypeVar("T", bound=Model)

DESCRIPTION = """Data sets of labelled pictures: made of labels, looked at, and written for other programs.

SOURCE is where the labels are; what it is follows from its name:
  http://127.0.0.1:8080   a running Loupe: all images that people have reviewed; LOUPE_KEY may have an API key
  labels.csv              a table with the columns name and label, and maybe group, split and time
  labels.json             COCO, also as Azure ML's labelling exports it
  labels.jsonl            JSON Lines of Azure ML's AutoML, multi-class; or a folder of such files
  a folder                a snapshot, or a folder for each label
"""

EXAMPLES = {
    "snapshot": """examples:
  python -m loupe_training.datasets snapshot http://127.0.0.1:8080 sets/line-3 --prefix "line 3/"
  python -m loupe_training.datasets snapshot photos/ sets/photos --group-by "^[^/]+/(board-[0-9]+)"
  python -m loupe_training.datasets snapshot labels.csv sets/by-time --split time --test 0.2
""",
    "inspect": """examples:
  python -m loupe_training.datasets inspect sets/line-3
  python -m loupe_training.datasets inspect sets/line-3 --contents
""",
    "convert": """examples:
  python -m loupe_training.datasets convert sets/line-3 exported --to folders
  python -m loupe_training.datasets convert sets/line-3 for-azure --to automl \\
      --address azureml://subscriptions/…/datastores/images/paths/line-3
""",
}


def parser() -> argparse.ArgumentParser:
    """What understands the command line."""
    made = argparse.ArgumentParser(
        prog="python -m loupe_training.datasets",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    snapshot = _command(commands, "snapshot", "make an immutable snapshot to train on")
    _add_source(snapshot)
    add_rules(snapshot)
    inspect = _command(commands, "inspect", "show what a snapshot has, and check its digest")
    inspect.add_argument("snapshot", type=Path, help="folder of the snapshot")
    inspect.add_argument("--contents", action="store_true", help="read all pictures, and check their hashes, too")
    convert = _command(commands, "convert", "write labels and pictures for another program")
    _add_source(convert)
    convert.add_argument(
        "--to", dest="format", type=Format, choices=list(Format), required=True, help="format of the labels"
    )
    convert.add_argument(
        "--address", default="", help="what addresses of pictures begin with, in coco and automl: where they will lie"
    )
    return made


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="where the labels are; see the help of the whole program")
    parser.add_argument("to", metavar="TO", type=Path, help="the new folder; what is there already is never changed")
    parser.add_argument("--images", type=Path, help="folder of the pictures, if they are not beside the labels")
    add_choice(parser)


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Options that say which pictures of a source are taken."""
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="leave out pictures that are missing, cannot be decoded or have two labels, and say which",
    )
    parser.add_argument("--container", help="of a running Loupe: only images of this container")
    parser.add_argument("--prefix", help="of a running Loupe: only images whose names begin so")


def values_of(kind: type[T], given: argparse.Namespace) -> T:
    """The values of a model that has an option for each of its fields.

    Raises:
        ConfigurationError: an option is out of its range.
    """
    try:
        return kind(**{name: getattr(given, name) for name in kind.model_fields})
    except ValidationError as error:
        first = error.errors()[0]
        option = "".join(f"--{part}: ".replace("_", "-") for part in first["loc"][:1])
        raise ConfigurationError(f"{option}{first['msg'].removeprefix('Value error, ')}") from error


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Options that say how labels become a snapshot."""
    defaults = Rules()
    parser.add_argument(
        "--split",
        dest="split_by",
        choices=list(SplitBy),
        type=SplitBy,
        default=defaults.split_by,
        help="group: by chance, with labels distributed alike; time: the newest are the test; given: as the labels "
        "say (%(default)s)",
    )
    parser.add_argument("--validation", type=float, default=defaults.validation, help="share (%(default)s)")
    parser.add_argument("--test", type=float, default=defaults.test, help="share (%(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of the chance (%(default)s)")
    parser.add_argument(
        "--group-by",
        metavar="REGEX",
        help="what in a name says which pictures belong together, and are never divided between splits: the first part "
        "in parentheses, or all that matches",
    )
    parser.add_argument(
        "--near-duplicates",
        choices=list(NearDuplicates),
        type=NearDuplicates,
        default=defaults.near_duplicates,
        help="group: pictures that look alike belong together; report: they are only named (%(default)s)",
    )
    parser.add_argument(
        "--distance",
        type=int,
        default=defaults.distance,
        help="bits of 255 up to which pictures look alike (%(default)s)",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="LABEL",
        help="leave this label's pictures out; can be repeated",
    )
