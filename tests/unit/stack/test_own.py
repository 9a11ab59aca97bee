"""Which servers are taken, and that it is said why."""

import sys
from pathlib import Path

import pytest

from crps.stack import own
from crps.stack.addresses import Addresses
from crps.stack.errors import StackError
from crps.stack.own import Choice, Kind, choose, given_or_own_servers

NO_ENGINE = StackError("CONTAINERS_UNAVAILABLE", "no engine answers", "Start one.")
NO_JAVA = StackError("JAVA_MISSING", "none was found", "Install it.")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> dict[Kind, StackError]:
    """What cannot be had on the machine, to be filled by the test."""
    found: dict[Kind, StackError] = {}

    async def check(kind: Kind) -> None:
        if kind in found:
            raise found[kind]

    monkeypatch.setattr(own, "_check", check)
    monkeypatch.delenv("CRPS_SERVERS", raising=False)
    return found


@pytest.mark.parametrize("preferred", Kind)
async def test_the_preferred_are_taken_where_both_can_be_had(
    missing: dict[Kind, StackError], preferred: Kind
) -> None:
    assert (await choose(preferred)).kind is preferred


async def test_the_others_are_taken_where_the_preferred_are_missing(
    missing: dict[Kind, StackError],
) -> None:
    missing[Kind.CONTAINERS] = NO_ENGINE
    taken = Choice(Kind.LOCAL, "CONTAINERS_UNAVAILABLE: no engine answers")
    assert await choose(Kind.CONTAINERS) == taken
    missing.clear()
    missing[Kind.LOCAL] = NO_JAVA
    assert await choose(Kind.LOCAL) == Choice(Kind.CONTAINERS, "JAVA_MISSING: none was found")


async def test_where_neither_can_be_had_every_way_out_is_named(
    missing: dict[Kind, StackError],
) -> None:
    missing[Kind.LOCAL], missing[Kind.CONTAINERS] = NO_JAVA, NO_ENGINE
    with pytest.raises(StackError) as caught:
        await choose(Kind.LOCAL)
    assert caught.value.code == "JAVA_MISSING"
    text = str(caught.value)
    assert "Install it." in text
    assert "CONTAINERS_UNAVAILABLE: no engine answers" in text
    assert "Start one." in text


@pytest.mark.parametrize("forced", Kind)
async def test_the_environment_forces_one(
    missing: dict[Kind, StackError], monkeypatch: pytest.MonkeyPatch, forced: Kind
) -> None:
    monkeypatch.setenv("CRPS_SERVERS", forced)
    for preferred in Kind:
        assert await choose(preferred) == Choice(forced, "CRPS_SERVERS says so")
    missing[forced] = NO_ENGINE
    with pytest.raises(StackError, match="CONTAINERS_UNAVAILABLE"):
        await choose(Kind.LOCAL)


async def test_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRPS_SERVERS", "cloud")
    with pytest.raises(StackError, match=r"SERVERS_UNKNOWN: CRPS_SERVERS is 'cloud'"):
        await choose(Kind.LOCAL)


async def test_addresses_in_the_environment_win_over_a_forced_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRPS_SERVERS", "containers")
    monkeypatch.setenv("CRPS_KAFKA", "broker:9092")
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    async with given_or_own_servers(tmp_path / "stack", Kind.LOCAL) as servers:
        assert servers.addresses == Addresses("broker:9092", "postgresql://admin@db/crps")
        assert servers.own is None
    assert not (tmp_path / "stack").exists()


async def test_without_the_extra_local_the_remedy_is_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "crps.stack.containers", raising=False)
    monkeypatch.setitem(sys.modules, "testcontainers.core.config", None)
    monkeypatch.setenv("CRPS_SERVERS", "containers")
    with pytest.raises(StackError, match="CONTAINERS_UNAVAILABLE") as caught:
        await choose(Kind.LOCAL)
    assert "pip install 'crps[local]'" in str(caught.value)
