"""People are found in a SQLite ledger by what somebody remembers of them."""

from __future__ import annotations

import pytest
from ledger_samples import WAVE, bring, plan, recipient

from mass_apology.ledger.sqlite import SqliteLedger
from mass_apology.model import Status


@pytest.fixture
def people(ledger: SqliteLedger) -> SqliteLedger:
    odd = [
        recipient(
            100, address="ola_100@Example.net".lower(), name="Ola 50% Nowak", row={"account": "A-0100", "n": "ż"}
        ),
        recipient(101, address="olax100@example.net", name="Óla Żak", row={"account": "A-0101"}),
    ]
    plan(ledger, [*map(recipient, range(20)), *odd])
    return ledger


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("OLA_100", [41]),  # "_" is no wildcard
        ("50%", [41]),
        ("a-010", [41, 42]),
        ("Żak", [42]),
        ("customer7@", [8]),
        ("000007", [8]),
        ("nobody", []),
        ("' OR 1=1 --", []),
    ],
)
def test_somebody_is_found_by_address_name_or_cell(people: SqliteLedger, text: str, found: list[int]) -> None:
    assert [each.recipient for each in people.persons.like(text, 50)] == found


def test_no_more_are_found_than_were_asked_for(people: SqliteLedger) -> None:
    assert [each.recipient for each in people.persons.like("example.org", 3)] == [1, 2, 3]


def test_who_was_not_reached_is_found_by_the_status(people: SqliteLedger) -> None:
    bring(people, 3, Status.REFUSED)
    bring(people, 2, Status.EXPIRED)
    found = people.persons.with_status(WAVE, {Status.REFUSED, Status.EXPIRED}, 10)
    assert [(each.recipient, each.status) for each in found] == [(2, Status.EXPIRED), (3, Status.REFUSED)]
    assert people.persons.with_status("another", {Status.REFUSED}, 10) == []


def test_one_is_known_by_the_row(people: SqliteLedger) -> None:
    known = people.persons.in_row(41)
    assert known is not None
    assert (known.address, [letter.status for letter in known.letters]) == ("ola_100@example.net", [Status.PLANNED])
    assert people.persons.in_row(99) is None
