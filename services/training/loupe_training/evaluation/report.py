"""An evaluation as a page that needs nothing beside itself: no script, no font, no file."""

import base64
import io
from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from loupe_shared.errors import ConfigurationError
from loupe_training.evaluation.decisions import Rejection
from loupe_training.evaluation.drawing import confusion_matrix, coverage_chart, reliability_diagram
from loupe_training.evaluation.judge import Calibration, Evaluation, Judgement, Mistake
from loupe_training.evaluation.resampling import Interval

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5a6472; --line: #d4d9df; --page: #fff; --good: #15803d;
  --bad: #b42318; --mark: #1d5fbf }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4b2; --line: #39414b; --page: #14171b;
  --good: #4ade80; --bad: #f97066; --mark: #6ea8fe } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; margin: .6rem 0 } th, td { padding: .25rem .8rem .25rem 0; text-align: right;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums } th:first-child,
  td:first-child { text-align: left }
th { font-weight: 600; color: var(--soft) } p { max-width: 46rem } .soft { color: var(--soft) }
.row { display: flex; flex-wrap: wrap; gap: 1.4rem } figure { margin: 0 }
figcaption { font-size: .85rem; max-width: 19rem; overflow-wrap: anywhere } figure img { width: 144px; height: 144px }
.big { font-size: 1.7rem; font-weight: 600 } .fact { min-width: 11rem }
svg { max-width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: var(--ink) }
.mid { text-anchor: middle }
.end { text-anchor: end } .frame { fill: none; stroke: var(--line) } .guide { stroke: var(--soft);
  stroke-dasharray: 4 4 }
.mark { fill: var(--mark); fill-opacity: .75 } .line { fill: none; stroke: var(--mark); stroke-width: 2 }
.right { fill: var(--good) } .wrong { fill: var(--bad) }
"""


def report(judgement: Judgement) -> str:
    """The page, as HTML."""
    evaluation = judgement.evaluation
    title = f"How good {evaluation.bundle} is"
    body = "\n".join(
        (
            _facts(evaluation),
            _labels(evaluation),
            _comparison(evaluation),
            _calibration(evaluation.calibration),
            _thresholds(evaluation),
            _rejection(evaluation),
            _mistakes(judgement.mistakes),
            _left_out(evaluation),
        )
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def write_report(judgement: Judgement, to: Path) -> None:
    """Write the page, and its figures as JSON beside it, each in one step.

    Raises:
        ConfigurationError: they cannot be written.
    """
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        for path, text in ((to, report(judgement)), (to.with_suffix(".json"), judgement.evaluation.to_json())):
            part = path.with_name(f"{path.name}.part")
            try:
                part.write_text(text, encoding="utf-8")
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the report {to} cannot be written: {error.strerror}") from error


def _facts(evaluation: Evaluation) -> str:
    metrics = evaluation.metrics
    validation, test = evaluation.pictures
    facts = "".join(
        f'<div class="fact"><div class="soft">{name}</div><div class="big">{figure.value:.3f}</div>'
        f'<div class="soft">{_range(figure)}</div></div>'
        for name, figure in (
            ("accuracy", metrics.accuracy),
            ("balanced accuracy", metrics.balanced_accuracy),
            ("area under the ROC curve", metrics.auc),
        )
    )
    return (
        f'<div class="row">{facts}</div><p>Over {test} pictures of the test split, which nothing was learnt from or '
        f"chosen by; thresholds are chosen by {validation} pictures of the validation split. "
        f"{_intervals(metrics.groups)}</p>"
        f'<p class="soft">Snapshot {evaluation.snapshot[:16]}…, graph {evaluation.graph[:16]}….</p>'
    )


def _intervals(groups: int) -> str:
    if groups == 1:
        return (
            "All are of one group, which says nothing of others: intervals have 95 % confidence for pictures of this "
            "group alone."
        )
    return f"Intervals have 95 % confidence; they come of drawing anew from the {groups} groups of these pictures."


def _labels(evaluation: Evaluation) -> str:
    rows = [
        (one.label, str(one.support), *(_number(value) for value in (one.precision, one.recall, one.f1, one.auc)))
        for one in evaluation.metrics.of_labels
    ]
    table = _table(("label", "pictures", "precision", "recall", "F1", "AUC"), rows)
    return f"<h2>Labels</h2>{table}{confusion_matrix(evaluation.labels, evaluation.confusion)}"


def _comparison(evaluation: Evaluation) -> str:
    found = evaluation.comparison
    if found is None:
        return ""
    rows = [
        ("right in this one alone", str(found.only_this)),
        (f"right in {found.against} alone", str(found.only_other)),
        ("p of the difference in accuracy (McNemar, exact, by groups)", f"{found.p_accuracy:.3g}"),
        ("difference in AUC", f"{found.auc_difference.value:+.4f}, {_range(found.auc_difference, sign='+')}"),
        ("p of the difference in AUC (paired bootstrap, by groups)", f"{found.p_auc:.3g}"),
    ]
    return f"<h2>Against {escape(found.against)}, on the same pictures</h2>{_table(('', ''), rows)}"


def _calibration(found: Calibration) -> str:
    charts = reliability_diagram("Reliability as served", found.after)
    said = f"As served, the expected calibration error is {found.ece_after:.3f}."
    if found.before is not None and found.ece_before is not None:
        before = reliability_diagram("Reliability before", found.before)
        charts = (
            f"<figure>{before}<figcaption>before</figcaption></figure>"
            f"<figure>{charts}<figcaption>as served</figcaption></figure>"
        )
        said += f" Before logits were divided by {found.temperature:.3f}, it was {found.ece_before:.3f}."
    return f'<h2>What a score is worth</h2><p>{said}</p><div class="row">{charts}</div>'


def _thresholds(evaluation: Evaluation) -> str:
    rows = [
        (
            one.label,
            f"{one.cost_of_miss:g}",
            f"{one.threshold:.3f}",
            str(one.misses),
            str(one.false_alarms),
            f"{one.cost:.3f}",
            f"{one.cost_at_half:.3f}",
        )
        for one in evaluation.thresholds
    ]
    heads = ("label", "cost of a miss", "call it so from", "misses", "false alarms", "cost per picture", "with 0.5")
    return (
        "<h2>Thresholds by cost</h2><p>From which score on to call a picture by a label, if a miss costs so many "
        f"times a false alarm. Chosen on the validation split, counted on the test split.</p>{_table(heads, rows)}"
    )


def _rejection(evaluation: Evaluation) -> str:
    found = evaluation.rejection
    chosen = None if found.accuracy is None else (found.coverage, found.accuracy)
    chart = coverage_chart("Accuracy by coverage", evaluation.coverage, found.wanted, chosen)
    return f"<h2>What to leave to people</h2><p>{_left_to_people(found)}</p>{chart}"


def _left_to_people(found: Rejection) -> str:
    wanted = f"{100 * found.wanted:g}%"  # all of its digits: 99.5% is not 100%
    if found.threshold is None:
        return f"No score gave an accuracy of {wanted} on the validation split: leave all pictures to people."
    chosen = f"From a score of {found.threshold:.3f} on, at least {wanted} were right on the validation split."
    if found.accuracy is None:
        return f"{chosen} On the test split, no picture has such a score: all are left to people."
    return (
        f"{chosen} On the test split, {found.coverage:.1%} of the pictures have such a score, and {found.accuracy:.1%} "
        "of these are right; the others are left to people."
    )


def _mistakes(mistakes: Iterable[Mistake]) -> str:
    figures = "".join(
        f'<figure><img alt="" src="{_picture(one.pixels)}"> <img alt="where it looked" src="{_heatmap(one)}">'
        f"<figcaption>{escape(one.path)}<br>is {escape(one.label)}, called {escape(one.said)} with {one.score:.2f}"
        "</figcaption></figure>"
        for one in mistakes
    )
    if not figures:
        return "<h2>Worst mistakes</h2><p>There is none.</p>"
    return (
        f'<h2>Worst mistakes</h2><p>With what spoke for the label that was given.</p><div class="row">{figures}</div>'
    )


def _left_out(evaluation: Evaluation) -> str:
    if not evaluation.left_out:
        return ""
    items = "".join(f"<li>{escape(one)}</li>" for one in evaluation.left_out)
    return f"<h2>Pictures that cannot be decoded</h2><ul>{items}</ul>"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _range(figure: Interval, sign: str = "") -> str:
    return f"{figure.low:{sign}.3f} to {figure.high:{sign}.3f}"


def _heatmap(mistake: Mistake) -> str:
    """What spoke for the label, in red on grey."""
    evidence = np.maximum(mistake.activation_map, 0)
    scaled = (evidence / (evidence.max() or 1) * 255).astype(np.uint8)
    size = mistake.pixels.shape[1::-1]
    weight = np.asarray(Image.fromarray(scaled).resize(size, Image.Resampling.BICUBIC), np.float32)[..., None] / 255
    grey = np.asarray(Image.fromarray(mistake.pixels).convert("L").convert("RGB"), np.float32)
    red = np.array([220.0, 38.0, 38.0], np.float32)
    return _picture((grey * (1 - 0.6 * weight) + red * 0.6 * weight).astype(np.uint8))


def _picture(pixels: np.typing.NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
