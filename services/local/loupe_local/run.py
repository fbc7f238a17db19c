"""The program: starts everything, classifies pictures, shows the answers, and stays."""

import argparse
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from rich.progress import track

from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.photos import find_photos, upload_photos
from loupe_local.ports import LOOPBACK
from loupe_local.program import as_program, console, running, stay
from loupe_local.stack import SERVICES, Stack, StackConfig
from loupe_local.watch import outcomes, table
from loupe_shared.result import ResultDocument

MAX_ROWS = 100
MAX_PORT = 65535

# The first two are where Azure's tools look for an emulator.
DEFAULT_PORTS = {"blob": 10000, "queue": 10001, "api": 8080, "ingestion": 8081}


def main(arguments: Sequence[str] | None = None, program: str = "loupe_local") -> None:
    """Start everything, classify the pictures, show the answers, and stay.

    Args:
        arguments: of the program; by default those that it was called with.
        program: as what it was called.
    """
    options = _options(arguments, program)
    with as_program() as has_answered:
        folder = options.images.expanduser()
        photos = find_photos(folder)
        with running(_config(options)) as stack:
            results = _classify(stack, folder, photos)
            console.print(table(results[-MAX_ROWS:]))
            if len(results) > MAX_ROWS:
                console.print(f"… and {len(results) - MAX_ROWS} more: {stack.api}/v1/images")
            has_answered()
            if not options.once:
                _explain(stack)
                stay(stack)


def _options(arguments: Sequence[str] | None, program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument(
        "--images", type=Path, default=Path("samples"), help="folder of pictures (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="end after the table")
    parser.add_argument("--model", type=Path, default=Path("models/efficientnet-lite0"), help="model bundle")
    parser.add_argument(
        "--frontend", type=Path, default=Path("services/frontend/dist"), help="folder of the built front end"
    )
    parser.add_argument("--state", type=Path, default=Path(".loupe"), help="folder for data and logs")
    for name, port in DEFAULT_PORTS.items():
        parser.add_argument(f"--{name}-port", type=_port, default=port)
    parser.add_argument(
        "--metrics-port",
        type=_port,
        help="port of the first service's metrics, which the others' follow (default: none)",
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{port} is no port: choose 1 to {MAX_PORT}")
    return port


def _config(options: argparse.Namespace) -> StackConfig:
    storage = StoragePorts(options.blob_port, options.queue_port)
    return StackConfig(
        options.state,
        options.model,
        options.api_port,
        options.ingestion_port,
        storage,
        frontend=options.frontend,
        metrics_ports=dict(zip(SERVICES, count(options.metrics_port))) if options.metrics_port else {},
    )


def _classify(stack: Stack, folder: Path, photos: list[Path]) -> list[ResultDocument]:
    with stack.azurite.blobs() as blobs:
        uploaded = upload_photos(blobs, folder, photos)
        uploads = list(track(uploaded, "uploading  ", total=len(photos), console=console))
    answers = outcomes(stack.api, uploads, stack.check)
    return list(track(answers, "classifying", total=len(uploads), console=console))


def _metrics_line(config: StackConfig) -> str:
    ports = config.metrics_ports.values()
    return f"Metrics of the services    http://{LOOPBACK}:{min(ports)}/metrics to :{max(ports)}\n" if ports else ""


def _explain(stack: Stack) -> None:
    storage = stack.config.storage
    connection = "UseDevelopmentStorage=true"
    if (storage.blob, storage.queue) != (DEFAULT_PORTS["blob"], DEFAULT_PORTS["queue"]):
        connection = stack.azurite.connection_string
    console.print(
        f"\nWebhook for blob events    {stack.webhook}\n"
        f"Blob container             {stack.azurite.blob_endpoint}/{CONTAINER}\n"
        f"Data and logs              {stack.config.state.resolve()}\n"
        f"API and its documentation  {stack.api}/docs\n"
        f"{_metrics_line(stack.config)}\n"
        "Any Azure tool can drop pictures into the container, for example\n"
        f"  az storage blob upload --connection-string '{connection}' -c {CONTAINER} -f PICTURE\n"
        "Ctrl-C ends everything.\n\n"
        f"Look at them and drop in more with a browser:  {stack.api}",
        soft_wrap=True,
    )
