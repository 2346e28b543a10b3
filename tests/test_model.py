"""The table of legal transitions, and cells of rows as the ledger keeps them."""

from __future__ import annotations

import json

import pytest

from mass_apology.model import DUE, NOT_REACHED, REACHED, TRANSITIONS, Status, first_cell
from mass_apology.pages.words import MEANINGS


def test_every_status_has_its_row() -> None:
    assert set(TRANSITIONS) == set(Status)


def predecessors(status: Status) -> set[Status]:
    return {before for before, after in TRANSITIONS.items() if status in after}


def test_what_was_handed_over_never_becomes_due_without_a_reply_or_a_persons_word() -> None:
    assert predecessors(Status.PLANNED) == set()
    # A REFUSED letter has the relay's word that it was not taken, and an EXPIRED one was never handed over.
    assert predecessors(Status.DEFERRED) == {
        *(Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.IN_DOUBT, Status.REFUSED, Status.EXPIRED)
    }
    assert predecessors(Status.HANDING_OVER) == DUE


def test_an_accepted_letter_is_never_sent_again() -> None:
    reachable = {Status.ACCEPTED}
    while more := {after for status in reachable for after in TRANSITIONS[status]} - reachable:
        reachable |= more
    assert not reachable & (DUE | {Status.HANDING_OVER})


def test_every_status_means_something_and_is_in_one_group() -> None:
    groups = (DUE, REACHED, NOT_REACHED, {Status.HANDING_OVER, Status.IN_DOUBT})
    assert set(MEANINGS) == set(Status)
    assert sorted(status for group in groups for status in group) == sorted(Status)


@pytest.mark.parametrize("column", ["country", "Ländercode", 'the "country"', "back\\slash", "two\nlines"])
def test_one_cell_is_read_under_any_name_of_a_column(column: str) -> None:
    rows = json.dumps([{"name": "Anna", column: "PL"}, {column: "DE"}])
    assert first_cell(column)(rows) == "PL"
    assert first_cell(column)(json.dumps([{"name": "Anna"}, {column: "DE"}])) == ""
