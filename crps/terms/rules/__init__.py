"""All rules by which terms are looked at; to add one, write it and name it here."""

from typing import Final

from crps.terms.rules.amounts import moves_only_whole, no_part_to_spare, one_act
from crps.terms.rules.endings import (
    adjudicator_idle,
    ending_one_sided,
    nobody_rules,
    ratio_below_minimum,
    silence_rule_off,
)
from crps.terms.rules.periods import (
    advance_unbounded,
    chain_period_long,
    chain_period_short,
    cutoff_on_a_turned_clock,
    deadlines_equal,
    deadlines_out_of_order,
    dispute_period_short,
    extension_not_offered,
    hold_barely_fits,
)
from crps.terms.rules.rule import Rule
from crps.terms.rules.words import name_like_a_number, no_text, upstreams_word

RULES: Final[tuple[Rule, ...]] = (
    upstreams_word,
    no_text,
    name_like_a_number,
    chain_period_short,
    chain_period_long,
    deadlines_out_of_order,
    deadlines_equal,
    cutoff_on_a_turned_clock,
    extension_not_offered,
    advance_unbounded,
    dispute_period_short,
    ending_one_sided,
    silence_rule_off,
    nobody_rules,
    adjudicator_idle,
    ratio_below_minimum,
    moves_only_whole,
    no_part_to_spare,
    one_act,
    hold_barely_fits,
)
