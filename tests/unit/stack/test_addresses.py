"""Addresses in the environment: both or none."""

import pytest

from crps.stack.addresses import Addresses, given_addresses
from crps.stack.errors import StackError


def test_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRPS_KAFKA", "broker:9092")
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    assert given_addresses() == Addresses("broker:9092", "postgresql://admin@db/crps")


def test_none_or_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRPS_KAFKA", "")
    monkeypatch.delenv("CRPS_POSTGRES", raising=False)
    assert given_addresses() is None


@pytest.mark.parametrize(
    ("given", "missing"),
    [("CRPS_KAFKA", "CRPS_POSTGRES is missing"), ("CRPS_POSTGRES", "CRPS_KAFKA is missing")],
)
def test_one_alone_is_refused(monkeypatch: pytest.MonkeyPatch, given: str, missing: str) -> None:
    monkeypatch.delenv("CRPS_KAFKA", raising=False)
    monkeypatch.delenv("CRPS_POSTGRES", raising=False)
    monkeypatch.setenv(given, "somewhere")
    with pytest.raises(StackError, match=missing):
        given_addresses()
