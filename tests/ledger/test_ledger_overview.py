"""What every ledger tells those who watch letters leave."""

from __future__ import annotations

from ledger_samples import CAMPAIGN, NOON, WAVE, bring, mark, plan_in, recipient, record

from mass_apology.ledger import Ledger, Store
from mass_apology.model import Status

ACCEPTED, DEFERRED, PLANNED, REFUSED = Status.ACCEPTED, Status.DEFERRED, Status.PLANNED, Status.REFUSED


def test_letters_are_told_by_language_the_most_frequent_first(store: Store, held: Ledger) -> None:
    others = [recipient(100 + n, language="de") for n in range(3)]
    plan_in(store, held, [*map(recipient, range(20)), *others])
    bring(held, 1, ACCEPTED)
    bring(held, 21, REFUSED)
    with store.read(CAMPAIGN) as records:
        found = records.overview.by_language(WAVE)
    assert list(found.items()) == [("pl", {ACCEPTED: 1, PLANNED: 19}), ("de", {PLANNED: 2, REFUSED: 1})]


def test_the_largest_destinations_are_told_and_those_with_trouble(store: Store, empty: Ledger) -> None:
    domains = ["b", "a", "b", "c", "b", "c", "d", "e", "e", "f", "g", "b", "c"]
    people = [recipient(n, address=f"anna{n}@{domain}.example") for n, domain in enumerate(domains)]
    plan_in(store, empty, people)
    bring(empty, 1, ACCEPTED)
    for letter, status in ((7, REFUSED), (8, DEFERRED), (9, DEFERRED), (10, ACCEPTED), (11, DEFERRED)):
        bring(empty, letter, status)
    with store.read(CAMPAIGN) as records:
        found = records.overview.by_destination(WAVE, 2, 2)
        nothing = records.overview.by_destination("another", 2, 2)
    assert (nothing.counts, nothing.domains) == ({}, 0)
    assert found.domains == 7
    assert list(found.counts.items()) == [
        ("b.example", {ACCEPTED: 1, PLANNED: 3}),
        ("c.example", {PLANNED: 3}),
        ("e.example", {DEFERRED: 2}),
        ("d.example", {REFUSED: 1}),
    ]


def test_the_latest_replies_are_those_about_letters_that_were_not_accepted(store: Store, held: Ledger) -> None:
    bring(held, 1, ACCEPTED)
    record(held, mark(2, REFUSED, at=NOON + 5, code=550, enhanced_code="5.1.1", reply="no such user"))
    record(held, mark(3, DEFERRED, at=NOON + 9))
    record(held, mark(4, Status.WITHHELD, at=NOON + 12, reply="on the list"))
    with store.read(CAMPAIGN) as records:
        newest, older = records.overview.latest_replies(10)
        assert records.overview.latest_replies(1) == [newest]
    assert (newest.status, newest.text, newest.at) == (DEFERRED, "greylisted", NOON + 9)
    assert (older.wave, older.code, older.enhanced_code, older.text) == (WAVE, 550, "5.1.1", "no such user")


def test_hand_overs_are_counted_by_step(store: Store, held: Ledger) -> None:
    for letter, seconds in ((1, 0), (2, 9), (3, 10), (4, 35)):
        record(held, mark(letter, Status.HANDING_OVER, at=NOON + seconds))
    with store.read(CAMPAIGN) as records:
        assert records.overview.hand_overs(10) == [(NOON, 2), (NOON + 10, 1), (NOON + 30, 1)]
