"""Why a bank's report is refused: kept in the dead letters, alarmed, and never booked.

A refusal concerns one report and blocks nothing else. One code, one cause (SPEC sections 4, 7).
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """A quarantined report's reason; the members stand in order of precedence."""

    RAIL_FOREIGN = "RAIL_FOREIGN"
    REPORT_CONFLICT = "REPORT_CONFLICT"
    INSTRUCTION_UNKNOWN = "INSTRUCTION_UNKNOWN"
    ATTEMPT_UNKNOWN = "ATTEMPT_UNKNOWN"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    EXPONENT_WRONG = "EXPONENT_WRONG"
    AMOUNT_INVALID = "AMOUNT_INVALID"
    RECEIPT_CONFLICT = "RECEIPT_CONFLICT"
    AMOUNT_CONTRADICTS = "AMOUNT_CONTRADICTS"
    REJECTED_AFTER_SETTLED = "REJECTED_AFTER_SETTLED"


SENTENCES: Final[dict[Code, str]] = {
    Code.RAIL_FOREIGN: "the contract is settled over another rail than the one that reports",
    Code.REPORT_CONFLICT: "this event id was already used for a report with another body",
    Code.INSTRUCTION_UNKNOWN: "this contract never issued an instruction of this id",
    Code.ATTEMPT_UNKNOWN: "the instruction exists, but this attempt of it was never issued",
    Code.CURRENCY_UNKNOWN: "the currency is not in the ISO 4217 table",
    Code.EXPONENT_WRONG: "the exponent is not the one of the ISO 4217 table",
    Code.AMOUNT_INVALID: "the amount is not a positive whole number of minor units",
    Code.RECEIPT_CONFLICT: "this receipt reference was already reported with other facts",
    Code.AMOUNT_CONTRADICTS: "the report names another amount than the instruction",
    Code.REJECTED_AFTER_SETTLED: "the bank rejects an attempt that it had already settled",
}
"""What to tell the bank's operator, one sentence a code."""
