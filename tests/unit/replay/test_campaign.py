import json
from datetime import datetime, timedelta

from crps.replay.campaign import STALL, Campaign, Deal
from crps.replay.messages import Outgoing, act_id, answer_id, opening_id
from tests.unit.replay.played import (
    BOUGHT,
    DAY,
    EFFECTIVE,
    MS,
    OPENED,
    START,
    attributed,
    effective,
    make_campaign,
    make_plan,
    opened,
    quarrel,
    release,
    seen,
)

LATER = START + timedelta(hours=1)


def only(campaign: Campaign) -> Deal:
    (deal,) = campaign.deals.values()
    return deal


def types(messages: list[Outgoing]) -> list[str]:
    return [json.loads(message.value)["type"] for message in messages]


def send_all(campaign: Campaign, now=LATER) -> list[Outgoing]:
    messages = campaign.take_due(now)
    for message in messages:
        campaign.on_ack(message, now)
    return messages


def test_the_offer_goes_first_and_the_payment_at_its_instant() -> None:
    campaign = make_campaign(make_plan(funded_at=BOUGHT + DAY))
    assert types(campaign.take_due(START)) == ["crps.order.placed.v1"]
    assert campaign.take_due(START + 99 * MS) == []
    assert types(campaign.take_due(START + 100 * MS)) == ["crps.payment.order.v1"]


def test_an_offer_that_goes_out_late_keeps_its_whole_period() -> None:
    campaign = make_campaign(make_plan(funded_at=None))
    (message,) = campaign.take_due(START + 400 * MS)
    expires_at = START + 1100 * MS
    assert only(campaign).offer_expires_at == expires_at
    written = json.loads(message.value)["data"]["offer_expires_at"]
    assert datetime.fromisoformat(written) == expires_at


def test_an_offer_without_funding_is_never_paid() -> None:
    campaign = make_campaign(make_plan(funded_at=None))
    assert types(campaign.take_due(LATER)) == ["crps.order.placed.v1"]


def test_acts_are_timed_from_the_observed_effectiveness() -> None:
    campaign = make_campaign(make_plan(release(2, 500), release(3)))
    send_all(campaign)
    campaign.on_observed(effective(only(campaign)))
    assert campaign.next_due == EFFECTIVE + 200 * MS
    assert len(campaign.take_due(EFFECTIVE + 299 * MS)) == 1
    assert types(campaign.take_due(EFFECTIVE + 300 * MS)) == ["crps.funds.release.v1"]


def test_effectiveness_seen_twice_plans_its_acts_once() -> None:
    campaign = make_campaign(make_plan(release(2)))
    send_all(campaign)
    for _ in range(2):
        campaign.on_observed(effective(only(campaign)))
    assert len(campaign.take_due(LATER)) == 1


def test_a_contract_is_settled_when_it_ended_and_every_act_is_answered() -> None:
    campaign = make_campaign(make_plan(release(2), release(20)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    campaign.on_observed(attributed(deal, act_id(deal.contract_id, 1)))
    campaign.on_observed(seen(deal, "contract.closed"))
    assert not campaign.done
    send_all(campaign)
    assert not campaign.done
    refusal = {"command_id": act_id(deal.contract_id, 2), "code": "CHAIN_PERIOD_ENDED"}
    campaign.on_observed(seen(deal, "command.refused", **refusal))
    assert campaign.done
    assert [(a.answer, a.code) for a in deal.commands] == [
        ("applied", None),
        ("refused", "CHAIN_PERIOD_ENDED"),
    ]


def test_a_duplicate_repeats_the_first_answer_and_never_changes_it() -> None:
    campaign = make_campaign(make_plan(release(2)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    command_id = act_id(deal.contract_id, 1)
    campaign.on_observed(seen(deal, "command.duplicated", command_id=command_id, first="applied"))
    assert deal.commands[0].answer == "applied"
    refused = {"command_id": command_id, "code": "NOTHING_LEFT"}
    campaign.on_observed(seen(deal, "command.refused", **refused))
    assert (deal.commands[0].answer, deal.commands[0].code) == ("applied", None)


def test_an_arrival_answers_no_act() -> None:
    campaign = make_campaign(make_plan(release(2)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    campaign.on_observed(attributed(deal, None, cause=f"{deal.contract_id}/due/1/chain/1"))
    assert deal.commands[0].answer is None


def test_a_late_command_that_sets_off_what_was_due_is_not_applied_by_it() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel()))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    campaign.on_observed(opened(deal))
    late = answer_id(deal.contract_id)
    campaign.on_observed(attributed(deal, None, cause=late))
    campaign.on_observed(seen(deal, "dispute.ended", cause=late))
    refusal = {"command_id": late, "code": "DISPUTE_PERIOD_ENDED"}
    campaign.on_observed(seen(deal, "command.refused", **refusal))
    assert (deal.commands[1].answer, deal.commands[1].code) == ("refused", "DISPUTE_PERIOD_ENDED")


def test_a_dispute_is_opened_at_its_instant_and_answered_after_it_is_seen() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel()))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    assert campaign.next_due == EFFECTIVE + 500 * MS
    assert types(send_all(campaign)) == ["crps.dispute.open.v1"]
    assert campaign.next_due is None
    campaign.on_observed(opened(deal))
    assert (deal.commands[0].answer, deal.commands[0].in_time) == ("applied", True)
    assert campaign.next_due == OPENED + 50 * MS
    assert types(send_all(campaign)) == ["crps.claim.lower.v1"]
    assert (deal.commands[1].kind, deal.commands[1].answer) == ("answer", None)
    campaign.on_observed(seen(deal, "claim.stated", command_id=answer_id(deal.contract_id)))
    assert deal.commands[1].answer == "applied"


def test_a_silent_payee_sends_nothing() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel(answer=None)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    campaign.on_observed(opened(deal))
    assert campaign.next_due is None


def test_an_opening_seen_twice_is_answered_once() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel()))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    for _ in range(2):
        campaign.on_observed(opened(deal))
    assert len(campaign.take_due(LATER)) == 1


def test_an_opening_that_is_refused_is_noted_and_never_answered() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel(after_days=15)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    campaign.on_observed(seen(deal, "contract.closed"))
    assert not campaign.done
    refusal = {"command_id": opening_id(deal.contract_id), "code": "CHAIN_PERIOD_ENDED"}
    campaign.on_observed(seen(deal, "command.refused", **refusal))
    assert campaign.done
    assert (deal.commands[0].in_time, deal.commands[0].code) == (False, "CHAIN_PERIOD_ENDED")


def test_a_disputed_contract_is_settled_when_its_answer_is_answered() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel()))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    campaign.on_observed(opened(deal))
    campaign.on_observed(seen(deal, "contract.closed"))
    assert not campaign.done
    send_all(campaign)
    assert not campaign.done
    refusal = {"command_id": answer_id(deal.contract_id), "code": "DISPUTE_PERIOD_ENDED"}
    campaign.on_observed(seen(deal, "command.refused", **refusal))
    assert campaign.done


def test_a_replay_waits_for_the_dispute_deadline() -> None:
    campaign = make_campaign(make_plan(dispute=quarrel(answer=None)))
    deal = only(campaign)
    send_all(campaign)
    campaign.on_observed(effective(deal))
    send_all(campaign)
    deadline = LATER + timedelta(minutes=5)
    campaign.on_observed(opened(deal, deadline=deadline))
    assert not campaign.stalled(deadline + STALL - MS)
    assert campaign.stalled(deadline + STALL)


def test_a_lapsed_contract_with_money_still_to_come_is_not_settled() -> None:
    campaign = make_campaign(make_plan(funded_at=BOUGHT + 8 * DAY))
    deal = only(campaign)
    send_all(campaign, START + 700 * MS)
    campaign.on_observed(seen(deal, "offer.lapsed"))
    assert not campaign.done
    send_all(campaign)
    assert campaign.done


def test_a_refused_order_ends_its_contract_with_the_code() -> None:
    campaign = make_campaign(make_plan())
    deal = only(campaign)
    send_all(campaign)
    refusal = {"command_id": f"{deal.contract_id}/order", "code": "TERMS_MISMATCH"}
    campaign.on_observed(seen(deal, "command.refused", **refusal))
    assert (deal.ending, deal.refusal, campaign.done) == ("REFUSED", "TERMS_MISMATCH", True)


def test_an_order_is_settled_with_the_last_of_its_contracts() -> None:
    plan = make_plan(funded_at=None)
    campaign = make_campaign(plan, make_plan(seller_id="s2", funded_at=None))
    send_all(campaign)
    settled = []
    for deal in campaign.deals.values():
        campaign.on_observed(seen(deal, "offer.lapsed"))
        settled.append(campaign.settled_orders)
    assert (campaign.orders, settled) == (1, [0, 1])


def test_a_replay_stalls_a_minute_after_the_last_thing_that_could_come() -> None:
    campaign = make_campaign(make_plan())
    deal = only(campaign)
    send_all(campaign)
    deadline = LATER + timedelta(minutes=5)
    campaign.on_observed(effective(deal, at=LATER, deadline=deadline))
    assert not campaign.stalled(deadline + STALL - MS)
    assert campaign.stalled(deadline + STALL)
