"""The figures of a report, and when a difference is called drift."""

from collections.abc import Sequence

from loupe_query.drift.baseline import Baseline, Counts, by_direction
from loupe_query.drift.difference import difference, equal_blocks
from loupe_query.drift.stream import Images, by_day
from loupe_shared.api.drift import MAX_P_VALUE, MIN_PSI, Aspect, DriftFigure, Share, Verdict
from loupe_shared.counters import SCORE_BINS, Kind

# How far days differ from each other cannot be told from fewer.
MIN_DAYS = 4
# Likewise groups of a training, of which one has many more images than a burst of a day. 20 of equal sizes are enough.
MIN_PARTS = 17
MIN_IMAGES = 50
SHARES = 10

_TRAINING = "the validation split of the training"
_MORE_DAYS = "take more days"
_OTHER_BASELINE = "choose days of the archive as the baseline, or train on more"

_BINS = [str(number) for number in range(SCORE_BINS)]


def figures(baseline: Baseline, window: Images) -> tuple[DriftFigure, ...]:
    """Every aspect of the images of some days, compared.

    Raises:
        StoreUnavailable: the archive does not answer.
    """
    return _labels(baseline, window), _scores(baseline, window), _embeddings(baseline, window)


def _labels(baseline: Baseline, window: Images) -> DriftFigure:
    before, now = baseline.counted(Kind.LABEL), window.counted(Kind.LABEL)
    names = sorted({key for _, key in (*before, *now)})
    one, other = by_day(before, names), by_day(now, names)
    changed = sorted(_shares(names, one, other), key=lambda share: (-abs(share.window - share.reference), share.name))
    return judged(Aspect.LABELS, baseline, one[:, None], other[:, None], changed[:SHARES])


def _scores(baseline: Baseline, window: Images) -> DriftFigure:
    one, other = (by_day(side.counted(Kind.SCORE), _BINS) for side in (baseline, window))
    names = [f"{number / SCORE_BINS:.2f}" for number in range(SCORE_BINS)]
    return judged(Aspect.SCORES, baseline, one[:, None], other[:, None], _shares(names, one, other))


def _embeddings(baseline: Baseline, window: Images) -> DriftFigure:
    edges, before = baseline.embedded()
    now = by_direction(*window.embeddings(), edges)
    return judged(Aspect.EMBEDDINGS, baseline, before, now)


def judged(
    aspect: Aspect, baseline: Baseline, before: Counts, now: Counts, shares: Sequence[Share] = ()
) -> DriftFigure:
    """One aspect, compared.

    The p-value is multiplied by the number of aspects: so one of the figures of a report is below
    any number in at most that part of all reports without drift (Bonferroni), as far as p-values are exact.

    Args:
        aspect: which.
        baseline: what is compared with.
        before: its images, ``int64[blocks, directions, bins]``.
        now: images of the window, likewise.
        shares: to show beside the figures.
    """
    figure = DriftFigure(
        aspect=aspect,
        verdict=Verdict.UNKNOWN,
        images=_images(now),
        reference_images=_images(before),
        shares=tuple(shares),
        note=_lacking(aspect, baseline, before, now),
    )
    if figure.note:
        return figure
    found = difference(before, now)
    p_value = min(1.0, found.p_value * len(Aspect))
    has_drifted = p_value < MAX_P_VALUE and found.psi >= MIN_PSI
    verdict = Verdict.DRIFT if has_drifted else Verdict.STEADY
    return figure.model_copy(update={"verdict": verdict, "psi": found.psi, "p_value": p_value})


def _lacking(aspect: Aspect, baseline: Baseline, before: Counts, now: Counts) -> str | None:
    """Why nothing can be said, if it cannot."""
    is_training = baseline.kind == "training"
    others, remedy = (_TRAINING, _OTHER_BASELINE) if is_training else ("what is compared with", _MORE_DAYS)
    for subject, counts, advice in (("these days have", now, _MORE_DAYS), (f"{others} has", before, remedy)):
        if _images(counts) < MIN_IMAGES:
            return f"{subject} {_images(counts)} images with {aspect}, and {MIN_IMAGES} are needed: {advice}"
    least = len(now) if is_training else min(len(now), len(before))
    if least < MIN_DAYS:
        return (
            f"there are images of {least} days, and {MIN_DAYS} are needed, because images of one day resemble each "
            f"other: {_MORE_DAYS}"
        )
    if is_training and not baseline.are_independent and (equal := equal_blocks(before)) < MIN_PARTS:
        return (
            f"{_TRAINING} has too few groups, or one that is too large: it counts as {equal:.0f} parts of equal sizes, "
            f"and {MIN_PARTS} are needed, because images of one group resemble each other: {remedy}"
        )
    return None


def _images(counts: Counts) -> int:
    return int(counts[:, 0].sum())


def _shares(names: Sequence[str], before: Counts, now: Counts) -> list[Share]:
    one, other = (counts.sum(axis=0) / max(1, counts.sum()) for counts in (before, now))
    return [
        Share(name=name, reference=round(float(share), 6), window=round(float(now_share), 6))
        for name, share, now_share in zip(names, one, other, strict=True)
    ]
