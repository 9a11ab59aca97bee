"""A short play of the law's state machine for the inner loop; tests/law plays it at length."""

from tests.law.machine import play


def test_a_few_sequences_of_messages_have_the_answers_of_the_law():
    play(examples=60, steps=30)
