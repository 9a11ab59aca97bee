"""Free ports: preferred when free, another when not, never one that is promised."""

import socket

import pytest

from crps.stack.ports import LOOPBACK, free_port, is_free


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_bound_port_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_the_preferred_port_is_taken_when_free() -> None:
    port = free_port()
    assert free_port(port) == port


def test_a_taken_preferred_port_is_answered_by_another(taken_port: int) -> None:
    port = free_port(taken_port)
    assert port != taken_port
    assert is_free(port)


def test_a_promised_port_is_avoided() -> None:
    promised = free_port()
    assert free_port(promised, avoid=frozenset({promised})) != promised
