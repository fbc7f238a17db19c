"""Who calls, and what they may do."""

from dataclasses import dataclass

from loupe_shared.api.access import Scope
from loupe_shared.errors import PermanentError


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
