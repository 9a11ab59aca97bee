"""The published scenarios of disputes, played against the rules alone."""

from datetime import timedelta

from tests.unit.disputes.story import START, code, effective, opened

MILLISECOND = 1 / 3_600_000


def at(tale, hours):
    tale.at = START + timedelta(hours=hours)
    return tale


def test_05_entropy_reduction():
    tale = at(effective(), 100)
    tale.hear(opened(6_000, amount=10_000, opened_at=tale.at))
    assert tale.dsr() == (6_000, 4_000, 0)
    assert code(at(tale, 110).payee(7_000)) == "Applied"
    assert tale.dsr() == (3_000, 4_000, 3_000)
    assert code(at(tale, 111).payee(8_000)) == "CLAIM_MAY_ONLY_FALL"
    assert code(at(tale, 112).payer(5_000)) == "Applied"
    assert tale.dsr() == (2_000, 5_000, 3_000)
    at(tale, 172 - MILLISECOND).due()
    assert tale.dsr() == (2_000, 5_000, 3_000)
    at(tale, 172).due()
    assert tale.dsr() == (0, 7_000, 3_000)
    assert tale.moved == [
        ("payer", "admission", 3_000),
        ("payee", "concession", 1_000),
        ("payee", "dispute_default", 2_000),
    ]


def test_06_silence():
    tale = at(effective(), 24)
    tale.hear(opened(10_000, amount=10_000, opened_at=tale.at))
    assert tale.dsr() == (10_000, 0, 0)
    at(tale, 96).due()
    assert tale.dsr() == (0, 0, 10_000)
    assert tale.moved == [("payer", "dispute_default", 10_000)]
