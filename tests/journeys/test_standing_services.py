"""A replay against services that somebody else keeps running."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crps.audit.log import read_log
from crps.replay.session import Options, run_replay
from crps.stack.errors import StackError
from crps.stack.home import home_at
from schemas.topics import SERVICES, TOPICS
from tests.dumps import violations

from .conftest import Running

pytestmark = pytest.mark.connected

OURS = {topic.name for topic in TOPICS if set(topic.writers) <= set(SERVICES)}
ORDER = re.compile(rb'"order_id":"[0-9a-f]{32}-[0-9a-f]{8}"')
"""An order of the replay: the data's id, and the replay's own tag."""


@pytest.fixture
def options(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[float | None], Options]:
    monkeypatch.setenv("CRPS_KAFKA", running.addresses.kafka)
    monkeypatch.setenv("CRPS_POSTGRES", running.addresses.postgres)
    monkeypatch.setenv("CRPS_UPSTREAM", running.upstream.id)
    monkeypatch.setenv("CRPS_UPSTREAM_KEY", running.upstream.key)
    return lambda kill_every_s: Options(
        orders=Path("samples/olist"),
        out=tmp_path / "report.json",
        scale_ms=10,
        limit=20,
        kill_every_s=kill_every_s,
        seed=0,
        home=home_at(tmp_path / "home"),
        own=False,
    )


async def test_it_settles_the_same_orders_twice_and_starts_nothing(
    options: Callable[[float | None], Options],
) -> None:
    """Each time they are other orders to the services; no service is started, none restarted."""
    for _ in range(2):
        report = await run_replay(options(None), Console(file=StringIO()))
        assert (report.contracts, report.violations, report.failed) == (16, 0, False)
        assert report.restarts == {}


async def test_all_that_stands_in_the_log_afterwards_fits_the_published_schemas(
    running: Running, options: Callable[[float | None], Options]
) -> None:
    """Whatever our services wrote, and all that anybody wrote of the replayed contracts."""
    await run_replay(options(None), Console(file=StringIO()))

    log = await read_log(running.addresses.kafka, [topic.name for topic in TOPICS])
    replayed = {
        record.key
        for record in log.records
        if ("type", b"crps.contract.accepted.v1") in record.headers and ORDER.search(record.value)
    }
    assert replayed
    judged = [r for r in log.records if r.topic in OURS or r.key in replayed]
    types = {dict(record.headers)["type"] for record in judged}
    assert {b"crps.order.placed.v1", b"crps.payment.order.v1", b"crps.funds.received.v1"} <= types
    assert violations(judged) == []


async def test_it_does_not_kill_what_is_not_its_own(
    options: Callable[[float | None], Options],
) -> None:
    with pytest.raises(StackError, match="SERVICES_NOT_OURS"):
        await run_replay(options(2.0), Console(file=StringIO()))
