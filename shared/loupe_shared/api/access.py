"""Who calls the API, and how people sign in to it."""

from enum import StrEnum

from pydantic import BaseModel, Field


class Scope(StrEnum):
    """What a caller may do. None includes another: a caller is given each that it needs."""

    READ = "read"
    REVIEW = "review"
    OPERATE = "operate"


class Me(BaseModel):
    """Who the API takes the caller for."""

    name: str = Field(description="of the API key; or the object id that Entra ID has for a person or an application")
    scopes: tuple[Scope, ...]


class EntraSignIn(BaseModel):
    """How people sign in with Entra ID: OpenID Connect, authorization code with PKCE."""

    authority: str = Field(description="where the discovery document of OpenID Connect is found")
    client_id: str = Field(description="of the front end's registration")
    scope: str = Field(description="what to ask for, to be given an access token for this API")


class SignIn(BaseModel):
    """What a page must know before it can ask the API for anything."""

    needed: bool = Field(
        description="whether callers must say who they are; otherwise everyone on this machine may call"
    )
    api_keys: bool = Field(description="whether API keys are accepted")
    entra: EntraSignIn | None = Field(description="unset if people cannot sign in with Entra ID on a page")
