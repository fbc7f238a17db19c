"""Versions of models that look on."""

from urllib.parse import quote

from loupe_client.connection import Connection
from loupe_shared.api.shadows import ShadowReport


class Shadows:
    """The part of the client for comparing versions of a model."""

    _api: Connection

    def compared(self, name: str, version: int, *, limit: int | None = None) -> ShadowReport:
        """What a version of a model said while it looked on, beside what was answered.

        Args:
            name: of the model.
            version: of it.
            limit: of disagreements with each version that answered.
        """
        path = f"/v1/models/{quote(name, safe='')}/shadows/{version}"
        return self._api.ask(ShadowReport, "GET", path, {"limit": limit})
