"""What can go wrong with an answer on its way from storage."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

Forward = Callable[[], Awaitable[web.Response]]  # asks storage
Fault = Callable[[web.BaseRequest, Forward], Awaitable[web.StreamResponse]]


def slow(seconds: float) -> Fault:
    """Nothing for so long, then the answer."""

    async def answer(_: web.BaseRequest, forward: Forward) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await forward()

    return answer


def preceded_by(happening: Callable[[], object]) -> Fault:
    """The answer as it is after something has happened."""

    async def answer(_: web.BaseRequest, forward: Forward) -> web.StreamResponse:
        await asyncio.to_thread(happening)
        return await forward()

    return answer


def followed_by(happening: Callable[[], object]) -> Fault:
    """The answer as it was before something has happened."""

    async def answer(_: web.BaseRequest, forward: Forward) -> web.StreamResponse:
        response = await forward()
        await asyncio.to_thread(happening)
        return response

    return answer


async def busy(_: web.BaseRequest, _forward: Forward) -> web.StreamResponse:
    """What storage says of an account over its limits."""
    return web.Response(status=503, headers={"x-ms-error-code": "ServerBusy"})


async def silent(_: web.BaseRequest, _forward: Forward) -> web.StreamResponse:
    """Not a byte, until the client goes away."""
    never: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
    return await never


async def stalled(request: web.BaseRequest, forward: Forward) -> web.StreamResponse:
    """Half of the body, then not a byte, until the client goes away."""
    await _send_half(request, await forward())
    return await silent(request, forward)


async def short(request: web.BaseRequest, forward: Forward) -> web.StreamResponse:
    """Half of the body that was announced, and an orderly end of the connection."""
    response = await _send_half(request, await forward())
    _transport(request).close()
    return response


async def dropped(request: web.BaseRequest, forward: Forward) -> web.StreamResponse:
    """Half of the body, then a reset of the connection."""
    response = await _send_half(request, await forward())
    # A connection that is closed while it lingers for no time is reset (socket(7)).
    _transport(request).get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    _transport(request).abort()
    return response


async def _send_half(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    assert isinstance(whole.body, bytes)
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(whole.body)
    await response.prepare(request)
    await response.write(whole.body[: len(whole.body) // 2])
    return response


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    assert request.transport
    return request.transport
