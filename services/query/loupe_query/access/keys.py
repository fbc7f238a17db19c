"""API keys. ``python -m loupe_query.access.keys`` makes one."""

import argparse
import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.api.access import Scope
from loupe_shared.domain import UtcDatetime

KEY_PREFIX = "loupe_"  # people and scanners for leaked secrets recognise keys by it
KEY_BYTES = 32


class KeyEntry(BaseModel):
    """What is kept of a key."""

    # An unknown field is an error: a misspelt "expires" would be a key that never does.
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...] = Field(min_length=1)
    expires: UtcDatetime | None = None


def new_key() -> str:
    """A key that nobody can guess."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


def hash_key(key: str) -> str:
    """What a key is recognised by.

    Slow, salted hashes protect what people choose, because that can be guessed. 256 random bits cannot, at any speed.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a key and show it, with the entry that lets it in."""
    parser = argparse.ArgumentParser(prog="python -m loupe_query.access.keys", description="Makes an API key.")
    parser.add_argument("--name", required=True, help="who the key is for; two keys may have the same name")
    parser.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[scope.value for scope in Scope],
        help="what it may be used for; may be given several times",
    )
    parser.add_argument("--expires", type=_moment, help="when it ends, in UTC, such as 2027-06-30 or 2027-06-30T18:00")
    given = parser.parse_args(arguments)
    if given.expires and given.expires <= datetime.now(UTC):
        parser.error("--expires must be in the future")
    key = new_key()
    entry = KeyEntry(name=given.name, sha256=hash_key(key), scopes=given.scope, expires=given.expires)
    print(f"The key, which cannot be shown again:\n\n{key}\n")  # noqa: T201  (it speaks to a person)
    print(f"Its entry in the list of LOUPE_API_KEYS_FILE:\n\n{entry.model_dump_json(exclude_none=True)}")  # noqa: T201


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no date") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
