"""No schema has room for personal data (SPEC section 8)."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from schemas.registry import ADAPTERS
from schemas.terms_v1 import Terms

SMELLS = (
    "name", "surname", "nickname", "title", "gender", "birth", "birthday", "age", "nationality",
    "phone", "mobile", "tel", "fax", "email", "mail", "wechat", "address", "street", "city",
    "postcode", "zip", "district", "country", "location", "lat", "lon", "ip", "iban", "bic",
    "swift", "pan", "card", "cvv", "cvc", "bank_account", "account_number", "passport", "ssn",
    "id_card", "idcard", "identity", "licence", "license", "tax", "password", "secret", "pin",
    "credential", "photo", "image", "picture", "face", "fingerprint", "signature_image", "note",
    "comment", "message", "text", "description", "remark", "memo",
)  # fmt: skip
ALLOWED = {
    ("TrancheTerms", "name"): "a label of a tranche, of [a-z0-9_-] only",
    ("EffectiveTranche", "name"): "the same label",
    ("RailTerms", "name"): "the rail's name",
    ("Terms", "text_digest"): "SHA-256 of a text that is never stored",
}


def smells(field: str) -> bool:
    words = set(re.split(r"[_\d]+", field))
    return field in SMELLS or bool(words & set(SMELLS))


def fields() -> list[tuple[str, str]]:
    """Every (model, field) that any message or the signed terms may carry."""
    found: set[tuple[str, str]] = set()
    adapters: list[TypeAdapter[Any]] = [*ADAPTERS.values(), TypeAdapter(Terms)]
    for adapter in adapters:
        schema: dict[str, Any] = adapter.json_schema()
        models = [schema, *schema.get("$defs", {}).values()]
        for model in models:
            found |= {(model.get("title", ""), name) for name in model.get("properties", {})}
    return sorted(found)


def test_no_field_smells_of_personal_data() -> None:
    assert [f for f in fields() if smells(f[1]) and f not in ALLOWED] == []


def test_no_exception_outlives_its_field() -> None:
    assert set(ALLOWED) <= set(fields())


@pytest.mark.parametrize(
    "field",
    ["name", "payer_name", "phone", "buyer_phone_2", "email", "iban", "card_number",
     "billing_address", "birth_date", "id_card"],
)  # fmt: skip
def test_the_nose_works(field: str) -> None:
    assert smells(field)


@pytest.mark.parametrize("field", ["party", "account", "amount", "deadline_at", "receipt"])
def test_the_nose_is_not_too_fine(field: str) -> None:
    assert not smells(field)
