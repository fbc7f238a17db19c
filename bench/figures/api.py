"""What a point read through the whole API costs, beside a bare Starlette handler that returns the same bytes.

One client with one connection. CPU is that of the server's process.
"""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bench.archives import blob_name, container_name, make_archive
from bench.options import Options
from bench.places import PYTHON
from bench.query_service import HttpChild, query_service
from bench.rows import Row, Target
from bench.yardsticks import bracketed, mean
from loupe_local.ports import free_port
from loupe_query.access.keys import hash_key, new_key

FIGURE = "api"
RESULTS = 10_000
REQUESTS = 5_000
WARM_UP = 300

OVERHEAD = Target(2.0)


def run(options: Options) -> list[Row]:
    """Measure the service open and with an API key, each between two measurements of the bare handler."""
    state = options.state / FIGURE
    state.mkdir(parents=True, exist_ok=True)
    results = make_archive(options.state, RESULTS)
    key, keys = new_key(), state / "keys.json"
    keys.write_text(json.dumps([{"name": "bench", "sha256": hash_key(key), "scopes": ["read"]}]))
    with query_service(results, state / "query.log") as service:
        rows = _compare(options, "open", service, {})
    with query_service(results, state / "query.log", LOUPE_API_KEYS_FILE=str(keys)) as service:
        return rows + _compare(options, "with an API key", service, {"Authorization": f"Bearer {key}"})


class _Cost(NamedTuple):
    """Of a request.

    Attributes:
        cpu: in µs.
        rate: requests per second.
    """

    cpu: float
    rate: float


def _compare(options: Options, case: str, service: HttpChild, headers: dict[str, str]) -> list[Row]:
    options.say(f"{FIGURE}: {case}")
    state, count = options.state / FIGURE, options.images(REQUESTS)
    body = state / "body.json"
    body.write_bytes(service.get(_path(0), headers))
    with _bare(body, state) as bare:
        found = bracketed(options.runs, lambda: _measure(bare, count, {}), lambda: _measure(service, count, headers))
    costs = [cost for cost, _ in found]
    bares = [_Cost(mean([one.cpu for one in around]), mean([one.rate for one in around])) for _, around in found]
    ratios = tuple(cost.cpu / yardstick.cpu for cost, yardstick in zip(costs, bares, strict=True))
    return [
        Row(FIGURE, case, "CPU of a point read", "µs", tuple(cost.cpu for cost in costs)),
        Row(FIGURE, case, "CPU of the bare handler", "µs", tuple(cost.cpu for cost in bares)),
        Row(FIGURE, case, "point read ÷ bare handler", "", ratios, OVERHEAD),
        Row(FIGURE, case, "point reads per second", "1/s", tuple(cost.rate for cost in costs)),
        Row(FIGURE, case, "requests per second of the bare handler", "1/s", tuple(cost.rate for cost in bares)),
    ]


def _bare(body: Path, state: Path) -> HttpChild:
    port = free_port()
    command = [str(PYTHON), "-m", "bench.bare_server", str(port), str(body)]
    return HttpChild("the bare handler", command, state / "bare.log", port, os.environ)


def _measure(server: HttpChild, count: int, headers: dict[str, str]) -> _Cost:
    for number in range(WARM_UP):
        server.get(_path(number), headers)
    before, began = server.usage(), time.perf_counter()
    for number in range(count):
        server.get(_path(number), headers)
    wall_s, after = time.perf_counter() - began, server.usage()
    return _Cost((after.cpu_s - before.cpu_s) * 1e6 / count, count / wall_s)


def _path(number: int) -> str:
    """Of an image that is classified, so that answers are as long as that of the bare handler."""
    return f"/v1/images/{container_name(number % 40)}/{quote(blob_name(number % 40))}"
