"""The two parties. There is no third (SPEC section 2, I4)."""

from enum import StrEnum


class Role(StrEnum):
    """A party of the contract."""

    PAYER = "payer"
    PAYEE = "payee"

    @property
    def other(self) -> "Role":
        """The other party: who must sign what enriches this one (I3)."""
        return Role.PAYEE if self is Role.PAYER else Role.PAYER
