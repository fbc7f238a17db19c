"""Which adapter the settings ask for. For composition roots."""

from pathlib import Path

from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.adapters.sqlite_jobs import SqliteJobs, jobs_path
from loupe_shared.adapters.sqlite_shadows import SqliteShadows, shadows_path
from loupe_shared.batch.ports import JobStore
from loupe_shared.ports import ResultStore
from loupe_shared.release.shadows import ShadowStore
from loupe_shared.settings import ShadowSettings, StoreSettings


def open_store(settings: StoreSettings) -> ResultStore:
    """The results store of a process.

    Raises:
        ConfigurationError: it cannot be opened as configured.
    """
    if settings.results_store == "cosmos":
        # The SDK takes half a second to import, which a process with another store need not pay.
        from loupe_shared.adapters.cosmos import open_cosmos  # noqa: PLC0415

        return open_cosmos(settings)
    return SqliteStore(_results_file(settings), settings.history_days)


def open_job_store(settings: StoreSettings) -> JobStore:
    """The store of batch jobs of a process.

    Raises:
        ConfigurationError: it cannot be opened as configured.
    """
    if settings.results_store == "cosmos":
        from loupe_shared.adapters.cosmos_jobs import open_cosmos_jobs  # noqa: PLC0415  (as above)

        return open_cosmos_jobs(settings)
    return SqliteJobs(jobs_path(_results_file(settings)))


def open_shadow_store(settings: ShadowSettings) -> ShadowStore:
    """The store of what shadow versions say.

    Raises:
        ConfigurationError: it cannot be opened as configured.
    """
    if settings.results_store == "cosmos":
        from loupe_shared.adapters.cosmos_shadows import open_cosmos_shadows  # noqa: PLC0415  (as above)

        return open_cosmos_shadows(settings)
    return SqliteShadows(shadows_path(_results_file(settings)), settings.shadow_days)


def _results_file(settings: StoreSettings) -> Path:
    if settings.sqlite_path is None:  # the settings refuse this
        raise AssertionError
    return settings.sqlite_path
