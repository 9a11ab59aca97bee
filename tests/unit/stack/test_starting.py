"""A server that is starting is waited for until it answers, and no longer than it lives."""

from collections.abc import Iterable

import pytest

from crps.stack import starting
from crps.stack.errors import StackError
from crps.stack.starting import Starting, wait_until_ready


def server(answers: Iterable[str | None], *, lives: Iterable[bool]) -> Starting:
    said, living = iter(answers), iter(lives)

    async def ask() -> str | None:
        return next(said)

    async def alive() -> bool:
        return next(living)

    async def last_words() -> list[str]:
        return ["FATAL: out of luck"]

    return Starting("kafka", ask, alive, last_words)


async def test_the_wait_ends_with_the_first_answer() -> None:
    answers = iter(["refused", "no coordinator yet", None, "never asked again"])
    await wait_until_ready(server(answers, lives=[True] * 3))
    assert list(answers) == ["never asked again"]


async def test_a_server_that_dies_is_not_waited_for() -> None:
    with pytest.raises(StackError, match="KAFKA_DIED") as caught:
        await wait_until_ready(server(["refused"], lives=[True, False]))
    assert caught.value.remedy == ("FATAL: out of luck",)


async def test_a_server_that_lives_and_never_answers_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(starting, "_TIMEOUT_S", 0.01)
    with pytest.raises(StackError, match=r"KAFKA_NOT_READY.*: refused") as caught:
        await wait_until_ready(server(["refused"], lives=[True]))
    assert caught.value.remedy == ("FATAL: out of luck",)
