"""How the API is asked: where it is, who asks, and what its errors mean for the program."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from loupe_cli.failures import USAGE, Failure, failing

if TYPE_CHECKING:
    from loupe_client import Loupe

_IN_A_HEADER = range(0x21, 0x7F)


@dataclass(frozen=True)
class Access:
    """Where the API is, and who asks it.

    Attributes:
        url: of the API.
        key: an API key.
        key_file: that has one, if ``key`` is unset.
        is_entra: whether to sign in with Entra ID instead.
        scope: what to ask Entra ID for.
    """

    url: str
    key: str | None = field(repr=False)
    key_file: Path | None
    is_entra: bool
    scope: str | None

    @contextmanager
    def client(self) -> Iterator["Loupe"]:
        """A client of the API. Within, its errors end the program, with a sentence that says what to do."""
        from loupe_client import Loupe  # noqa: PLC0415  (half of the time that --help would take)

        token = self._token() if self.is_entra else None
        with failing(self.url), Loupe(self.url, api_key=None if token else self._key(), token=token) as loupe:
            yield loupe

    def _key(self) -> str | None:
        key = self.key
        if key is None and self.key_file is not None:
            try:
                key = self.key_file.expanduser().read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise Failure(f"the key file {self.key_file} cannot be read: {reason}", USAGE) from error
        key = (key or "").strip()
        if any(ord(character) not in _IN_A_HEADER for character in key):
            raise Failure("the API key has characters that no key has: copy it again", USAGE)
        return key or None

    def _token(self) -> Callable[[], str]:
        if not self.scope:
            raise Failure("--entra needs --scope, such as APPLICATION-ID/.default", USAGE)
        scope = self.scope
        try:
            from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415  (an extra of this package)
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415  (the same)
        except ImportError as error:
            raise Failure("--entra needs the package azure-identity: pip install 'loupe-cli[entra]'") from error
        credential = DefaultAzureCredential()

        def token() -> str:
            try:
                return credential.get_token(scope).token
            except ClientAuthenticationError as error:
                raise Failure("Entra ID does not know who you are: run `az login`, then try again") from error

        return token


def access(context: typer.Context) -> Access:
    """What the options before the command say."""
    found = context.find_object(Access)
    if found is None:
        raise AssertionError
    return found
