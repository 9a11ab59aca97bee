"""A breach of I4, the closed loop, planted in a story in which nothing else is wrong, is found."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.unit.audit.planting import (
    Catalogue,
    Plant,
    assert_found,
    set_balances,
    set_entry,
    set_row,
)
from tests.unit.audit.story import (
    BANK,
    SETTLEMENTS,
    Story,
    money,
)

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks


@breaks("I4", "goes to a stranger's account")
def an_instruction_to_a_stranger(story: Story) -> None:
    story.the("settlement.instructed").data["creditor_account"] = "acc-platform"


@breaks("I4", "goes to a stranger's account")
def an_instruction_to_the_wrong_party(story: Story) -> None:
    story.the("settlement.instructed").data["creditor_account"] = "acc-alice"


@breaks("I4", "draws on a stranger's account")
def an_instruction_from_a_stranger(story: Story) -> None:
    story.the("settlement.instructed").data["debtor_account"] = "acc-carol"


@breaks("I4", "was not signed by the side that gives")
def an_instruction_signed_by_the_winner(story: Story) -> None:
    story.the("settlement.instructed").data["authorisation"]["signer"] = "payee"


@breaks("I4", "settling 2500 CNY/2 was decided and 1 instruction is missing")
def an_attribution_without_instruction(story: Story) -> None:
    story.said.remove(story.the("settlement.instructed"))


@breaks("I4", "was instructed 1 times more than it was decided")
def an_attribution_instructed_twice(story: Story) -> None:
    first = story.the("settlement.instructed")
    other = first.data | {
        "instruction_id": str(UUID(int=7)),
        "uetr": str(UUID(int=8)),
        "authorisation": dict(first.data["authorisation"]),
    }
    story.say(SETTLEMENTS, first.noun, 4, other, decided_by=first.decided_by)


@breaks("I4", "has two contents")
def one_instruction_with_two_contents(story: Story) -> None:
    first = story.the("settlement.instructed")
    other = first.data | {"attempt": 2, "money": money(2600)}
    story.say(SETTLEMENTS, first.noun, 4, other, decided_by=first.decided_by)


@breaks("I4", "was issued twice as one attempt")
def one_attempt_issued_twice(story: Story) -> None:
    first = story.the("settlement.instructed")
    story.say(SETTLEMENTS, first.noun, 4, dict(first.data), decided_by=first.decided_by)


@breaks("I4", "2400 instructed to the payee, 2500 is the payee's")
def less_instructed_than_attributed(story: Story) -> None:
    story.said.remove(story.the("funds.attributed", 1))
    story.said.remove(story.the("settlement.instructed", 1))
    story.the("settlement.instructed").data["money"] = money(2400)


@breaks("I4", "the bank reports")
def confirmed_for_another_amount(story: Story) -> None:
    story.the("instruction.arrived", 1).data["money"] = money(2499)


@breaks("I4", "which was never issued")
def confirmed_what_was_never_issued(story: Story) -> None:
    report = story.the("instruction.arrived").data | {"instruction_id": str(UUID(int=9))}
    story.say(BANK, "instruction.arrived", 5, report, id="bank-9")


@breaks("I4", "was never confirmed as arrived")
def never_confirmed(story: Story) -> None:
    story.said.remove(story.the("instruction.arrived", 2))


@breaks("I4", "was never confirmed as arrived")
def given_back_after_the_close(story: Story) -> None:
    report = dict(story.the("instruction.arrived", 2).data)
    story.say(BANK, "instruction.returned", 14, report, id="bank-14")


@breaks("I4", "the bank says otherwise")
def the_ledger_believes_what_the_bank_never_said(story: Story) -> None:
    story.said.remove(story.the("instruction.arrived", 2))


@breaks("I4", "as settled, the bank says otherwise")
def the_ledger_has_not_heard_the_bank(story: Story) -> None:
    set_row(story, 2, status="settled")


@breaks("I4", "500 never entered T, 0 was sent back")
def the_excess_is_kept(story: Story) -> None:
    story.said.remove(story.the("return.instructed"))


@breaks("I4", "returns a receipt that never came")
def a_return_of_a_foreign_receipt(story: Story) -> None:
    story.the("return.instructed").data["authorisation"]["receipt"] = "r-7"


@breaks("I4", "refused receipts [], foreign ones ['r-2']")
def a_foreign_receipt_is_not_refused(story: Story) -> None:
    brought = {"receipt": "r-2", "money": money(5), "account": "acc-carol"}
    story.say(BANK, "funds.received", 5, brought, id="bank-2")


@breaks("I4", "contracts was told of []")
def a_receipt_is_lost(story: Story) -> None:
    story.said.remove(story.the("funding.received"))


@breaks("I4", "the bank brought 10500, the books say otherwise")
def the_books_say_another_sum_came(story: Story) -> None:
    set_balances(story, outside=-10_400)


@breaks("I4", "states other terms than were offered")
def the_event_changes_the_terms(story: Story) -> None:
    story.the("contract.accepted").data["terms"]["payee"]["account"] = "acc-platform"


@breaks("I4", "never offered terms")
def terms_that_nobody_offered(story: Story) -> None:
    story.the("order.placed").data["terms"]["payee"]["account"] = "acc-platform"


@breaks("I4", "the contracts service keeps other accounts")
def the_contracts_service_keeps_another_payee(story: Story) -> None:
    story.signed = replace(story.signed, payee_account="acc-platform")


@breaks("I4", "other accounts than the two registered ones")
def the_ledger_knows_a_third_account(story: Story) -> None:
    assert story.ledger is not None
    accounts = story.ledger.party_accounts | {("payee", "acc-platform")}
    story.ledger = replace(story.ledger, party_accounts=accounts)


@breaks("I4", "the ledger's book names other accounts")
def the_book_names_another_payee(story: Story) -> None:
    assert story.ledger is not None
    story.ledger = replace(story.ledger, payee_account="acc-platform")


@breaks("I4", "the ledger books on accounts ['fees']")
def the_ledger_takes_a_fee(story: Story) -> None:
    set_entry(story, "payee_arrived", "fees", 1)


@breaks("I4", "the ledger keeps another instruction")
def the_ledger_keeps_another_amount(story: Story) -> None:
    set_row(story, 1, amount=1)


@breaks("I4", "goes to a stranger")
def the_ledger_keeps_another_creditor(story: Story) -> None:
    set_row(story, 1, creditor_account="acc-platform")


@breaks("I4", "the bank was never told")
def the_ledger_keeps_one_more(story: Story) -> None:
    set_row(story, 1, instruction_id=UUID(int=5))


@breaks("I4", "the ledger does not keep it")
def the_ledger_forgets_one(story: Story) -> None:
    assert story.ledger is not None
    story.ledger = replace(story.ledger, instructions=story.ledger.instructions[1:])


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    [pytest.param(*entry, id=entry[2].__name__) for entry in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant)
