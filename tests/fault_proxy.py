"""A proxy in front of blob storage, in which reads fail as they do over networks and with busy storage.

Everything passes, but for a GET of a blob to which the plan in force gives a fault.
"""

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from tests.faults import Fault

T = TypeVar("T")


@dataclass
class Read:
    """A GET of a blob.

    Attributes:
        attempt: which of the GETs of this blob it is, from 1.
        started: when it came, in seconds since the epoch.
        ended: when its answer was there or its connection was lost; infinite until then.
    """

    blob: str
    attempt: int
    started: float = field(default_factory=time.time)
    ended: float = math.inf


@dataclass
class Traffic:
    """The GETs of blobs, in the order in which they came."""

    reads: list[Read] = field(default_factory=list)

    def attempts(self) -> Counter[str]:
        """How many there were of each blob."""
        return Counter(read.blob for read in self.reads)

    def most_in_flight(self) -> int:
        """The greatest number that was in flight at one moment."""
        return max(sum(other.started <= read.started < other.ended for other in self.reads) for read in self.reads)

    def mean_in_flight(self) -> float:
        """How many were in flight on average, from the start of the first to the end of the last."""
        span = max(read.ended for read in self.reads) - self.reads[0].started
        return sum(read.ended - read.started for read in self.reads) / span


Plan = Callable[[Read], Fault | None]


class FaultProxy:
    """A running proxy, with a thread of its own. Until a plan is in force, everything passes.

    Args:
        upstream: URL of the Blob service, which need not run yet.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = URL(upstream)
        self._plan: Plan = lambda _: None
        self._traffic = Traffic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy")
        self._thread.start()
        self.endpoint = self._call(self._start())

    @contextmanager
    def planned(self, plan: Plan) -> Iterator[Traffic]:
        """Put a plan into force. Yields what goes on meanwhile."""
        before = self._plan, self._traffic
        self._plan, self._traffic = plan, Traffic()
        try:
            yield self._traffic
        finally:
            self._plan, self._traffic = before

    def close(self) -> None:
        """End it, and what is in flight."""
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self) -> str:
        self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
        server = web.Server(self._handle, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0]
        return str(self._upstream.with_host(host).with_port(port))

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        _, _account, _container, *blob = request.path.split("/", 3)
        if request.method != "GET" or not blob:
            return await self._forward(request)
        traffic = self._traffic
        read = Read(blob[0], traffic.attempts()[blob[0]] + 1)
        traffic.reads.append(read)
        fault = self._plan(read)
        try:
            if fault:
                return await fault(request, lambda: self._forward(request))
            return await self._forward(request)
        finally:
            read.ended = time.time()

    async def _forward(self, request: web.BaseRequest) -> web.Response:
        address = URL(f"{self._upstream.origin()}{request.raw_path}", encoded=True)
        headers = _passing(request.headers)
        body = await request.read()
        async with self._client.request(request.method, address, headers=headers, data=body) as answer:
            return web.Response(status=answer.status, headers=_passing(answer.headers), body=await answer.read())


def _passing(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that are about more than one connection, and not about the coding of the body on it."""
    own = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")
    return {name: value for name, value in headers.items() if name.lower() not in own}
