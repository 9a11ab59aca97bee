from uuid import UUID

import pytest

from schemas.identifiers import NAMESPACE, contract_id


def test_namespace_and_id_are_golden() -> None:
    assert str(NAMESPACE) == "51469993-4137-5629-95b4-cb55506e86cc"
    assert contract_id("olist", "o1", "s1") == UUID("65fe267b-7052-55a2-a787-5d1585256598")


@pytest.mark.parametrize(
    "other", [("shop", "o1", "s1"), ("olist", "o2", "s1"), ("olist", "o1", "s2")]
)
def test_every_part_counts(other: tuple[str, str, str]) -> None:
    assert contract_id(*other) != contract_id("olist", "o1", "s1")


@pytest.mark.parametrize(
    "parts", [("a/b", "c", "d"), ("a", "b/c", "d"), ("a", "b", ""), ("", "b", "c")]
)
def test_parts_that_could_make_two_deals_one_are_refused(parts: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="empty or holds a slash"):
        contract_id(*parts)
