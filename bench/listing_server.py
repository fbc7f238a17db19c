"""The cheapest listing there can be: pages of List Blobs that are made before anybody asks for them.

    python -m bench.listing_server PORT BLOBS

Markers are numbers of pages; nobody looks at prefixes and signatures.
"""

import asyncio
import sys
from typing import cast
from urllib.parse import parse_qs, urlsplit

from bench.archives import SWEPT_ETAG, swept_name
from bench.listing_pages import Entry, answer
from loupe_local.ports import LOOPBACK

PAGE = 5000
END = b"\r\n\r\n"


def make_pages(count: int) -> list[bytes]:
    """The answers to all requests."""
    return [_answer(range(start, min(start + PAGE, count)), count) for start in range(0, count, PAGE)]


def _answer(numbers: range, count: int) -> bytes:
    entries = (Entry(swept_name(number), SWEPT_ETAG, 184_320) for number in numbers)
    return answer(entries, "" if numbers.stop == count else str(numbers.stop // PAGE))


class ListingServer(asyncio.Protocol):
    """One connection.

    Args:
        pages: by number.
    """

    _transport: asyncio.Transport

    def __init__(self, pages: list[bytes]) -> None:
        self._pages = pages
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        self._received += data
        while END in self._received:
            request, _, self._received = self._received.partition(END)
            query = parse_qs(urlsplit(request.split(b" ", 2)[1].decode()).query)
            self._transport.write(self._pages[int(query.get("marker", ["0"])[0])])


async def serve(port: int, pages: list[bytes]) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: ListingServer(pages), LOOPBACK, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), make_pages(int(sys.argv[2]))))
