"""Where the broker and the database answer, and who says so: the environment goes first."""

import os
from dataclasses import dataclass

from crps.stack.errors import StackError

KAFKA_VARIABLE = "CRPS_KAFKA"
POSTGRES_VARIABLE = "CRPS_POSTGRES"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers answer: `host:port`, and the DSN of the database's administrator."""

    kafka: str
    postgres: str


def given_addresses() -> Addresses | None:
    """Return the addresses named in the environment, if both are.

    Raises `StackError` (`ADDRESS_INCOMPLETE`) when only one of the two is set: a stack of one
    foreign and one own server is nobody's intention.
    """
    given = given_pair(
        (KAFKA_VARIABLE, POSTGRES_VARIABLE),
        "ADDRESS_INCOMPLETE",
        "Set both to use servers that run already, or none to use the local stack.",
    )
    return None if given is None else Addresses(*given)


def given_pair(names: tuple[str, str], code: str, remedy: str) -> tuple[str, str] | None:
    """Return two variables of the environment that mean something only together, if set.

    Raises `StackError` with the code and the remedy when only one of them is.
    """
    first, second = (os.environ.get(name) for name in names)
    if first and second:
        return first, second
    if first or second:
        missing = names[1] if first else names[0]
        what = f"only one of {names[0]} and {names[1]} is set; {missing} is missing"
        raise StackError(code, what, remedy)
    return None
