"""The driver's records are what the published language says."""

import hmac

from crps.bench.deals import deals
from crps.stack.upstream import Upstream
from schemas import topics
from schemas.envelope import HMAC_HEADER
from schemas.registry import ADAPTERS
from schemas.sandbox_v1 import AUTO_PAY_PREFIX

UPSTREAM = Upstream("bench", "secret")


def test_orders_and_releases_parse_and_carry_the_contract_id_as_key() -> None:
    (deal,) = deals(UPSTREAM, "run", 1)
    order = ADAPTERS[topics.ORDERS_EVENTS.name, "crps.order.placed.v1"].validate_json(
        deal.order.value
    )
    release = ADAPTERS[topics.CONTRACTS_COMMANDS.name, "crps.funds.release.v1"].validate_json(
        deal.release.value
    )
    assert str(order.subject).encode() == str(release.subject).encode() == deal.key
    assert order.data.terms["payer"]["account"].startswith(AUTO_PAY_PREFIX)
    assert len(order.data.acceptances) == 2
    assert release.data.amount == "ALL"
    assert release.data.party == order.data.terms["payer"]["party"]


def test_records_are_signed_over_their_exact_bytes() -> None:
    (deal,) = deals(UPSTREAM, "run", 1)
    for wire in (deal.order, deal.release):
        expected = hmac.digest(b"secret", wire.value, "sha256").hex().encode()
        assert dict(wire.headers)[HMAC_HEADER] == expected


def test_runs_have_contracts_of_their_own() -> None:
    keys = {deal.key for tag in ("one", "two") for deal in deals(UPSTREAM, tag, 20)}
    assert len(keys) == 40
