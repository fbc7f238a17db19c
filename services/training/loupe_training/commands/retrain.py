"""``retrain``: what a scheduled job runs, so its settings say how it logs, and it draws no bars."""

import argparse
import logging
from pathlib import Path

from loupe_shared.telemetry.logs import set_up_logs
from loupe_training.access import client_of
from loupe_training.commands import values
from loupe_training.commands.judging import judge_bundle
from loupe_training.commands.options import Commands, add_training, use_threads, wishes_of
from loupe_training.datasets.arguments import add_choice, add_rules, values_of
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.evaluation.judge import refuse_unknown_labels
from loupe_training.progress import Bars, no_bars
from loupe_training.retraining import BUNDLE_FOLDER, REPORT_FILE, Wanted, retrain
from loupe_training.run_folder import run_folder
from loupe_training.settings import RetrainingSettings
from loupe_training.training.plan import Plan


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "retrain",
        help="train on what people have reviewed, and register the next version; what a scheduled job runs",
        description="Where the API is, and as whom to ask it, say LOUPE_URL, LOUPE_KEY and others: docs/settings.md.",
        conflict_handler="resolve",  # snapshots and trainings have a seed: here it is the same
    )
    parser.add_argument("name", type=values.name, help="of the model: small letters, digits and hyphens")
    parser.add_argument("work", type=Path, help="folder for pictures and checkpoints, which keeps the reports")
    parser.add_argument("--promote", action="store_true", help="let the version serve, if no gate speaks against it")
    parser.add_argument(
        "--again", action="store_true", help="train even if a version was trained on the same pictures and labels"
    )
    add_choice(parser)
    add_rules(parser)
    add_training(parser)
    parser.set_defaults(do=_retrain, bars=no_bars)


def _retrain(given: argparse.Namespace, bars: Bars) -> None:
    rules, plan, wishes = values_of(Rules, given), values_of(Plan, given), wishes_of(given)
    settings = RetrainingSettings.load()
    set_up_logs("training", settings.log_level, settings.log_format)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses, and links have signatures

    def train_and_judge(snapshot: Snapshot, folder: Path, version: int) -> None:
        from loupe_training.training.run import Run, train  # noqa: PLC0415  (torch takes seconds to import)

        refuse_unknown_labels(wishes, snapshot.labels)
        use_threads(given.threads)
        bundle = folder / BUNDLE_FOLDER
        if not bundle.exists():
            train(snapshot, plan, Run(folder, given.name, version, given.licence, given.device, given.int8), bars)
        judge_bundle(bundle, snapshot, wishes, None, folder / REPORT_FILE, bars)

    training = {**plan.model_dump(mode="json"), "licence": given.licence, "int8": given.int8}
    wanted = Wanted(given.name, rules, given.container, given.prefix, given.again, given.promote, training)
    with client_of(settings) as loupe, run_folder(given.work, settings.run) as folder:
        done = retrain(loupe, settings.url, wanted, folder, train_and_judge)
    if done and done.is_new:
        print(f"registered {given.name}:{done.version}{', which serves now' if given.promote else ''}")
    elif done:
        print(f"{given.name}:{done.version}, which was registered before, serves now")
