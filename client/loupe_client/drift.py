"""Whether images are still such as a model was trained for."""

from typing import Unpack

from loupe_client.connection import Connection
from loupe_client.filters import DriftFilter
from loupe_shared.api.drift import DriftReport


class Drift:
    """The part of the client for drift."""

    _api: Connection

    def drift(self, **wanted: Unpack[DriftFilter]) -> DriftReport:
        """Images of the last days, beside those that their model was trained for, or those of other days."""
        return self._api.ask(DriftReport, "GET", "/v1/drift", wanted)
