"""Area sandbox: what people tell their bank, where the bank is ours to play with.

``crps.sandbox.commands.v1`` does not exist in production.
"""

from schemas.fields import Fact, MoneyField, Token

AUTO_PAY_PREFIX = "auto-"
"""A payer whose account token starts so pays exactly what is requested, at once."""


class OrderPayment(Fact):
    """``crps.payment.order.v1``: someone tells the sandbox bank to pay towards a contract."""

    receipt: Token
    """The reference under which the bank will report it."""
    money: MoneyField
    account: Token
    """From which it is paid."""
