"""Where the CPU of an image goes: services as the system counts them, decoding and model as the bare loop says."""

from collections.abc import Sequence

from bench.pipeline import SERVICES, Measurement
from bench.rows import Row, Target
from bench.yardsticks import LoopRun, mean

LOUPE = "CPU, the four services"
REST = "CPU, all but decoding and model"
DECODING = "CPU, bare loop, decoding"
MODEL = "CPU, bare loop, model"


def of_service(name: str) -> str:
    """The name of a service's row."""
    return f"CPU, {name}"


def cpu_rows(
    figure: str,
    case: str,
    found: Sequence[tuple[Measurement, tuple[LoopRun, LoopRun]]],
    target: Target | None = None,
) -> list[Row]:
    """The rows of measurements with the bare loops around each.

    Args:
        figure: which the rows belong to.
        case: what was measured.
        found: measurements of the same, repeated.
        target: for the four services together.
    """

    def row(name: str, runs: Sequence[float], target: Target | None = None) -> Row:
        return Row(figure, case, name, "ms", tuple(runs), target)

    took = [measurement for measurement, _ in found]
    rest = [measurement.cpu_ms() - mean([loop.cpu_ms for loop in around]) for measurement, around in found]
    return [
        *(row(of_service(name), [one.cpu_ms(name) for one in took]) for name in SERVICES),
        row(LOUPE, [one.cpu_ms() for one in took], target),
        row(REST, rest),
        row(DECODING, [mean([loop.decode_ms for loop in around]) for _, around in found]),
        row(MODEL, [mean([loop.inference_ms for loop in around]) for _, around in found]),
        *(row(f"CPU, not of Loupe: {name}", [one.cpu_ms(name) for one in took]) for name in took[0].others),
    ]


def stages(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The medians of ``cpu_rows`` as parts of an image's passage, in ms, in their order, for each case.

    The inference service's own part is what it takes beyond a bare loop.
    """
    medians: dict[str, dict[str, float]] = {}
    for row in rows:
        medians.setdefault(f"{row.figure}: {row.case}", {})[row.name] = row.median
    return {case: _passage(names) for case, names in medians.items() if DECODING in names}


def _passage(medians: dict[str, float]) -> dict[str, float]:
    decoding, model = medians[DECODING], medians[MODEL]
    beyond = medians[of_service("inference")] - decoding - model
    return {
        "ingestion": medians[of_service("ingestion")],
        "inference: fetch, batch, broker": max(0.0, beyond),
        "decoding": decoding,
        "model": model,
        "results": medians[of_service("results")],
        "query": medians[of_service("query")],
    }
