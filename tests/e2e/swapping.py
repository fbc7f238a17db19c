"""A system whose workers answer with a bundle that may be replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_local.azurite import StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig


@contextmanager
def swapping(state: Path, bundle: Path) -> Iterator[Stack]:
    """Everything, with workers that look all the time where a link to a bundle leads."""
    environment = (
        ("LOUPE_MODEL_BUNDLE", str(bundle)),  # the link itself, not what it points to
        ("LOUPE_BUNDLE_POLL_INTERVAL_S", "0.05"),
        ("LOUPE_KNOWN_ANSWERS", "0"),
    )
    storage = StoragePorts(free_port(), free_port())
    with Stack(StackConfig(state, bundle, free_port(), free_port(), storage, environment)) as stack:
        yield stack
