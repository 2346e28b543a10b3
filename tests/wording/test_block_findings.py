"""What a block tells: its faults at once, and a part when it is asked for."""

from __future__ import annotations

from mass_apology.wording.block_findings import BlockFindings
from mass_apology.wording.letter_text import Block, Role
from mass_apology.wording.wording_rules import rules


def of(text: str) -> BlockFindings:
    known = rules("en")
    assert known is not None
    return BlockFindings(Block(role=Role.PROSE, text=text, places=()), known, frozenset())


def test_a_block_shows_its_parts_after_it_was_put_to_rest_too() -> None:
    block = of("We are sorry that your order came late. This was our fault.")
    assert block.shows("responsibility-missing")
    block.rest()
    assert block.shows("apology-missing")
    assert block.shows("responsibility-missing")
    assert not block.shows("prevention-missing")
    assert block.shows("harm-missing")


def test_words_of_a_fault_show_no_part() -> None:
    assert of("From now on two people check every parcel.").shows("prevention-missing")
    assert not of("No parcel will ever get lost again.").shows("prevention-missing")


def test_apologies_are_told_with_their_places() -> None:
    assert of("We are sorry. We apologise to you.").apologies == ((0, 12), (14, 29))
