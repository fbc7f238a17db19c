"""Settings of who may call the API."""

import re
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from loupe_shared.settings import HttpSettings, is_loopback

# As browsers spell it: nothing after the host, and no capital letters.
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]+)?")


class AccessSettings(HttpSettings):
    """Who may call the API, how often, and with how much."""

    api_keys_file: Path | None = Field(
        default=None,
        description="JSON file of the API keys' hashes, such as a mounted secret; it is read again when it changes. "
        "`python -m loupe_query.access.keys` makes its entries.",
    )
    entra_tenant: UUID | None = Field(
        default=None, description="Id of the Entra ID tenant whose access tokens (version 2.0) are accepted."
    )
    entra_audience: str | None = Field(
        default=None,
        min_length=1,
        description="Whom those tokens must be for: the application (client) id of the API's registration.",
    )
    entra_client: str | None = Field(
        default=None,
        min_length=1,
        description="Application (client) id of the front end's registration, with which people sign in on its pages. "
        "Unset, they need an API key.",
    )
    entra_authority: str = Field(
        default="https://login.microsoftonline.com",
        description="URL of Entra ID. National clouds have others.",
    )
    requests_per_second: float = Field(
        default=100,
        gt=0,
        allow_inf_nan=False,
        description="Requests of one caller that each process answers per second, once twice as many have come at "
        "once. Anonymous and refused callers are counted by address.",
    )
    max_body_bytes: int = Field(
        default=2_000_000,
        ge=0,
        description="Longest body of a request to the API, in bytes; a picture to search by has LOUPE_MAX_IMAGE_BYTES.",
    )
    cors_origins: str | None = Field(
        default=None,
        description="Origins of the web pages that may call the API, separated by commas, such as "
        "https://app.example.org. Unless set, none may.",
    )

    def allowed_origins(self) -> list[str]:
        """The origins of the web pages that may call the API."""
        return _split(self.cors_origins)

    @field_validator("entra_authority")
    @classmethod
    def _authority_is_authentic(cls, value: str) -> str:
        parts = urlsplit(value)
        # The keys that tokens are checked with come from there.
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError("must begin with https://")
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_exact(cls, value: str | None) -> str | None:
        for origin in _split(value):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an origin")
        return value

    @model_validator(mode="after")
    def _somebody_is_let_in(self) -> Self:
        if (self.entra_tenant is None) != (self.entra_audience is None):
            raise ValueError("LOUPE_ENTRA_TENANT and LOUPE_ENTRA_AUDIENCE must be set together")
        if self.entra_client and self.entra_tenant is None:
            raise ValueError("LOUPE_ENTRA_CLIENT needs LOUPE_ENTRA_TENANT and LOUPE_ENTRA_AUDIENCE")
        if self.api_keys_file is None and self.entra_tenant is None and not is_loopback(self.host):
            raise ValueError(
                "LOUPE_API_KEYS_FILE, or LOUPE_ENTRA_TENANT and LOUPE_ENTRA_AUDIENCE, must be set when LOUPE_HOST is "
                "not a loopback address"
            )
        return self


def _split(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]
