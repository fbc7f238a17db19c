"""Days of traffic: when images are written, and the jobs that ingestion makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

HOUR_S, DAY_S = 3600, 86_400
# Ingestion gathers events for a tenth of a second. In so long a time as this a day has fewer jobs, and no image
# appears to wait a second less than it does.
TICK_S = 1

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Jobs:
    """What arrives.

    Attributes:
        at: [jobs], float64, ascending: seconds from the beginning at which a job is published.
        images: [jobs], int64: images in each.
        lasts_s: for how long there is traffic.
    """

    at: Floats
    images: Integers
    lasts_s: float


def steady(per_day: float, days: float = 1.0) -> Floats:
    """Images per second, in each second: always the same."""
    return np.full(round(days * DAY_S), per_day / DAY_S)


def shifts(per_day: float) -> Floats:
    """A day on which people work from six to ten in the evening, with some hours that are busier; nothing at night."""
    second = np.arange(DAY_S)
    shape = np.where((second >= 6 * HOUR_S) & (second < 22 * HOUR_S), 1.0, 0.0)
    shape *= 1 + 0.5 * np.sin(2 * np.pi * (second - 6 * HOUR_S) / (8 * HOUR_S))
    rate: Floats = shape * (per_day / shape.sum())
    return rate


def week(per_day: float) -> Floats:
    """Seven days, of which the last two have a tenth of the images."""
    return np.concatenate([shifts(per_day * share) for share in (1, 1, 1, 1, 1, 0.1, 0.1)])


def with_bursts(rate: Floats, images: int, lasts_s: int, *begin_h: float) -> Floats:
    """The same, and so many images beside it within some minutes, at these hours."""
    result = rate.copy()
    for hour in begin_h:
        begin = round(hour * HOUR_S)
        result[begin : begin + lasts_s] += images / lasts_s
    return result


def jobs(rate: Floats, job_size: int, rng: np.random.Generator) -> Jobs:
    """Images that are written at random at a rate, in the jobs that ingestion makes of them.

    Args:
        rate: [seconds], float64: images per second.
        job_size: most images in a job.
        rng: chance.
    """
    written = rng.poisson(rate * TICK_S)
    full, rest = np.divmod(written, job_size)
    count = full + (rest > 0)
    tick = np.repeat(np.arange(len(rate)), count)
    is_last = np.append(tick[1:] != tick[:-1], True) if len(tick) else np.zeros(0, bool)
    images = np.where(is_last & (rest[tick] > 0), rest[tick], job_size)
    return Jobs(((tick + 1) * TICK_S).astype(np.float64), images.astype(np.int64), float(len(rate)))


@dataclass(frozen=True)
class Day:
    """A kind of traffic.

    Attributes:
        name: for people.
        rate: gives the images per second in each second.
    """

    name: str
    rate: Callable[[], Floats]


DAYS = {
    "steady": Day("steady: 5,000,000 images a day", lambda: steady(5e6)),
    "burst": Day(
        "bursts: 1,000,000 images in ten minutes, twice, and 500,000 over the day",
        lambda: with_bursts(steady(5e5), 1_000_000, 600, 8.0, 14.0),
    ),
    "night": Day("night: 5,000,000 images between six and ten in the evening", lambda: shifts(5e6)),
    "small": Day(
        "small: 2,000 images in a minute, every three hours, and nothing else",
        lambda: with_bursts(np.zeros(DAY_S), 2_000, 60, *range(1, 24, 3)),
    ),
    "week": Day("week: night's days, and a weekend with a tenth", lambda: week(5e6)),
}
