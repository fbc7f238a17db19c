"""Reading the answers of List Blobs, which have twenty elements for each blob, of which five are wanted.

Expat takes half of what a tree of elements takes, and keeps nothing of the others.
"""

import re
from html import unescape
from typing import Self
from urllib.parse import unquote
from xml.parsers import expat

from loupe_shared.container import CountedPage, Listed, ListedPage

_ROOT = "EnumerationResults"
_ENDING = re.compile(rb"</?Blobs ?/?>\s*<NextMarker(?: ?/|>([^<]*)</NextMarker)>\s*</EnumerationResults>\s*\Z")
_MAX_ENDING = 8192  # bytes; a marker is far shorter
_WANTED = frozenset(("Name", "Etag", "Last-Modified", "Content-Length", "Content-Type", "ResourceType", "NextMarker"))


def read_page(body: bytes) -> ListedPage:
    """The page in an answer, without the folders that an account with a hierarchical namespace lists as blobs.

    Raises:
        ValueError: it is no such answer.
    """
    return _Reader.read(body).page()


def count_page(body: bytes) -> CountedPage:
    """How many blobs ``read_page`` would find, without reading what is known of each.

    Text of XML has no bare ``<``, so tags can be counted as they are, but for comments and CDATA sections, which
    storage does not write.

    Raises:
        ValueError: it is no such answer.
    """
    ending = _ENDING.search(body, max(0, len(body) - _MAX_ENDING))
    if ending is None or b"<!" in body:
        page = read_page(body)
        return CountedPage(len(page.blobs), page.next)
    folders = body.count(b"<ResourceType>directory</ResourceType>")
    return CountedPage(body.count(b"<Blob>") - folders, unescape((ending[1] or b"").decode()))


class _Reader:
    """What has been read so far.

    Attributes:
        values: of the wanted elements, of the blob that is being read, and of the page.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._blobs: list[Listed] = []
        self._text = ""
        self._is_encoded = False

    @classmethod
    def read(cls, body: bytes) -> Self:
        reader = cls()
        parser = expat.ParserCreate()
        parser.buffer_text = True  # so that a text comes in one piece
        parser.buffer_size = 65_536
        parser.StartElementHandler = reader.start
        parser.CharacterDataHandler = reader.text
        parser.EndElementHandler = reader.end
        try:
            parser.Parse(body, True)  # noqa: FBT003  (has no name)
        except expat.ExpatError as error:
            raise ValueError(f"it is not XML: {error}") from error
        return reader

    def page(self) -> ListedPage:
        if _ROOT not in self.values:
            raise ValueError("it is not a listing")
        return ListedPage(self._blobs, self.values.get("NextMarker", ""))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._text = ""
        if name == "Name":
            self._is_encoded = attributes.get("Encoded") == "true"

    def text(self, text: str) -> None:
        self._text = text

    def end(self, name: str) -> None:
        if name in _WANTED:
            self.values[name] = self._text
        elif name == "Blob":
            self._add()
        elif name == _ROOT:
            self.values[name] = ""

    def _add(self) -> None:
        values, self.values = self.values, {}
        name = values.get("Name")
        if not name:
            raise ValueError("a blob has no name")
        if values.get("ResourceType") == "directory":
            return
        self._blobs.append(
            Listed(
                # What XML cannot hold is percent-encoded, and then all of the name is.
                unquote(name) if self._is_encoded else name,
                values.get("Etag", "").strip('"'),
                values.get("Last-Modified", ""),
                int(values.get("Content-Length") or 0),
                values.get("Content-Type", ""),
            )
        )
