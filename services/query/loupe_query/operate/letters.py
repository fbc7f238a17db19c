"""A dead letter, and what can be shown of it."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from loupe_shared.api.images import ImageName
from loupe_shared.api.operate import Source

MAX_SHOWN_IMAGES = 32

_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)
# What gives access: signatures of links, keys of accounts, tokens of webhooks, and passwords in addresses.
_SECRET = re.compile(r"((?:\bsig|AccountKey|\btoken)=|://[^/@\s:]*:)[^&;@\s\"'\\]+", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """A message that was set aside, as it was found.

    Attributes:
        id: follows from what was found, so it is the same for everyone.
        at: when it was set aside; unset if that was not noted.
        message: what could not be handled. It should be text, but need not be.
        handle: by which its box finds it.
        damage: why it is not what was set aside any more; unset if it is.
    """

    id: str
    source: Source
    reason: str
    at: datetime | None
    message: object
    handle: bytes
    damage: str | None = None

    @property
    def text(self) -> str:
        """The message as text."""
        return self.message if isinstance(self.message, str) else json.dumps(self.message)


def letter_id(source: Source, content: bytes) -> str:
    """The id of a letter, which a box knows by this content."""
    return hashlib.blake2b(content, digest_size=16, person=source.encode()).hexdigest()


def presentable(text: str) -> str:
    """A text without what looks like a secret, and without halves of characters, which no answer can have."""
    return _SECRET.sub(r"\1…", text).encode(errors="replace").decode()


def images_in(text: str) -> tuple[ImageName, ...]:
    """The images that a message of whatever kind names, as far as it can be read; the first few."""
    found: dict[tuple[str, str], ImageName] = {}
    for container, blob in _names(_parsed(text)):
        try:
            found[container, blob] = ImageName(container=container, blob=blob)
        except ValidationError:  # no image can have such a name
            continue
        if len(found) == MAX_SHOWN_IMAGES:
            break
    return tuple(found.values())


def _parsed(text: str) -> object:
    try:
        plain = text.strip()
        return json.loads(plain if plain.startswith(("{", "[")) else base64.b64decode(plain, validate=True))
    except (ValueError, RecursionError):
        return None


def _names(document: object) -> Iterator[tuple[str, str]]:
    """Pairs of container and blob, from what Loupe writes and from events, wherever they stand."""
    rest = [document]
    while rest:
        match rest.pop():
            case {"container": str(container), "blob": str(blob)}:
                yield container, blob
            case {"subject": str(subject)} if named := _SUBJECT.fullmatch(subject):
                yield named[1], named[2]
            case dict() as parts:
                rest += reversed(parts.values())
            case list() as parts:
                rest += reversed(parts)
