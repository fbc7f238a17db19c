"""How every process of Loupe starts and ends: settings, logs, traces, then the service, or one sentence and a code."""

import sys
from collections.abc import Callable
from typing import TypeVar

from loupe_shared.errors import LoupeError
from loupe_shared.settings import ServiceSettings
from loupe_shared.telemetry.logs import set_up_logs
from loupe_shared.telemetry.tracing import traced

EX_CONFIG = 78  # sysexits.h: something was found in an unconfigured or misconfigured state

S = TypeVar("S", bound=ServiceSettings)


def run(name: str, settings_type: type[S], serve: Callable[[S], int]) -> None:
    """Run a service until it ends and exit with its code; an error of Loupe's own becomes one sentence."""
    try:
        settings = settings_type.load()
        service = settings.service(name)
        set_up_logs(service, settings.log_level, settings.log_format)
        with traced(service):
            code = serve(settings)
    except LoupeError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    sys.exit(code)
