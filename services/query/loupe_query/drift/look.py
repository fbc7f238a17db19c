"""A look at the archive for drift, remembered for a while."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from loupe_query.drift.baseline import Baseline, OfArchive, OfTraining
from loupe_query.drift.figures import figures
from loupe_query.drift.references import References
from loupe_query.drift.stream import Stream
from loupe_shared.api.drift import DAYS, DriftQuery, DriftReport, Verdict
from loupe_shared.counters import CountFilter, Kind
from loupe_shared.errors import InvalidBundle
from loupe_shared.ports import ResultStore

# A look reads a thousand images, and nothing drifts within a minute.
REMEMBERED_S = 60.0
MAX_REMEMBERED = 64

NOBODY = "no image was classified in these days: take others"
NO_REFERENCE = (
    "the bundle of {model} says nothing of its training, or is not known here: choose days of the archive as the "
    "baseline"
)

log = logging.getLogger(__name__)


class _Question(NamedTuple):
    model: str | None
    container: str | None
    since: date
    until: date
    baseline_since: date | None
    baseline_until: date | None


class DriftLook:
    """Compares images of some days with what their model was trained for.

    One look is taken at a time, and what it has found is the answer to the same question for ``REMEMBERED_S``.

    Args:
        store: the archive.
        references: say what models were trained for.
        clock: in seconds.
    """

    def __init__(
        self,
        store: ResultStore,
        references: References,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._references = references
        self._clock = clock
        self._looking = threading.Lock()
        self._remembered: dict[_Question, tuple[float, DriftReport]] = {}

    def report(self, query: DriftQuery) -> DriftReport:
        """What there is to say.

        Raises:
            StoreUnavailable: the archive does not answer.
            StorageUnavailable: the registry of models does not answer.
        """
        question = _Question(
            query.model, query.container, *query.days(DAYS), query.baseline_since, query.baseline_until
        )
        with self._looking:
            oldest = self._clock() - REMEMBERED_S
            fresh = {asked: kept for asked, kept in self._remembered.items() if kept[0] > oldest}
            if question not in fresh:
                fresh[question] = self._clock(), self._report(question)
            self._remembered = dict(list(fresh.items())[-MAX_REMEMBERED:])
            return fresh[question][1]

    def _report(self, asked: _Question) -> DriftReport:
        model = asked.model or self._busiest(asked)
        if model is None:
            return _nothing(asked, None, NOBODY)
        try:
            baseline = self._baseline(asked, model)
        except InvalidBundle as error:
            log.warning("%s", error)
            return _nothing(asked, model, str(error))
        if baseline is None:
            return _nothing(asked, model, NO_REFERENCE.format(model=model))
        found = figures(baseline, self._stream(model, asked.container, asked.since, asked.until))
        verdicts = {figure.verdict for figure in found}
        return DriftReport(
            model=model,
            since=asked.since,
            until=asked.until,
            reference=baseline.kind,
            baseline_since=asked.baseline_since,
            baseline_until=asked.baseline_until,
            verdict=next((verdict for verdict in Verdict if verdict in verdicts), Verdict.UNKNOWN),
            figures=found,
        )

    def _busiest(self, asked: _Question) -> str | None:
        classified = CountFilter((Kind.LABEL,), asked.since, asked.until, asked.container)
        images = self._store.count(classified, ["model"])
        return max(images, key=lambda one: (images[one], one))[0] if images else None

    def _baseline(self, asked: _Question, model: str) -> Baseline | None:
        if asked.baseline_since and asked.baseline_until:
            return OfArchive(self._stream(model, asked.container, asked.baseline_since, asked.baseline_until))
        reference = self._references.of(model)
        return OfTraining(reference) if reference else None

    def _stream(self, model: str, container: str | None, since: date, until: date) -> Stream:
        return Stream(self._store, model, since, until, container)


def _nothing(asked: _Question, model: str | None, note: str) -> DriftReport:
    return DriftReport(
        model=model,
        since=asked.since,
        until=asked.until,
        reference=None,
        verdict=Verdict.UNKNOWN,
        figures=(),
        note=note,
    )
