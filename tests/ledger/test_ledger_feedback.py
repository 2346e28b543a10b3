"""What came back changes a letter once, as soon as that is legal, whatever happens in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, NOON, crash, mark, message_id, recipient, statuses, statuses_in

from mass_apology.ledger import Ledger, Store
from mass_apology.ledger.came_back import Match, Note, Traces
from mass_apology.ledger.purged_notes import PURGED
from mass_apology.ledger.sqlite import SqliteLedger
from mass_apology.model import Status


def note(letter: int, becomes: Status, key: str = "a", said: str = "550 5.1.1 user unknown") -> Note:
    return Note(
        key=key,
        part=0,
        at=NOON,
        kind="failure",
        cause=None,
        match=Match(delivery=letter, address=f"customer{letter}@example.org", proven=True),
        address=f"customer{letter}@example.org",
        detail=said,
        becomes=becomes,
        said=said,
    )


def handed_over(ledger: Ledger, *letters: int) -> None:
    async def all_of_them() -> None:
        for letter in letters:
            await ledger.hand_over(mark(letter, Status.HANDING_OVER))

    asyncio.run(all_of_them())


def marked(ledger: Ledger, letter: int, status: Status) -> None:
    ledger.record(mark(letter, status))
    asyncio.run(ledger.flush())


@pytest.mark.parametrize(
    ("reply", "becomes", "at_last"),
    [
        (Status.ACCEPTED, Status.BOUNCED, Status.BOUNCED),
        (Status.ACCEPTED, Status.COMPLAINED, Status.COMPLAINED),
        (Status.ACCEPTED, Status.ACCEPTED, Status.ACCEPTED),
        (Status.IN_DOUBT, Status.ACCEPTED, Status.ACCEPTED),
        (Status.IN_DOUBT, Status.BOUNCED, Status.BOUNCED),
        (Status.DEFERRED, Status.BOUNCED, Status.DEFERRED),  # due again: it was another copy
        (Status.REFUSED, Status.BOUNCED, Status.REFUSED),
    ],
)
def test_a_status_waits_for_the_reply_of_a_letter_on_its_way(
    store: Store, held: Ledger, reply: Status, becomes: Status, at_last: Status
) -> None:
    handed_over(held, 1)
    with store.open(CAMPAIGN) as beside:
        book = beside.feedback
        assert book.record([note(1, becomes)], NOON) == {}
        assert book.waiting() == 1
        assert statuses_in(store)[1] is Status.HANDING_OVER
    marked(held, 1, reply)
    assert statuses_in(store)[1] is at_last
    assert held.feedback.waiting() == 0


def test_it_waits_across_a_crash_of_the_sender(store: Store, held: Ledger) -> None:
    handed_over(held, 1, 2)
    with store.open(CAMPAIGN) as beside:
        beside.feedback.record([note(1, Status.BOUNCED)], NOON)
        assert beside.recover_unless_held(NOON) is False  # its sender lives: what is on its way is not in doubt
        assert statuses_in(store)[2] is Status.HANDING_OVER
        crash(store)
        assert beside.recover_unless_held(NOON) is True
        assert (statuses_in(store)[1], statuses_in(store)[2]) == (Status.BOUNCED, Status.IN_DOUBT)
        assert beside.holder() is None


def test_the_next_reading_settles_what_waits(store: Store, held: Ledger) -> None:
    handed_over(held, 1)
    with store.open(CAMPAIGN) as beside:
        book = beside.feedback
        book.record([note(1, Status.BOUNCED)], NOON)
        held.record(mark(1, Status.ACCEPTED))
        handed_over(held, 2)  # so the mark is durable, and the run has not ended
        assert statuses_in(store)[1] is Status.ACCEPTED
        assert book.record([], NOON) == {Status.BOUNCED: 1}
        assert statuses_in(store)[1] is Status.BOUNCED


def test_the_first_of_several_reports_counts_and_each_only_once(store: Store, held: Ledger) -> None:
    handed_over(held, 1)
    marked(held, 1, Status.ACCEPTED)
    book = held.feedback
    assert book.record([note(1, Status.BOUNCED), note(1, Status.COMPLAINED, "b")], NOON) == {Status.BOUNCED: 1}
    assert book.record([note(1, Status.BOUNCED), note(1, Status.COMPLAINED, "c")], NOON + 1) == {}
    assert statuses_in(store)[1] is Status.BOUNCED


def test_a_failure_outweighs_a_sign_of_life(store: Store, held: Ledger) -> None:
    """A letter in doubt of which the same reading says "delayed" and "failed": the relay had it, and it failed."""
    handed_over(held, 1)
    marked(held, 1, Status.IN_DOUBT)
    book = held.feedback
    changed = book.record([note(1, Status.ACCEPTED, "a", "delayed"), note(1, Status.BOUNCED, "b")], NOON)
    assert changed == {Status.BOUNCED: 1}
    assert statuses_in(store)[1] is Status.BOUNCED


def test_a_purged_ledger_is_told_no_names(ledger: SqliteLedger, path: Path) -> None:
    handed_over(ledger, 1)
    marked(ledger, 1, Status.ACCEPTED)
    ledger.purging.purge(NOON)
    book = ledger.feedback
    (match,) = book.find([Traces(message_ids=[message_id(recipient(0).identity)])])
    assert match is not None
    said = "550 no such user secret.person@example.net"
    book.record([note(match.delivery, Status.BOUNCED, said=said)], NOON)
    assert statuses(path)[1] is Status.BOUNCED
    ledger.__exit__()
    assert b"secret.person" not in path.read_bytes()


def test_notes_that_name_nobody_outlast_a_purge(held: Ledger) -> None:
    handed_over(held, 1)
    marked(held, 1, Status.IN_DOUBT)
    held.doubts.release("first", [1], NOON)
    plain = [
        "plan amber-otter of 1 letter confirmed",
        "plan amber-otter of 20,000 letters confirmed",
        "1 letter of the correction mended confirmed",
        "wave later of at most 1 letter armed",
        "1,200 letters in doubt were found in the relay's log and counted as accepted",
    ]
    for what in (*plain, "Ewa Wojcik was called"):
        held.note(NOON + 1, what)
    held.purging.purge(NOON + 2)
    released = "1 letter of the wave first in doubt was released to be sent again"
    assert [note.what for note in held.notes()] == [released, *plain, "a note, whose text was purged", PURGED]
