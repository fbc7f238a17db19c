"""Whether API and storage answer, to whom, and as what: for those who find out why something does not work."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from loupe_client.connection import Connection
from loupe_client.errors import StrangeAnswer
from loupe_shared.api.access import Me


@dataclass(frozen=True)
class Contact:
    """How the API answers.

    Attributes:
        is_ready: whether it can do its work.
        at: when it answered, by its own clock, to the second; unset if it does not say.
    """

    is_ready: bool
    at: datetime | None


class Reachability:
    """The part of the client that looks at the API itself."""

    _api: Connection
    _storage: Connection

    def is_ready(self) -> bool:
        """Whether the API answers and can do its work."""
        return self._api.succeeds(self._api.request("GET", "/readyz"))

    def contact(self) -> Contact:
        """Whether the API can do its work, and what time it is there.

        Raises:
            Unreachable: it does not answer.
        """
        response = self._api.once(self._api.request("GET", "/readyz"))
        return Contact(response.is_success, _moment(response.headers.get("Date", "")))

    def version(self) -> str:
        """The version of the API, from its description."""
        text = self._api.content(self._api.request("GET", "/openapi.json"))
        try:
            return str(json.loads(text)["info"]["version"])
        except (ValueError, KeyError, TypeError) as error:
            raise StrangeAnswer("the answer is no description of an API") from error

    def me(self) -> Me:
        """Who the API takes the caller for, and what it may do."""
        return self._api.ask(Me, "GET", "/v1/me")

    def reach(self, link: str) -> None:
        """Ask where a link leads for anything. Whatever comes, even a refusal, shows that it can be reached.

        Raises:
            Unreachable: nothing comes.
        """
        self._storage.once(self._storage.request("HEAD", link))


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
