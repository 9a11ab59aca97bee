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
    broker, database = os.environ.get(KAFKA_VARIABLE), os.environ.get(POSTGRES_VARIABLE)
    if broker and database:
        return Addresses(broker, database)
    if broker or database:
        missing = POSTGRES_VARIABLE if broker else KAFKA_VARIABLE
        raise StackError(
            "ADDRESS_INCOMPLETE",
            f"only one of {KAFKA_VARIABLE} and {POSTGRES_VARIABLE} is set; {missing} is missing",
            "Set both to use servers that run already, or none to use the local stack.",
        )
    return None
