"""The command line: ``python -m loupe_training COMMAND``."""

import argparse
import logging
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from loupe_shared.bundle import NAME, Bundle
from loupe_shared.errors import ConfigurationError, LoupeError
from loupe_shared.telemetry.logs import set_up_logs
from loupe_training.access import client_of
from loupe_training.azure_ml.command import add_azure_ml, make_azure_ml
from loupe_training.datasets.arguments import add_choice, add_rules, values_of
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.embeddings import FORMAT, LabelledEmbeddings
from loupe_training.evaluation.answers import load_bundle
from loupe_training.evaluation.judge import Evaluation, Judgement, Wishes, judge, refuse_unknown_labels
from loupe_training.evaluation.report import write_report
from loupe_training.progress import Bars, bars_and_logs, no_bars
from loupe_training.retraining import BUNDLE_FOLDER, REPORT_FILE, NotPromoted, Wanted, retrain, run_folder
from loupe_training.settings import RetrainingSettings
from loupe_training.tracking.commands import (
    TRACKING_COMMANDS,
    add_tracking,
    add_tracking_commands,
    tracking_of,
)
from loupe_training.tracking.contents import Facts
from loupe_training.tracking.ports import NotRecorded
from loupe_training.training.plan import Plan, Views

log = logging.getLogger(__name__)

FAILED, USAGE, INCOMPLETE, INTERRUPTED = 1, 2, 3, 130

DESCRIPTION = """Trains image classifiers on labelled pictures, says how good they are, and writes the bundles that
workers serve. Snapshots of labelled pictures are made by `python -m loupe_training.datasets snapshot`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says. Returns the exit code."""
    given = parser().parse_args(arguments)
    bars = no_bars() if given.command == "retrain" else bars_and_logs()  # its settings say how it logs
    try:
        COMMANDS[given.command](given, bars)
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


def _train(given: argparse.Namespace, bars: Bars) -> None:
    # torch takes seconds to import, and --help and evaluate do without.
    from loupe_training.training.checkpoint import CHECKPOINT_FILE  # noqa: PLC0415
    from loupe_training.training.run import Run, train  # noqa: PLC0415

    run = Run(given.to, given.name, given.version, given.licence, given.device, given.int8)
    plan, wishes = values_of(Plan, given), _wishes(given)
    if (given.to / CHECKPOINT_FILE).exists() and not given.resume:
        raise ConfigurationError(f"{given.to} has an interrupted training: go on with --resume, or name another folder")
    _refuse_finished(given.to)
    snapshot = Snapshot.load(given.snapshot)
    refuse_unknown_labels(wishes, snapshot.labels)
    _use_threads(given.threads)
    facts = Facts(given.name, given.version, snapshot.digest, plan.preprocessing().fingerprint(), plan)
    resumed = (given.to / CHECKPOINT_FILE).exists()
    with tracking_of(given.tracking, given.to, facts, resumed=resumed) as tracking:
        bundle = train(snapshot, plan, run, bars, tracking.epoch)
        _judge(bundle, snapshot, wishes, given.against, given.to / "report.html", bars)
    if place := tracking.complete():
        print(f"run     {place}")


def _evaluate(given: argparse.Namespace, bars: Bars) -> None:
    _judge(given.bundle, Snapshot.load(given.snapshot), _wishes(given), given.against, given.report, bars)


def _head(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.training.quick import train_head  # noqa: PLC0415

    _refuse_finished(given.to)
    embeddings = LabelledEmbeddings(given.embeddings, given.validation, given.test, given.seed, given.group_by)
    _use_threads(given.threads)
    bundle = given.to / "bundle"
    made = train_head(embeddings, Bundle.load(given.bundle), bundle, given.name, given.version, _wishes(given), bars)
    write_report(Judgement(made, ()), given.to / "report.html")
    _say(made, bundle, given.to / "report.html")


def _retrain(given: argparse.Namespace, bars: Bars) -> None:
    rules, plan, wishes = values_of(Rules, given), values_of(Plan, given), _wishes(given)
    settings = RetrainingSettings.load()
    set_up_logs("training", settings.log_level, settings.log_format)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses, and links have signatures

    def train_and_judge(snapshot: Snapshot, folder: Path, version: int) -> None:
        from loupe_training.training.run import Run, train  # noqa: PLC0415

        refuse_unknown_labels(wishes, snapshot.labels)
        _use_threads(given.threads)
        bundle = folder / BUNDLE_FOLDER
        if not bundle.exists():
            train(snapshot, plan, Run(folder, given.name, version, given.licence, given.device, given.int8), bars)
        _judge(bundle, snapshot, wishes, None, folder / REPORT_FILE, bars)

    wanted = Wanted(given.name, rules, given.container, given.prefix, given.again, given.promote)
    with client_of(settings) as loupe, run_folder(given.work, settings.run) as folder:
        registered = retrain(loupe, settings.url, wanted, folder, train_and_judge)
    if registered:
        print(f"registered {registered.name}:{registered.version}{', which serves now' if given.promote else ''}")


def _example(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.example import OPTIONS, make_example_snapshot  # noqa: PLC0415
    from loupe_training.training.checkpoint import CHECKPOINT_FILE  # noqa: PLC0415

    snapshot: Path = given.to / f"snapshot-{given.split_by}"
    if not snapshot.exists():
        make_example_snapshot(snapshot, given.split_by)
    to: Path = given.to / f"version-{given.version}"
    if (to / "bundle").exists():
        print(f"version {given.version} is trained already ({to}); a further one gets a number of its own")
        return
    options = [*OPTIONS, f"--version={given.version}", f"--seed={given.seed}"]
    if given.threads:
        options.append(f"--threads={given.threads}")
    if (to / CHECKPOINT_FILE).exists():
        options.append("--resume")
    _train(parser().parse_args(["train", str(snapshot), str(to), *options]), bars)


def _surfaces(given: argparse.Namespace, bars: Bars) -> None:
    from loupe_training.surfaces import OPTIONS, make_surfaces, play  # noqa: PLC0415

    _refuse_finished(given.to)
    snapshot: Path = given.to / "snapshot"
    if not snapshot.exists():
        given.to.mkdir(parents=True, exist_ok=True)
        make_surfaces(snapshot, given.seed)
    options = [*OPTIONS, f"--seed={given.seed}"]
    if given.threads:
        options.append(f"--threads={given.threads}")
    _train(parser().parse_args(["train", str(snapshot), str(given.to), *options]), bars)
    for score in play(given.to / "bundle", given.seed + 1):
        print(score)


COMMANDS: dict[str, Callable[[argparse.Namespace, Bars], None]] = {
    "train": _train,
    "evaluate": _evaluate,
    "head": _head,
    "retrain": _retrain,
    "example": _example,
    "surfaces": _surfaces,
    "azure-ml": lambda given, _: make_azure_ml(given),
    **TRACKING_COMMANDS,
}


def _judge(folder: Path, snapshot: Snapshot, wishes: Wishes, against: Path | None, report: Path, bars: Bars) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    bundle = load_bundle(folder)
    with bars.bar("evaluating", 2 * sum(sample.split != "train" for sample in snapshot.samples)) as advance:
        judgement = judge(bundle, snapshot, wishes, report.parent, against, advance)
    write_report(judgement, report)
    _say(judgement.evaluation, folder, report)


def _say(made: Evaluation, bundle: Path, report: Path) -> None:
    metrics = made.metrics
    print(
        f"accuracy {metrics.accuracy.value:.3f}, balanced {metrics.balanced_accuracy.value:.3f}, "
        f"AUC {metrics.auc.value:.3f}, calibration error {made.calibration.ece_after:.3f}\n"
        f"bundle  {bundle}\nreport  {report}"
    )
    if made.comparison:
        found = made.comparison
        print(
            f"against {found.against}: AUC {found.auc_difference.value:+.4f} (p = {found.p_auc:.3g}), "
            f"accuracy p = {found.p_accuracy:.3g}"
        )


def _refuse_finished(to: Path) -> None:
    if (to / "bundle").exists():
        raise ConfigurationError(f"{to} has a bundle already, which is not changed: name another folder")


def _use_threads(threads: int | None) -> None:
    import torch  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)


def _wishes(given: argparse.Namespace) -> Wishes:
    return Wishes(dict(given.cost), given.accuracy)


def _cost(text: str) -> tuple[str, float]:
    label, sign, number = text.rpartition("=")
    try:
        cost = float(number)
    except ValueError:
        cost = -1.0
    if not sign or not label or not 0 < cost < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form LABEL=NUMBER, with a number above 0")
    return label, cost


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return share


def _name(text: str) -> str:
    if not re.fullmatch(NAME, text):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of small letters, digits and hyphens")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    return text


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    whole = argparse.ArgumentParser(prog="python -m loupe_training", description=DESCRIPTION)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train on a snapshot, judge, and write a bundle")
    train.add_argument("snapshot", type=Path, help="folder of the snapshot")
    train.add_argument("to", type=Path, help="folder that gets the bundle and the report")
    _add_identity(train)
    train.add_argument("--resume", action="store_true", help="go on with an interrupted training")
    _add_training(train)
    _add_against(train)
    add_tracking(train)

    evaluate = commands.add_parser("evaluate", help="judge a bundle by the test split of a snapshot")
    evaluate.add_argument("bundle", type=Path, help="folder of the bundle")
    evaluate.add_argument("snapshot", type=Path, help="folder of the snapshot")
    evaluate.add_argument("report", type=Path, help="the page to write; beside it, its figures as JSON")
    _add_wishes(evaluate)
    _add_against(evaluate)

    head = commands.add_parser(
        "head",
        help="train only the head, on embeddings, without decoding a picture",
        epilog=FORMAT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    head.add_argument("embeddings", type=Path, help="file of the embeddings with their labels; see below")
    head.add_argument("bundle", type=Path, help="folder of the bundle that made them, which gets the new head")
    head.add_argument("to", type=Path, help="folder that gets the bundle and the report")
    _add_identity(head)
    head.add_argument("--validation", type=_share, default=0.15, help="share, if splits are not given (%(default)s)")
    head.add_argument("--test", type=_share, default=0.15, help="share, if splits are not given (%(default)s)")
    head.add_argument("--seed", type=int, default=0, help="of these splits (%(default)s)")
    head.add_argument(
        "--group-by",
        type=_pattern,
        metavar="REGEX",
        help="what in a name says which pictures belong together, and are never divided between splits",
    )
    _add_wishes(head)
    _add_threads(head)

    add_tracking_commands(commands)
    add_azure_ml(commands.add_parser("azure-ml", help="write a bundle as a batch deployment of Azure Machine Learning"))
    anew = commands.add_parser(
        "retrain",
        help="train on what people have reviewed, and register the next version; what a scheduled job runs",
        description="Where the API is, and as whom to ask it, say LOUPE_URL, LOUPE_KEY and others: docs/settings.md.",
        conflict_handler="resolve",  # snapshots and trainings have a seed: here it is the same
    )
    anew.add_argument("name", type=_name, help="of the model: small letters, digits and hyphens")
    anew.add_argument("work", type=Path, help="folder for pictures and checkpoints, which keeps the reports")
    anew.add_argument("--promote", action="store_true", help="let the version serve, if no gate speaks against it")
    anew.add_argument(
        "--again", action="store_true", help="train even if a version was trained on the same pictures and labels"
    )
    add_choice(anew)
    add_rules(anew)
    _add_training(anew)

    example = commands.add_parser("example", help="the worked example: defects of solar cells (`make train-example`)")
    example.add_argument("to", type=Path, help="folder for snapshot, bundle and report")
    example.add_argument(
        "--split-by",
        choices=("module", "cell"),
        default="module",
        help="what is not divided between splits: the cells of a module, or nothing but near-duplicates (%(default)s)",
    )
    example.add_argument("--version", type=_whole, default=1, help="of the bundle (%(default)s)")
    example.add_argument("--seed", type=int, default=0, help="of the training (%(default)s)")
    _add_threads(example)

    surfaces = commands.add_parser("surfaces", help="the second example: drawn defects, at which heatmaps must point")
    surfaces.add_argument("to", type=Path, help="folder for drawings, snapshot, bundle and report")
    surfaces.add_argument("--seed", type=int, default=0, help="of drawings and training (%(default)s)")
    _add_threads(surfaces)
    return whole


def _add_identity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", type=_name, required=True, help="of the bundle: small letters, digits and hyphens")
    parser.add_argument("--version", type=_whole, default=1, help="of the bundle (%(default)s)")


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--licence", help="of the bundle; that of the weights it begins with by default")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="what computes (%(default)s)")
    parser.add_argument("--int8", action="store_true", help="also make an int8 graph, if it is good enough")
    _add_plan(parser)
    _add_wishes(parser)
    _add_threads(parser)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    for name, field in Plan.model_fields.items():
        options: dict[str, Any] = {"default": field.default, "help": f"{field.description} (%(default)s)"}
        if isinstance(field.default, bool):
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = type(field.default)
        if isinstance(field.default, Views):
            options["choices"] = list(Views)
        parser.add_argument(f"--{name.replace('_', '-')}", **options)


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cost",
        metavar="LABEL=NUMBER",
        type=_cost,
        action="append",
        default=[],
        help="what it costs to miss a picture with this label, where a false alarm costs 1; may be given for several",
    )
    parser.add_argument(
        "--accuracy",
        type=_share,
        default=0.95,
        help="wanted where no person looks: decides how much is left to people (%(default)s)",
    )


def _add_against(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--against", type=Path, metavar="BUNDLE", help="another bundle to compare with")


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads", type=_whole, help="CPUs that compute, all by default: on a machine that others use too, take fewer"
    )
