"""``python -m loupe_local.deploy``: a model that was just trained goes all the way until it answers.

    bundle ─► register ─► gates ─► promote ─► workers load it ─► a picture of the test split ─► label, score, page

Everything is started for that, on free ports and with data of its own, which are kept: a later version of the model is
compared with the one that serves, and refused if it is worse.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from loupe_client import Conflict, Loupe
from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.photos import Upload
from loupe_local.ports import free_port
from loupe_local.program import as_program, console, running, stay
from loupe_local.stack import Stack, StackConfig
from loupe_local.watch import outcomes
from loupe_shared.bundle import Bundle, Manifest
from loupe_shared.errors import ConfigurationError, TransientError
from loupe_shared.result import ResultDocument
from loupe_training.datasets.snapshot import Sample, Snapshot, Split

POLL_INTERVAL_S = 0.1
PATIENCE_S = 120.0


class NotServed(TransientError):
    """No worker answers with the version that was promoted."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Start everything, deploy the bundle, show its answer, and stay."""
    options = _options(arguments)
    with as_program() as has_answered:
        manifest, snapshot = Bundle.load(options.bundle).manifest, Snapshot.load(options.snapshot)
        sample = _one_of_the_test_split(snapshot)
        with running(_config(options)) as stack, Loupe(stack.api) as loupe:
            _release(loupe, options.bundle, manifest)
            _wait_until_served(stack, loupe, manifest)
            result = _answer(stack, loupe, f"{manifest.name}/{sample.path}", snapshot.images / sample.path)
            _say("answered", f"{_described(result)}; people call it {sample.label}")
            has_answered()
            if not options.once:
                page = urlencode({"container": CONTAINER, "blob": result.image.blob})
                _say("page", f"{stack.api}/image?{page}\n\nCtrl-C ends everything.")
                stay(stack)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    description = "Registers a bundle, promotes it through the gates, and lets it answer for a picture of its test."
    parser = argparse.ArgumentParser(prog="python -m loupe_local.deploy", description=description)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("snapshot", type=Path, help="folder of the snapshot by which it was judged")
    parser.add_argument("--state", type=Path, required=True, help="folder for data and logs; a model has its own")
    parser.add_argument("--once", action="store_true", help="end after the answer")
    parser.add_argument(
        "--frontend", type=Path, default=Path("services/frontend/dist"), help="folder of the built front end"
    )
    return parser.parse_args(arguments)


def _config(options: argparse.Namespace) -> StackConfig:
    storage = StoragePorts(free_port(), free_port())
    return StackConfig(
        options.state,
        options.bundle,
        free_port(),
        free_port(),
        storage,
        frontend=options.frontend,
        is_released=False,
    )


def _one_of_the_test_split(snapshot: Snapshot) -> Sample:
    samples = snapshot.of(Split.TEST)
    if not samples:
        raise ConfigurationError("the snapshot has no test split, of which a picture could be shown")
    return samples[0]


def _release(loupe: Loupe, folder: Path, manifest: Manifest) -> None:
    try:
        loupe.register(folder)
        _say("registered", f"{manifest.name}:{manifest.version}{_measured(manifest)}")
        release = loupe.promote(manifest.name, manifest.version, "it was just trained")
    except Conflict as error:
        raise ConfigurationError(error.detail) from error
    _say("promoted", release.changes[-1].detail)


def _wait_until_served(stack: Stack, loupe: Loupe, manifest: Manifest) -> None:
    wanted, deadline = f"{manifest.name}:{manifest.version}", time.monotonic() + PATIENCE_S
    while {worker.model for worker in loupe.pipeline().workers if worker.service == "inference"} != {wanted}:
        stack.check()
        if time.monotonic() > deadline:
            raise NotServed(f"no worker answers with {wanted} after {PATIENCE_S:.0f} s: the logs may say why")
        time.sleep(POLL_INTERVAL_S)


def _answer(stack: Stack, loupe: Loupe, blob: str, picture: Path) -> ResultDocument:
    try:
        (uploaded,) = loupe.upload({blob: picture})
    except OSError as error:
        raise ConfigurationError(f"{picture} cannot be read: {error.strerror}") from error
    (result,) = outcomes(stack.api, [Upload(blob, uploaded.etag)], stack.check)
    return result


def _say(what: str, text: str) -> None:
    console.print(f"{what:<10}  {text}", soft_wrap=True)


def _measured(manifest: Manifest) -> str:
    metrics = manifest.metrics
    if metrics is None:
        return ""
    return (
        f", accuracy {metrics.accuracy:.3f}, balanced {metrics.balanced_accuracy:.3f} "
        f"over {metrics.images} pictures of the test split"
    )


def _described(result: ResultDocument) -> str:
    if result.score is None:
        return f"{result.image.blob} was not classified: {result.outcome}, {result.reason}"
    return f"{result.image.blob} is {result.label} with a score of {result.score:.2f}, says {result.model}"


if __name__ == "__main__":
    main()
