"""Answers to List Blobs, in which every blob has what the service says of one."""

from collections.abc import Iterable
from typing import NamedTuple

_BLOB = (
    "<Blob><Name>{name}</Name><Properties><Creation-Time>Sun, 22 Nov 2026 08:15:30 GMT</Creation-Time>"
    "<Last-Modified>Sun, 22 Nov 2026 08:15:30 GMT</Last-Modified><Etag>{etag}</Etag>"
    "<Content-Length>{length}</Content-Length><Content-Type>{type}</Content-Type><Content-Encoding />"
    "<Content-Language /><Content-CRC64 /><Content-MD5>XrY7u+Ae7tCTyyK7j1rNww==</Content-MD5><Cache-Control />"
    "<Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
    "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
    "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
)


class Entry(NamedTuple):
    """A blob of a listing. The name must need no escape in XML."""

    name: str
    etag: str
    length: int
    type: str = "image/jpeg"


def answer(entries: Iterable[Entry], following: str) -> bytes:
    """An HTTP response with a page; ``following`` is the marker of the next one, empty at the end."""
    blobs = "".join(_BLOB.format(**entry._asdict()) for entry in entries)
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="images"><Blobs>'
        f"{blobs}</Blobs><NextMarker>{following}</NextMarker></EnumerationResults>"
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: application/xml\r\n\r\n"
    return head.encode() + body
