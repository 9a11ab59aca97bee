"""The page of metrics and the processes say the same: every name and every label, no other."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from connectors.sandbox_bank.meters import BankMeters
from services.chassis.bus import Bus
from services.chassis.config import ServiceSettings
from services.chassis.gauges import Gauges
from services.chassis.lifecycle import Process
from services.chassis.meters import Meters
from services.chassis.outbox import Relay
from services.chassis.readiness import Parts
from services.contracts.app import gauges as contracts_gauges
from services.disputes.app import gauges as disputes_gauges
from services.ledger.app import gauges as ledger_gauges
from services.scheduler.app import SUBSCRIPTIONS, timer_loop

ROOT = Path(__file__).parents[3]
FORBIDDEN = {"contract", "contract_id", "party", "account", "amount"}


def page() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(crps_\w+)` \|([^|]*)\|", text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def text() -> str:
    return (ROOT / "docs/reference/metrics.md").read_text("utf-8")


def said(registry: CollectorRegistry) -> dict[str, set[str]]:
    found = {}
    for collector in list(registry._collector_to_names):
        name, kind = collector._name, collector._type
        found[name + "_total" if kind == "counter" else name] = set(collector._labelnames)
    return found


def all_metrics() -> dict[str, set[str]]:
    settings = ServiceSettings(kafka="127.0.0.1:1", postgres="postgresql://nowhere")
    meters, bank = Meters(), BankMeters()
    parts = Parts("toy", Bus("toy", settings, SUBSCRIPTIONS, lambda _: None))
    Gauges(meters, parts)
    contracts_gauges(meters, parts)
    disputes_gauges(meters, parts)
    ledger_gauges(meters, parts)
    nowhere = None
    relay = Relay(nowhere, settings.kafka, "toy", meters)
    timer_loop(Process("toy", settings, nowhere, relay, meters))
    return said(meters.registry) | said(bank.registry)


def test_every_metric_has_its_line_with_its_labels() -> None:
    assert page() == all_metrics()


def test_no_label_could_hold_somebody_s_name() -> None:
    assert not set().union(*page().values()) & FORBIDDEN
