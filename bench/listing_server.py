"""The cheapest listing there can be: pages of List Blobs that are made before anybody asks for them.

    python -m bench.listing_server PORT BLOBS

Every blob has what the service says of one. Markers are numbers of pages; nobody looks at prefixes and signatures.
"""

import asyncio
import sys
from typing import cast
from urllib.parse import parse_qs, urlsplit

from bench.archives import SWEPT_ETAG, swept_name
from loupe_local.ports import LOOPBACK

PAGE = 5000
END = b"\r\n\r\n"

_BLOB = (
    "<Blob><Name>{name}</Name><Properties><Creation-Time>Sun, 22 Nov 2026 08:15:30 GMT</Creation-Time>"
    "<Last-Modified>Sun, 22 Nov 2026 08:15:30 GMT</Last-Modified><Etag>{etag}</Etag>"
    "<Content-Length>184320</Content-Length><Content-Type>image/jpeg</Content-Type><Content-Encoding />"
    "<Content-Language /><Content-CRC64 /><Content-MD5>XrY7u+Ae7tCTyyK7j1rNww==</Content-MD5><Cache-Control />"
    "<Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
    "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
    "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
)


def make_pages(count: int) -> list[bytes]:
    """The answers to all requests."""
    return [_answer(range(start, min(start + PAGE, count)), count) for start in range(0, count, PAGE)]


def _answer(numbers: range, count: int) -> bytes:
    blobs = "".join(_BLOB.format(name=swept_name(number), etag=SWEPT_ETAG) for number in numbers)
    following = "" if numbers.stop == count else str(numbers.stop // PAGE)
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="images"><Blobs>'
        f"{blobs}</Blobs><NextMarker>{following}</NextMarker></EnumerationResults>"
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: application/xml\r\n\r\n"
    return head.encode() + body


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
