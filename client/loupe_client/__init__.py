"""Loupe's API from Python, for notebooks and programs."""

from loupe_client.client import Loupe
from loupe_client.errors import (
    ApiError,
    ChangesMissed,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    Replaced,
    StrangeAnswer,
    Unavailable,
    Unreachable,
    UploadFailed,
)
from loupe_client.reachability import Contact
from loupe_client.stream import Stream
from loupe_client.uploads import Uploaded

__all__ = [
    "ApiError",
    "ChangesMissed",
    "Conflict",
    "Contact",
    "Invalid",
    "Loupe",
    "NotAllowed",
    "NotFound",
    "Refused",
    "Replaced",
    "StrangeAnswer",
    "Stream",
    "Unavailable",
    "Unreachable",
    "UploadFailed",
    "Uploaded",
]
