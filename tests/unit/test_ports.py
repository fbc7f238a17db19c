"""Ports of this machine."""

import socket

import pytest

from loupe_local import ports
from loupe_local.ports import FREE_PORTS, LOOPBACK, free_port


def test_each_free_port_is_another_one_that_can_be_listened_on() -> None:
    ports = [free_port() for _ in range(100)]
    assert len(set(ports)) == 100
    for port in ports:
        with socket.create_server((LOOPBACK, port)):
            pass


def test_no_connection_to_elsewhere_takes_a_free_port() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        for _ in range(20):
            with socket.create_connection(server.getsockname()) as connection:
                assert connection.getsockname()[1] not in FREE_PORTS


def test_a_port_that_is_taken_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = free_port(), free_port()
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(ports, "FREE_PORTS", [taken, free])
    with socket.create_server((LOOPBACK, taken)):
        assert free_port() == free
