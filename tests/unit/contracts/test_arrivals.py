"""Given running deadlines, when time passes, then the payee is paid by itself, exactly once."""

from services.contracts.domain.contract import Role, waiting_timers
from services.contracts.domain.events import (
    Authorisation,
    ContractClosed,
    ContractReopened,
    FundsAttributed,
)


def test_the_due_message_pays_what_is_free(effective):
    tale = effective((100, 10))
    tale.wait(1).give_back(30)
    (event,) = tale.wait(9).due().due
    assert isinstance(event, FundsAttributed)
    assert (event.to, event.cause, event.amount) == (Role.PAYEE, "arrival", 70)
    assert event.authorisation == Authorisation(Role.PAYER, "clause", clause="arrival")
    assert event.due_at == tale.contract.tranches[0].deadline_at
    assert tale.buckets == (0, 70, 30)
    assert tale.status == "ATTRIBUTED"
    assert tale.contract.tranches[0].arrived == 70


def test_early_old_and_forged_due_messages_are_void(effective):
    tale = effective((100, 10))
    assert tale.wait(9.9999).due().due == ()
    assert tale.due(timer="offer").due == ()
    tale.wait(0.0001)
    assert tale.due(generation=2).due == ()
    assert tale.due(tranche=2).due == ()
    assert len(tale.due().due) == 1
    assert tale.due().due == ()


def test_a_due_message_for_nothing_is_void(story):
    tale = story()
    assert tale.due().due == ()
    tale.offer()
    assert tale.due().due == ()


def test_overdue_deadlines_fire_in_deadline_order(effective):
    tale = effective((1, 30), (2, 10), (3, 10), (4, 90))
    events = tale.wait(40).due(tranche=1).due
    assert [event.parts[0].tranche for event in events] == [2, 3, 1]
    assert tale.status == "EFFECTIVE"
    assert [timer.tranche for timer in waiting_timers(tale.contract)] == [4]


def test_an_early_due_message_does_not_fire_its_neighbour(effective):
    tale = effective((1, 10), (2, 20)).wait(15)
    assert tale.due(tranche=2).due == ()
    assert len(tale.due(tranche=1).due) == 1


def test_a_late_command_executes_the_arrivals_first(effective, code):
    tale = effective((100, 10)).wait(10)
    decision = tale.release(1)
    assert [event.cause for event in decision.due] == ["arrival"]
    assert code(decision) == "ALREADY_ARRIVED"
    assert code(tale.give_back(1)) == "CHAIN_PERIOD_ENDED"
    assert tale.buckets == (0, 100, 0)


def test_a_command_in_time_is_judged_before_the_arrival_however_late_it_is_read(effective):
    tale = effective((100, 10)).wait(9.99)
    tale.give_back(40)
    tale.wait(5).due()
    assert tale.buckets == (0, 60, 40)


def test_even_a_strangers_command_is_told_after_the_arrival(effective, code):
    tale = effective((100, 10)).wait(10)
    decision = tale.release(1, by="mallory")
    assert code(decision) == "NOT_A_PARTY"
    assert len(decision.due) == 1


def test_the_other_tranche_stays_open(effective, code):
    tale = effective((100, 10), (50, 20)).wait(10)
    decision = tale.release(20)
    assert len(decision.due) == 1
    assert code(decision) == "Applied"
    assert tale.each == [(0, 100, 0), (30, 20, 0)]


def test_an_order_event_moves_no_deadline(effective):
    tale = effective((100, 10)).wait(10)
    assert tale.offer().due == ()
    assert len(tale.offer(is_command=True).due) == 1


def test_emptied_books_close_and_a_banks_return_reopens(effective):
    tale = effective((100, 10)).wait(10)
    tale.due()
    tale.books_emptied()
    assert tale.status == "CLOSED"
    assert isinstance(tale.events[-1], ContractClosed)
    count = len(tale.events)
    tale.books_emptied()
    assert len(tale.events) == count
    tale.books_reopened()
    assert tale.status == "ATTRIBUTED"
    assert isinstance(tale.events[-1], ContractReopened)
    tale.books_reopened()
    tale.books_emptied()
    assert tale.status == "CLOSED"
    assert tale.buckets == (0, 100, 0)
