"""Which adapter the settings ask for. For composition roots."""

from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.ports import ResultStore
from loupe_shared.settings import StoreSettings


def open_store(settings: StoreSettings) -> ResultStore:
    """The results store of a process.

    Raises:
        ConfigurationError: it cannot be opened as configured.
    """
    if settings.results_store == "cosmos":
        # The SDK takes half a second to import, which a process with another store need not pay.
        from loupe_shared.adapters.cosmos import open_cosmos  # noqa: PLC0415

        return open_cosmos(settings)
    if settings.sqlite_path is None:  # the settings refuse this
        raise AssertionError
    return SqliteStore(settings.sqlite_path, settings.history_days)
