"""Who calls, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum

from loupe_shared.errors import PermanentError


class Scope(StrEnum):
    """What a caller may do. None includes another: a caller is given each that it needs."""

    READ = "read"
    REVIEW = "review"
    OPERATE = "operate"


@dataclass(frozen=True)
class Caller:
    """Who a request comes from.

    Attributes:
        name: of the API key; or the object id that Entra ID has for a person or an application, which never changes.
        scopes: what it may do.
    """

    name: str
    scopes: frozenset[Scope]


ANONYMOUS = Caller("anonymous", frozenset(Scope))


class NotAuthenticated(PermanentError):
    """What a request carries does not tell who it comes from. The message says why, for the caller to read."""
