"""Where the services of ``make run`` give their metrics."""

from loupe_local.run import _config, _options
from loupe_local.stack import SERVICES


def test_nowhere_unless_it_is_asked_for() -> None:
    assert _config(_options([], "loupe_local")).metrics_ports == {}


def test_at_ports_that_follow_each_other() -> None:
    ports = _config(_options(["--metrics-port", "9100"], "loupe_local")).metrics_ports
    assert set(ports) == set(SERVICES)
    assert sorted(ports.values()) == list(range(9100, 9100 + len(SERVICES)))
