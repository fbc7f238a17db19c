"""``python -m loupe_local``: everything on this machine, photos in, answers out. ``make run`` calls it."""

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import track

from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.photos import find_photos, upload_photos
from loupe_local.stack import Stack, StackConfig
from loupe_local.watch import outcomes, table
from loupe_shared.domain import Result
from loupe_shared.errors import ConfigurationError, LoupeError

MAX_ROWS = 100
WATCH_INTERVAL_S = 0.5

console = Console()


def main() -> None:
    """Start everything, classify the pictures, show the answers, and stay."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        photos = find_photos(options.images)
        with _only_one(options.state), _stack(options) as stack:
            results = _classify(stack, options.images, photos)
            console.print(table(results[-MAX_ROWS:]))
            if len(results) > MAX_ROWS:
                console.print(f"… and {len(results) - MAX_ROWS} more: {stack.api}/v1/images")
            if not options.once:
                _stay(stack)
    except KeyboardInterrupt:
        console.print("Everything has ended.")
    except LoupeError as error:
        print(f"loupe: {error}", file=sys.stderr)
        sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loupe_local", description=__doc__)
    parser.add_argument(
        "--images", type=Path, default=Path("samples"), help="folder of pictures (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="end after the table")
    parser.add_argument("--model", type=Path, default=Path("models/efficientnet-lite0"), help="model bundle")
    parser.add_argument("--state", type=Path, default=Path(".loupe"), help="folder for data and logs")
    parser.add_argument("--blob-port", type=int, default=10000)
    parser.add_argument("--queue-port", type=int, default=10001)
    parser.add_argument("--api-port", type=int, default=8080)
    parser.add_argument("--ingestion-port", type=int, default=8081)
    return parser.parse_args()


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Keep a second run away from the same data."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(f"Loupe runs already on the data in {state.resolve()}: end that first") from error
        yield


@contextmanager
def _stack(options: argparse.Namespace) -> Iterator[Stack]:
    storage = StoragePorts(options.blob_port, options.queue_port)
    config = StackConfig(options.state, options.model, options.api_port, options.ingestion_port, storage)
    with console.status("starting") as status:
        stack = Stack(config, lambda name: status.update(f"starting {name}"))
        stack.__enter__()
    try:
        yield stack
    finally:
        # A second Ctrl-C must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with console.status("ending"):
            stack.stop()


def _classify(stack: Stack, folder: Path, photos: list[Path]) -> list[Result]:
    with stack.azurite.blobs() as blobs:
        uploaded = upload_photos(blobs, folder, photos)
        uploads = list(track(uploaded, "uploading  ", total=len(photos), console=console))
    answers = outcomes(stack.api, uploads, stack.check)
    return list(track(answers, "classifying", total=len(uploads), console=console))


def _stay(stack: Stack) -> None:
    console.print(
        f"\nAPI and its documentation  {stack.api}/docs\n"
        f"Webhook for blob events    {stack.webhook}\n"
        f"Blob container             {stack.azurite.blob_endpoint}/{CONTAINER}\n"
        f"Data and logs              {stack.config.state.resolve()}\n\n"
        "Drop more pictures into the container with any Azure tool, for example\n"
        f"  az storage blob upload --connection-string UseDevelopmentStorage=true -c {CONTAINER} -f PICTURE\n"
        "Ctrl-C ends everything.",
        soft_wrap=True,
    )
    while True:
        stack.check()
        time.sleep(WATCH_INTERVAL_S)


if __name__ == "__main__":
    main()
