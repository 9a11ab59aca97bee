"""Which system stands: the environment's, docker compose's, none."""

import asyncio
from pathlib import Path

import pytest

from crps.stack.addresses import Addresses
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.standing import compose_system, named_system
from crps.stack.upstream import Upstream, dev_clock_key, dev_upstream, given_upstream

DSN = "postgresql://crps:secret@127.0.0.1:5432/crps"
NAMES = ("CRPS_KAFKA", "CRPS_POSTGRES", "CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY", "CRPS_CLOCK_KEY")


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_environment_names_servers_and_perhaps_running_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert named_system() is None
    monkeypatch.setenv("CRPS_KAFKA", "broker:9092")
    monkeypatch.setenv("CRPS_POSTGRES", DSN)
    servers = named_system()
    assert servers is not None
    assert (servers.addresses, servers.upstream) == (Addresses("broker:9092", DSN), None)
    monkeypatch.setenv("CRPS_UPSTREAM", "shop")
    monkeypatch.setenv("CRPS_UPSTREAM_KEY", "k")
    services = named_system()
    assert services is not None
    assert (services.upstream, services.clock_key) == (Upstream("shop", "k"), None)
    monkeypatch.setenv("CRPS_CLOCK_KEY", "c")
    with_clock = named_system()
    assert with_clock is not None
    assert with_clock.clock_key == "c"


@pytest.mark.parametrize("alone", ["CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY"])
def test_an_upstream_has_an_id_and_a_key(alone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(alone, "x")
    with pytest.raises(StackError, match="UPSTREAM_INCOMPLETE"):
        given_upstream()


async def test_compose_stands_while_its_broker_answers(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert await compose_system(file) is None
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    address = "{}:{}".format(*server.sockets[0].getsockname())
    values = (address, DSN, "shop", "k", "c")
    file.write_text("".join(f"{n}='{v}'\n" for n, v in zip(NAMES, values, strict=True)))
    async with server:
        found = await compose_system(file)
    assert found is not None
    assert (found.addresses, found.upstream) == (Addresses(address, DSN), Upstream("shop", "k"))
    assert found.clock_key == "c"
    assert await compose_system(file) is None


def test_a_development_upstream_is_kept_and_nobody_else_reads_its_key(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    first = dev_upstream(home)
    assert dev_upstream(home) == first
    assert (home.run / "upstream.json").stat().st_mode & 0o077 == 0


def test_a_development_clock_s_key_is_kept_and_is_not_the_upstream_s(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    first = dev_clock_key(home)
    assert dev_clock_key(home) == first != dev_upstream(home).key
    assert (home.run / "clock.json").stat().st_mode & 0o077 == 0
