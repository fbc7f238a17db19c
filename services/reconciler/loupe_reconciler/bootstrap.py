"""The composition root of the reconciler: the only place that names adapters."""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from loupe_reconciler.mender import Mender
from loupe_reconciler.merge import Names
from loupe_reconciler.pace import Pace, Stopped
from loupe_reconciler.settings import ReconcilerSettings
from loupe_reconciler.sweep import Sweep
from loupe_reconciler.sweeper import sweep_repeatedly
from loupe_reconciler.valkey_progress import ValkeyProgress
from loupe_shared.adapters.blob_listing import AzureListing
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.queues import ValkeyQueues
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.stores import open_store
from loupe_shared.dispatch import Dispatch
from loupe_shared.errors import TransientError
from loupe_shared.heartbeat import Heartbeat
from loupe_shared.stopping import until_told_to_end
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.metrics import SWEEP_ENDED

CONCURRENT_REQUESTS = 16
STORAGE_TIMEOUT_S = 60.0  # a page of a listing may take long to begin
MAX_GROUP = 1000  # images that a store is asked for at once
EX_TEMPFAIL = 75  # sysexits.h: to try again later may help

log = logging.getLogger(__name__)


def serve_reconciler(settings: ReconcilerSettings) -> int:
    """Sweep again and again until told to end. Returns the exit code."""
    with _running(settings) as (sweep, stopped):
        sweep_repeatedly(sweep.run, settings.sweep_interval_s, stopped)
    return 0


def sweep_once(settings: ReconcilerSettings) -> int:
    """Sweep one time, and say what came of it. Returns the exit code, which is not 0 if the sweep must go on later."""
    with _running(settings) as (sweep, _):
        try:
            print(sweep.run())
        except (TransientError, Stopped) as error:
            log.error("the sweep was interrupted: %s", error)  # noqa: TRY400  (one sentence says it)
            return EX_TEMPFAIL
    return 0


@contextmanager
def _running(settings: ReconcilerSettings) -> Iterator[tuple[Sweep, threading.Event]]:
    """A sweep, and the event that ends it, of a process that can be seen to run."""
    SWEEP_ENDED.set(math.nan)  # a process that dies in every sweep must not look as if it ended some
    with (
        until_told_to_end() as stopped,
        open_sweep(settings, stopped) as sweep,
        Exposition(settings, "reconciler"),
        Heartbeat(settings.heartbeat_file),
    ):
        yield sweep, stopped


@contextmanager
def open_sweep(settings: ReconcilerSettings, stopped: threading.Event) -> Iterator[Sweep]:
    """A sweep over the real neighbours."""
    account, container = settings.storage_account, settings.image_container
    outstanding, pace = ValkeyOutstanding(settings), Pace(ValkeyQueues(settings), stopped)
    dispatch = Dispatch(CeleryPublisher(make_celery(settings)), outstanding, settings.job_size)
    with (
        closing(open_store(settings)) as store,
        closing(StorageHttp(settings, CONCURRENT_REQUESTS, STORAGE_TIMEOUT_S)) as http,
    ):
        listing = AzureListing(settings.blob_endpoint, container, http)
        yield Sweep(
            listing,
            partial(Names, store, container),
            Mender(store, listing, outstanding, dispatch, pace, (account, container), settings.sweep_grace_s),
            ValkeyProgress(settings, account, container),
            pace,
            settings.sweep_prefixes,
            min(MAX_GROUP, settings.job_size * settings.sweep_jobs),
        )
