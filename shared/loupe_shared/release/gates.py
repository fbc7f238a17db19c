"""What stands between a version and the images that it is to answer for.

A gate is a function that looks at a candidate, and gives a sentence if something speaks against it, or nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loupe_shared.bundle import Manifest
from loupe_shared.card import Latency

# What a version may be worse by than the one that serves, on the same test set.
ACCURACY_MARGIN = 0.01
LATENCY_MARGIN = 1.5

# What an int8 graph must have kept of its fp32 graph.
MIN_INT8_AGREEMENT = 0.9
MAX_INT8_ACCURACY_LOSS = 0.02

_SHOWN = 3  # labels


@dataclass(frozen=True)
class Candidate:
    """A version that is to answer.

    Attributes:
        serving: the manifest of the version that answers now; none if there is none.
        new_labels: whether it is meant to have other labels than that.
    """

    manifest: Manifest
    serving: Manifest | None = None
    new_labels: bool = False


Gate = Callable[[Candidate], str | None]


def objections(candidate: Candidate, gates: Iterable[Gate]) -> tuple[str, ...]:
    """What speaks against a candidate."""
    found = (gate(candidate) for gate in gates)
    return tuple(sentence for sentence in found if sentence)


def preprocessing_gate(candidate: Candidate) -> str | None:
    """Workers would refuse to load it."""
    if candidate.manifest.fits:
        return None
    return "it was made for other preprocessing than this version of Loupe has: export it again"


def labels_gate(candidate: Candidate) -> str | None:
    """Statistics and reviews are by label, so labels do not change by mistake. Their order is the model's own."""
    if candidate.serving is None or candidate.new_labels:
        return None
    new, old = set(candidate.manifest.labels), set(candidate.serving.labels)
    changes = [f"{verb} {_some(labels)}" for verb, labels in (("adds", new - old), ("lacks", old - new)) if labels]
    return f"it {' and '.join(changes)}: say so with `new_labels` if that is meant" if changes else None


def accuracy_gate(candidate: Candidate) -> str | None:
    """Accuracies are compared on the same test set only."""
    new = candidate.manifest.metrics
    old = candidate.serving.metrics if candidate.serving else None
    if new is None or old is None or new.test_set != old.test_set:
        return None
    for figure, ours, theirs in (
        ("accuracy", new.accuracy, old.accuracy),
        ("balanced accuracy", new.balanced_accuracy, old.balanced_accuracy),
    ):
        if ours < theirs - ACCURACY_MARGIN:
            return f"its {figure} is {ours:.1%}, and {theirs:.1%} that of the version that serves"
    return None


def reservation(candidate: Candidate) -> str | None:
    """What whoever lets a version through should know, although it is no reason against it."""
    new = candidate.manifest.metrics
    old = candidate.serving.metrics if candidate.serving else None
    if new is None or old is None or new.test_set == old.test_set:
        return None
    return "their accuracies are not comparable, as they are of different test sets"


def int8_gate(candidate: Candidate) -> str | None:
    """Workers may be set to use the int8 graph, if there is one."""
    measured = candidate.manifest.quantization
    if measured is None:
        return None
    if measured.agreement < MIN_INT8_AGREEMENT:
        return (
            f"its int8 graph agrees with fp32 on {measured.agreement:.1%} of the images, less than "
            f"{MIN_INT8_AGREEMENT:.0%}"
        )
    if measured.accuracy_int8 < measured.accuracy_fp32 - MAX_INT8_ACCURACY_LOSS:
        return f"its int8 graph labels {measured.accuracy_int8:.1%} rightly, and fp32 {measured.accuracy_fp32:.1%}"
    return None


def latency_gate(candidate: Candidate) -> str | None:
    """Times are compared on the same machine only."""
    new, old = _latency(candidate.manifest), _latency(candidate.serving)
    if new is None or old is None or new.machine != old.machine:
        return None
    if new.milliseconds <= old.milliseconds * LATENCY_MARGIN:
        return None
    return f"it takes {new.milliseconds:.1f} ms per image, and the version that serves {old.milliseconds:.1f} ms"


GATES: tuple[Gate, ...] = (preprocessing_gate, labels_gate, accuracy_gate, int8_gate, latency_gate)


def _latency(manifest: Manifest | None) -> Latency | None:
    return manifest.metrics.latency if manifest and manifest.metrics else None


def _some(labels: set[str]) -> str:
    shown = sorted(labels)[:_SHOWN]
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"the label{'s' if len(labels) > 1 else ''} {', '.join(map(repr, shown))}{more}"
