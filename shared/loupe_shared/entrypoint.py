"""How every process of Loupe starts and ends: settings, logging, then the service, or one sentence and an exit code."""

import logging
import sys
from collections.abc import Callable
from typing import TypeVar

from loupe_shared.errors import LoupeError
from loupe_shared.settings import ServiceSettings

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state

S = TypeVar("S", bound=ServiceSettings)


def run(name: str, settings_type: type[S], serve: Callable[[S], int]) -> None:
    """Run a service until it ends and exit with its code; an error of Loupe's own becomes one sentence."""
    try:
        settings = settings_type.load()
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
        )
        logging.getLogger("azure").setLevel(logging.WARNING)  # logs every request at INFO
        code = serve(settings)
    except LoupeError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    sys.exit(code)
