"""The rails that there are: what each can do, one JSON file a rail in this folder.

A declaration has the shape in which terms pin it, ``terms_v1.RailTerms``. Terms may promise less
than their rail declares, never more (SPEC section 3); what is absent has no bound.
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final, Protocol

from pydantic import ValidationError

from schemas.currencies import EXPONENTS
from schemas.terms_v1 import RailTerms
from schemas.values import MoneyFlaw


class RailInvalidError(ValueError):
    """A declaration cannot be read; the text begins with the code ``RAIL_INVALID``."""


class File(Protocol):
    """A file of declarations: ``pathlib.Path`` and package data are both such."""

    @property
    def name(self) -> str:
        """The name, without its folder."""

    def read_text(self, encoding: str) -> str:
        """Return what stands in it."""


def read_rails(found: Iterable[File]) -> dict[str, RailTerms]:
    """Return the declarations in the ``*.json`` of these files, by name, in its order.

    Raises ``RailInvalidError`` where one is not of the shape, or has another name than its file.
    """
    rails = {}
    for file in sorted(found, key=lambda file: file.name):
        if not file.name.endswith(".json"):
            continue
        try:
            rail = RailTerms.model_validate_json(file.read_text("utf-8"))
            _expect_whole(rail, file.name)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            why = ": ".join((*(str(part) for part in first["loc"]), first["msg"]))
            raise RailInvalidError(f"RAIL_INVALID: {file.name}: {why}") from None
        except ValueError as error:
            raise RailInvalidError(f"RAIL_INVALID: {file.name}: {error}") from None
        rails[rail.name] = rail
    return rails


def _expect_whole(rail: RailTerms, file_name: str) -> None:
    if isinstance(rail.minimum, MoneyFlaw):
        raise ValueError("minimum: minor units are written as a string of digits")
    if unknown := sorted(set(rail.currencies or ()) - EXPONENTS.keys()):
        raise ValueError(f"currencies: ISO 4217 has no {' '.join(unknown)}")
    if file_name != f"{rail.name}.json":
        raise ValueError(f"its name within is {rail.name}")


def read_or_exit(found: Iterable[File]) -> dict[str, RailTerms]:
    """Return the declarations; where one is none, end the program with a line that says so."""
    try:
        return read_rails(found)
    except RailInvalidError as error:
        raise SystemExit(str(error)) from None


RAILS: Final[Mapping[str, RailTerms]] = read_or_exit(files(__package__).iterdir())
"""Name -> what it declares."""
