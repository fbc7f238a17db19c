"""Keeping signals away from what must not be left half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What ends the program: Ctrl-C, `kill`, and the end of its terminal.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore these signals for a while."""
    if threading.current_thread() is not threading.main_thread():  # which alone may handle signals
        yield
        return
    handlers = [signal.signal(number, signal.SIG_IGN) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, handlers, strict=True):
            signal.signal(number, handler)
