"""What every training ends with, and ``evaluate`` is: a report, and its first figures on the terminal."""

from pathlib import Path

from loupe_training.datasets.snapshot import Snapshot
from loupe_training.evaluation.answers import load_bundle
from loupe_training.evaluation.judge import Evaluation, Wishes, judge
from loupe_training.evaluation.report import write_report
from loupe_training.folders import make_folder
from loupe_training.progress import Bars


def judge_bundle(
    folder: Path, snapshot: Snapshot, wishes: Wishes, against: Path | None, report: Path, bars: Bars
) -> None:
    """Judge a bundle by the test split of a snapshot, write the report, and say what came out.

    Args:
        folder: of the bundle.
        snapshot: has the pictures.
        wishes: what it is judged by.
        against: folder of a bundle to compare with.
        report: the page to write; its figures are written beside it.
        bars: show how far it is.

    Raises:
        InvalidBundle: a bundle is not whole, or not for these labels.
        InvalidDataset: the snapshot has nothing to judge by.
        ConfigurationError: the bundle to compare with has other labels, or the report cannot be written.
    """
    make_folder(report.parent)
    bundle = load_bundle(folder)
    with bars.bar("evaluating", 2 * sum(sample.split != "train" for sample in snapshot.samples)) as advance:
        judgement = judge(bundle, snapshot, wishes, report.parent, against, advance)
    write_report(judgement, report)
    say(judgement.evaluation, folder, report)


def say(made: Evaluation, bundle: Path, report: Path) -> None:
    """Print the first figures, and where the rest is."""
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
