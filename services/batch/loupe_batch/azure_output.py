"""A file that is written in parts, as a block blob: blocks are seen when they are committed, all at once."""

import base64
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import quote
from xml.etree import ElementTree as ET

from loupe_batch.ports import OutputRefused
from loupe_shared.adapters.storage_http import Response, StorageHttp
from loupe_shared.errors import StorageUnavailable

MAX_BLOCKS = 50_000
MAX_LIST_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 8 * 1024 * 1024


class BlockBlobFile:
    """``OutputFile`` over Put Block and Put Block List of the REST API.

    Storage forgets blocks that are not committed within a week. Until then those of others, who were to write a file of
    the same name and did not come to its end, lie beside ours. So the id of a block begins with its owner's.

    Args:
        address: URL of the container.
        name: of the blob.
        owner: whose parts these are. It is written on the blob, so that it is known who finished it. All owners must be
            of the same length, because storage demands it of the ids of a blob's blocks.
        http: how to reach it.
    """

    def __init__(self, address: str, name: str, owner: str, http: StorageHttp) -> None:
        self._address = f"{address.rstrip('/')}/{quote(name)}"
        self._name = name
        self._owner = owner
        self._http = http

    def write(self, number: int, content: bytes) -> None:
        """See ``OutputFile.write``."""
        if number >= MAX_BLOCKS:
            raise OutputRefused(f"the output {self._name} is too long: submit several jobs, each of a part")
        id_ = quote(base64.b64encode(f"{self._owner}/{number:08d}".encode()), safe="")
        self._expect(HTTPStatus.CREATED, self._ask("PUT", f"?comp=block&blockid={id_}", body=content))

    def finish(self, media_type: str) -> None:
        """See ``OutputFile.finish``."""
        listed = self._ask("GET", "?comp=blocklist&blocklisttype=uncommitted", max_bytes=MAX_LIST_BYTES)
        if listed.status == HTTPStatus.NOT_FOUND:
            names: list[str] = []
        else:
            self._expect(HTTPStatus.OK, listed)
            found = (name.text or "" for name in ET.fromstring(listed.body).iter("Name"))  # noqa: S314
            ours = f"{self._owner}/".encode()
            names = sorted((name for name in found if base64.b64decode(name).startswith(ours)), key=base64.b64decode)
        blocks = "".join(f"<Uncommitted>{name}</Uncommitted>" for name in names)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{blocks}</BlockList>'.encode()
        headers = {"If-None-Match": "*", "x-ms-blob-content-type": media_type, "x-ms-meta-job": self._owner}
        committed = self._ask("PUT", "?comp=blocklist", headers, body=body)
        if committed.status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
            if self._is_ours():
                return
            raise OutputRefused(f"there is an output {self._name} already: remove it, or choose another name")
        self._expect(HTTPStatus.CREATED, committed)

    def read(self) -> Iterator[bytes]:
        """See ``OutputFile.read``."""
        length = self._expect(HTTPStatus.OK, self._ask("HEAD", "")).length
        for start in range(0, length, PIECE_BYTES):
            headers = {"x-ms-range": f"bytes={start}-{min(start + PIECE_BYTES, length) - 1}"}
            piece = self._ask("GET", "", headers, max_bytes=PIECE_BYTES)
            yield self._expect(HTTPStatus.PARTIAL_CONTENT, piece).body

    def remove(self) -> None:
        """See ``OutputFile.remove``."""
        removed = self._ask("DELETE", "")
        if removed.status != HTTPStatus.NOT_FOUND:
            self._expect(HTTPStatus.ACCEPTED, removed)

    def _is_ours(self) -> bool:
        found = self._ask("HEAD", "")
        return found.status == HTTPStatus.OK and found.headers.get("x-ms-meta-job") == self._owner

    def _ask(
        self,
        method: str,
        query: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        max_bytes: int = 0,
    ) -> Response:
        return self._http.submit(self._http.request(method, self._address + query, headers, max_bytes, body)).result()

    def _expect(self, status: HTTPStatus, response: Response) -> Response:
        if response.status != status:
            raise StorageUnavailable(
                f"the output {self._name} cannot be written: storage answered {response.status} {response.error_code}"
            )
        return response
