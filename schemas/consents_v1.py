"""Consents: that the bank executes a party's instructions, revoked for the future.

On the topics of contracts, beside ``contracts_v1``. A consent is given with an acceptance.
"""

from schemas.contracts_v1 import Role
from schemas.fields import Fact, Request, Token


class RevokeConsent(Request):
    """``crps.consent.revoke.v1``: a party takes its consent back, for future contracts.

    It touches nothing that was accepted: what both signed is executed to its end (SPEC section 3).
    """

    party: Token


class ConsentRevoked(Fact):
    """``crps.consent.revoked.v1``: a party's consent, given with this contract, ends with it.

    The contract itself goes on as it was signed. Who offers this party a next one asks afresh.
    """

    by: Role
