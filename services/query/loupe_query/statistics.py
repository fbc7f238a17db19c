"""Statistics, all of them sums of a few counters: how many images there are does not matter."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from loupe_query.documents import UNCHANGED, conditional, example
from loupe_query.examples import COUNTS, STATISTICS, THROUGHPUT
from loupe_shared.adapters.web import describe
from loupe_shared.api.statistics import CountQuery, Counts, Statistics, StatisticsQuery, Throughput, ThroughputQuery
from loupe_shared.counters import SCORE_BINS, SLOT_MINUTES, CountFilter, Dimension, Kind
from loupe_shared.ports import ResultStore

DAYS, THROUGHPUT_DAYS = 30, 2  # unless asked otherwise


def statistics_router(store: ResultStore) -> APIRouter:
    """The routes over a store's counters."""
    router = APIRouter(prefix="/v1", tags=["statistics"], responses=describe(422, 503))

    @router.get("/counts", summary="Count images", response_model=Counts, responses={200: example(COUNTS), **UNCHANGED})
    def count_images(request: Request, query: Annotated[CountQuery, Query()]) -> Response:
        def by_key(kind: Kind) -> dict[str, int]:
            return _flat(store.count(CountFilter((kind,), container=query.container, model=query.model), ["key"]))

        every = CountFilter((Kind.OUTCOME,), container=query.container, model=query.model)
        counts = {
            "outcomes": by_key(Kind.OUTCOME),
            "labels": by_key(Kind.LABEL),
            "reasons": by_key(Kind.REASON),
            "reviews": by_key(Kind.REVIEW),
            "models": {model: images for model, images in _flat(store.count(every, ["model"])).items() if model},
            "containers": _flat(store.count(every, ["container"])),
        }
        return conditional(request, json.dumps(counts))

    @router.get(
        "/statistics",
        summary="Images by day",
        response_model=Statistics,
        responses={200: example(STATISTICS), **UNCHANGED},
    )
    def get_statistics(request: Request, query: Annotated[StatisticsQuery, Query()]) -> Response:
        since, until = query.days(DAYS)

        def count(kind: Kind, *by: Dimension, keys: tuple[str, ...] | None = None) -> dict[tuple[str, ...], int]:
            return store.count(CountFilter((kind,), since, until, query.container, query.model, keys), by)

        labels, scores = _flat(count(Kind.LABEL, "key")), _flat(count(Kind.SCORE, "key"))
        top = sorted(labels, key=lambda label: (-labels[label], label))[: query.top]
        days: dict[str, dict[str, dict[str, int]]] = {}
        for name, kind, keys in (
            ("outcomes", Kind.OUTCOME, None),
            ("labels", Kind.LABEL, tuple(top)),
            ("reasons", Kind.REASON, None),
        ):
            for (day, key), images in count(kind, "day", "key", keys=keys).items():
                days.setdefault(day, {"outcomes": {}, "labels": {}, "reasons": {}})[name][key] = images
        statistics = {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "days": [{"day": day, **days[day]} for day in sorted(days)],
            "labels": {label: labels[label] for label in top},
            "scores": [scores.get(str(bin_), 0) for bin_ in range(SCORE_BINS)],
        }
        return conditional(request, json.dumps(statistics))

    @router.get(
        "/throughput",
        summary="Images over time",
        response_model=Throughput,
        responses={200: example(THROUGHPUT), **UNCHANGED},
    )
    def get_throughput(request: Request, query: Annotated[ThroughputQuery, Query()]) -> Response:
        since, until = query.days(THROUGHPUT_DAYS)
        wanted = CountFilter((Kind.SLOT,), since, until, query.container, query.model)
        counted = sorted((_moment(day, slot), n) for (day, slot), n in store.count(wanted, ["day", "key"]).items())
        slots = [{"at": moment.isoformat(), "images": images} for moment, images in counted]
        return conditional(request, json.dumps({"minutes": SLOT_MINUTES, "slots": slots}))

    return router


def _flat(counted: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    return {key: images for (key,), images in counted.items()}


def _moment(day: str, slot: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(tzinfo=UTC)) + timedelta(minutes=int(slot) * SLOT_MINUTES)
