"""A revocation that is no party's own word is found; one that is, is no breach."""

import pytest

from tests.unit.audit.lives import whole_story
from tests.unit.audit.planting import Catalogue, Plant, assert_found
from tests.unit.audit.story import COMMANDS, EVENTS, ORDERS, Said, Story

CATALOGUE = Catalogue()
breaks = CATALOGUE.breaks


def revoke(story: Story, by: str, party: str, second: float) -> Said:
    command_id = f"r-{second}"
    asked = {"party": party}
    story.say(COMMANDS, "consent.revoke", second, asked, id=command_id, upstream="shop")
    return story.say(EVENTS, "consent.revoked", second + 0.02, {"by": by}, cause=command_id)


def revoked_story() -> Story:
    story = whole_story()
    revoke(story, "payer", "alice", 20)
    revoke(story, "payee", "bob", 21)
    return story


def test_each_party_may_revoke_its_own_consent() -> None:
    result = revoked_story().judged()
    assert result.ok, result.violations


@breaks("I3", "the payer never sent r-20")
def nobody_revoked(story: Story) -> None:
    story.said.remove(story.the("consent.revoke"))


@breaks("I3", "the payee never sent r-20")
def the_other_ones_consent_ends(story: Story) -> None:
    story.the("consent.revoked").data["by"] = "payee"


@breaks("I3", "the payer never sent r-20")
def another_upstream_revoked_it(story: Story) -> None:
    story.the("consent.revoke").upstream = "another-shop"


@breaks("I3", "the payer revokes a second time")
def it_is_revoked_twice(story: Story) -> None:
    revoke(story, "payer", "alice", 22)


@breaks("I3", "never accepted its terms")
def a_party_offered_by_itself(story: Story) -> None:
    """What a party offered is nobody's offer, and the acceptances with it are none."""
    offer = next(said for said in story.said if said.topic == ORDERS)
    offer.data["acceptances"] = offer.data["acceptances"][:1]
    own = {**offer.data, "party": "alice", "acceptances": _both(story)}
    story.say(COMMANDS, "contract.offer", 0.5, own, id="own-offer", upstream="shop")


def _both(story: Story) -> list[dict[str, object]]:
    return [
        {"party": party, "terms_version": 1, "terms_digest": story.digest,
         "consent": "subjective_and_automatic"}
        for party in ("alice", "bob")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("invariant", "sentence", "plant"),
    CATALOGUE.entries,
    ids=[plant.__name__ for _, _, plant in CATALOGUE.entries],
)
def test_a_planted_breach_is_found(invariant: str, sentence: str, plant: Plant) -> None:
    assert_found(invariant, sentence, plant, revoked_story)
