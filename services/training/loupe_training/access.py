"""Who asks the API, if nobody sits in front of it."""

from collections.abc import Callable

from loupe_client import Loupe
from loupe_shared.errors import TransientError
from loupe_training.settings import RetrainingSettings


class NotSignedIn(TransientError):
    """Entra ID gave no token."""


def client_of(settings: RetrainingSettings) -> Loupe:
    """A client of the API that says who asks: by a key, by a token of Entra ID, or not at all.

    Its methods raise ``NotSignedIn``, too.
    """
    if settings.key:
        return Loupe(settings.url, api_key=settings.key.get_secret_value())
    return Loupe(settings.url, token=_token(settings.scope) if settings.scope else None)


def _token(scope: str) -> Callable[[], str]:
    # They take half a second to import, and who has a key does without.
    from azure.core.exceptions import AzureError  # noqa: PLC0415
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    credential = DefaultAzureCredential()

    def token() -> str:
        try:
            return credential.get_token(scope).token
        except AzureError as error:
            raise NotSignedIn(f"Entra ID gave no token for {scope}: {str(error).splitlines()[0]}") from error

    return token
