"""The cheapest storage there can be: pictures in memory, over the few answers of Blob storage that Loupe reads with.

    python -m bench.file_server PORT FOLDER [COPIES]

Where the emulator spends more CPU on an image than Loupe does, and on the same machine, throughput would be its and not
Loupe's. Get Blob and Get Blob Properties (HEAD) are answered as Azure does, with the version in If-Match honoured;
signatures are not looked at.

Every picture of the folder can be had in any folder of the container, each time with other bytes (see ``content``): so
few pictures give many blobs, and none is known to Loupe already. With a number of copies, List Blobs shows all pictures
in as many folders, ``copy-0`` and so on. ``GET /reads`` says how many blobs were read.
"""

import asyncio
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

from bench.listing_pages import Entry
from bench.listing_pages import answer as listing_answer
from loupe_local.ports import LOOPBACK

END = b"\r\n\r\n"
TYPES = {".bmp": "image/bmp", ".jpg": "image/jpeg"}


def content(picture: bytes, folder: str) -> bytes:
    """The bytes of a picture's blob in a folder: behind the end of a picture, decoders look at nothing."""
    return picture + folder.encode()


def version(picture: bytes) -> str:
    """What the etags of a picture's blobs begin with; ``etag`` adds the folder."""
    return "0x" + hashlib.blake2b(picture, digest_size=8).hexdigest().upper()


def etag(version: str, folder: str) -> str:
    """The etag of a picture's blob in a folder, without quotes."""
    return version + folder.encode().hex().upper()


@dataclass(frozen=True)
class Served:
    """A picture in memory."""

    version: str
    content_type: str
    data: bytes

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a picture."""
        data = path.read_bytes()
        return cls(version(data), TYPES[path.suffix], data)


class Shelf:
    """What is served.

    Args:
        pictures: by the last part of a blob's name.
        copies: folders that a listing shows.

    Attributes:
        reads: how many blobs were read.
    """

    def __init__(self, pictures: dict[str, Served], copies: int) -> None:
        self.pictures = dict(sorted(pictures.items()))
        self.reads = 0
        self._copies = copies

    def page(self, begin: int, count: int) -> bytes:
        """A part of the listing. The marker of the next part is its first blob's number."""
        names, total = list(self.pictures), len(self.pictures) * self._copies
        numbers = range(begin, min(begin + count, total))
        entries = (self._entry(f"copy-{number // len(names)}", names[number % len(names)]) for number in numbers)
        return listing_answer(entries, "" if numbers.stop == total else str(numbers.stop))

    def _entry(self, folder: str, name: str) -> Entry:
        picture = self.pictures[name]
        length = len(picture.data) + len(folder)
        return Entry(f"{folder}/{name}", etag(picture.version, folder), length, picture.content_type)


class FileServer(asyncio.Protocol):
    """One connection. Requests on it are answered in turn."""

    _transport: asyncio.Transport

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        self._received += data
        while END in self._received:
            request, _, self._received = self._received.partition(END)
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        line, *fields = request.split(b"\r\n")
        method, target, _ = line.split(b" ", 2)
        if method not in (b"GET", b"HEAD"):
            return _error("405 Method Not Allowed", "UnsupportedHttpVerb")
        address = urlsplit(target.decode())
        if address.path == "/reads":
            body = str(self._shelf.reads).encode()
            return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        if address.query.startswith("restype=container"):
            query = parse_qs(address.query)
            return self._shelf.page(int(query.get("marker", ["0"])[0]), int(query["maxresults"][0]))
        blob = unquote(address.path.split("/", 3)[-1])  # after account and container
        return self._blob(method, blob, fields)

    def _blob(self, method: bytes, blob: str, fields: list[bytes]) -> bytes:
        folder, _, name = blob.rpartition("/")
        picture = self._shelf.pictures.get(name)
        if picture is None:
            return _error("404 Not Found", "BlobNotFound")
        current = f'"{etag(picture.version, folder)}"'
        wanted = next((field[9:].strip() for field in fields if field[:9].lower() == b"if-match:"), b"*")
        if wanted not in (b"*", current.encode()):
            return _error("412 Precondition Failed", "ConditionNotMet")
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(picture.data) + len(folder.encode())}\r\n"
            f"Content-Type: {picture.content_type}\r\nETag: {current}\r\nx-ms-blob-type: BlockBlob\r\n\r\n"
        ).encode()
        if method == b"HEAD":
            return head
        self._shelf.reads += 1
        return head + content(picture.data, folder)


def _error(status: str, code: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nx-ms-error-code: {code}\r\n\r\n".encode()


async def serve(port: int, shelf: Shelf) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: FileServer(shelf), LOOPBACK, port)
    await server.serve_forever()


def main() -> None:
    """Load the pictures of a folder and serve them."""
    port, folder, copies = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 0
    pictures = {path.name: Served.load(path) for path in folder.iterdir() if path.suffix in TYPES}
    asyncio.run(serve(port, Shelf(pictures, copies)))


if __name__ == "__main__":
    main()
