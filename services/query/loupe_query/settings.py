"""Settings of the read API."""

from loupe_shared.settings import AccountSettings, HttpSettings, StoreSettings


class QuerySettings(StoreSettings, AccountSettings, HttpSettings):
    """Settings of the read API."""
