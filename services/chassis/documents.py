"""JSON of strangers, parsed once: no name twice, no number that two readers read differently.

What is found plain here is canonical JSON but for the order of its names, which lets its digests
be taken without a second parse.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

_EXACT_INTEGERS: Final = 2**53
"""Beyond it an integer is not one JSON number any more (RFC 8785 section 3.2.2.3)."""


@dataclass(frozen=True, slots=True)
class Document:
    """The members of a message, and whether it is plain.

    Plain: ASCII without escapes, and no number but small integers. In a message that is not, a
    number that RFC 8785 cannot write stands as the string of its digits.
    """

    members: dict[str, Any]
    is_plain: bool


class _NotPlain(Exception):  # never leaves this module
    pass


def read_document(value: bytes) -> Document:
    """Return the JSON object ``value``; ValueError where two readers may read different things."""
    text = value.decode()
    if text.isascii() and "\\" not in text:
        try:
            return Document(_PLAIN.decode(text), True)
        except _NotPlain:
            pass
    return Document(_EXACT.decode(text), False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one JSON object")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int | str:
    integer = int(digits) if len(digits) <= 17 else _EXACT_INTEGERS
    return integer if -_EXACT_INTEGERS < integer < _EXACT_INTEGERS else digits


def _real(digits: str) -> float | str:
    number = float(digits)
    return digits if number in {float("inf"), float("-inf")} else number


def _plain_integer(digits: str) -> int:
    integer = _integer(digits)
    if isinstance(integer, str):
        raise _NotPlain
    return integer


def _no_real(_digits: str) -> None:
    raise _NotPlain


_PLAIN: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_plain_integer,
    parse_float=_no_real,
    parse_constant=_no_constant,
)
_EXACT: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_real,
    parse_constant=_no_constant,
)
