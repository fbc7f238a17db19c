"""TCP ports of this machine."""

import errno
import os
import random
import socket
from collections.abc import Mapping

from loupe_shared.errors import ConfigurationError

LOOPBACK = "127.0.0.1"


# Below those that systems give to outgoing connections, one of which could take a port before it is listened on.
FREE_PORTS = range(20_000, 32_768)
_given: set[int] = set()


def free_port() -> int:
    """A port that nothing listens on right now, another one each time."""
    while True:
        port = random.SystemRandom().choice(FREE_PORTS)
        if port not in _given and _problem(port) is None:
            _given.add(port)
            return port


def require_free(ports: Mapping[str, int]) -> None:
    """Return if all ports, given by the variables that set them, can be listened on.

    Raises:
        ConfigurationError: some cannot; the message has a command that avoids them.
    """
    problems = {variable: _problem(port) for variable, port in ports.items()}
    bad = {variable: problem for variable, problem in problems.items() if problem}
    if bad:
        reasons = ", ".join(f"port {ports[variable]} {problem}" for variable, problem in bad.items())
        others = " ".join(f"{variable}={free_port()}" for variable in bad)
        raise ConfigurationError(f"{reasons}: end what uses it, or choose others with `make run {others}`")


def _problem(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return None


def listens(port: int) -> bool:
    """Whether something accepts connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def bypass_proxies() -> None:
    """Keep this process and those that it starts from reaching for this machine through a proxy."""
    for variable in ("NO_PROXY", "no_proxy"):
        os.environ[variable] = ",".join(filter(None, (os.environ.get(variable), LOOPBACK)))
