"""The cheapest storage there can be: pictures in memory, over the few answers of Blob storage that Loupe reads with.

    python -m bench.file_server PORT FOLDER

Where the emulator spends more CPU on an image than Loupe does, and on the same machine, throughput would be its and not
Loupe's. Get Blob and Get Blob Properties (HEAD) are answered as Azure does, with the version in If-Match honoured;
signatures are not looked at.

Every picture of the folder can be had in any folder of the container, each time with other bytes (see ``content``): so
few pictures give many blobs, and none is known to Loupe already.
"""

import asyncio
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast
from urllib.parse import unquote

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


class FileServer(asyncio.Protocol):
    """One connection. Requests on it are answered in turn.

    Args:
        pictures: by the last part of a blob's name.
    """

    _transport: asyncio.Transport

    def __init__(self, pictures: dict[str, Served]) -> None:
        self._pictures = pictures
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
        blob = unquote(target.partition(b"?")[0].split(b"/", 3)[-1].decode())  # after account and container
        folder, _, name = blob.rpartition("/")
        picture = self._pictures.get(name)
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
        return head + content(picture.data, folder) if method == b"GET" else head


def _error(status: str, code: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nx-ms-error-code: {code}\r\n\r\n".encode()


async def serve(port: int, pictures: dict[str, Served]) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: FileServer(pictures), LOOPBACK, port)
    await server.serve_forever()


def main() -> None:
    """Load the pictures of a folder and serve them."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    asyncio.run(serve(port, {path.name: Served.load(path) for path in folder.iterdir() if path.suffix in TYPES}))


if __name__ == "__main__":
    main()
