"""The comparison of mailbox and report sees every difference; it needs no server."""

from __future__ import annotations

from collections import Counter

import pytest
from mailbox_and_report import Comparison, Row, compare
from private_server import Copy

from mass_apology.model import Status

ANNA, BERT = "anna@d.example", "bert@bücher.example"
ROWS = [
    Row(address=ANNA, status=Status.ACCEPTED, message_id="<a@x>"),
    Row(address=BERT, status=Status.REFUSED, message_id="<b@x>"),
]
ONE = Copy(recipient=ANNA, message_id="<a@x>")


def compared(
    rows: list[Row], copies: list[Copy], handed_over: Counter[str] | None = None, *, killed: bool = False
) -> Comparison:
    return compare([ANNA, BERT], rows, copies, handed_over or Counter({"<a@x>": 1}), killed=killed)


def test_what_agrees_gives_no_complaint() -> None:
    found = compared(ROWS, [ONE])
    assert found.complaints == ()
    assert (found.letters, found.there, found.again) == (2, 1, 0)


@pytest.mark.parametrize(
    ("rows", "copies", "complaint"),
    [
        (ROWS, [], "anna@d.example is ACCEPTED and has none."),
        (ROWS, [ONE, ONE], "anna@d.example has 2 copies of <a@x>."),
        (ROWS, [ONE, Copy(recipient=BERT, message_id="<b@x>")], "bert@bücher.example is REFUSED and has a letter."),
        (ROWS, [ONE, Copy(recipient="bert@xn--bcher-kva.example", message_id="<b@x>")], "is REFUSED and has a letter."),
        (ROWS, [ONE, Copy(recipient="eve@d.example", message_id="<e@x>")], "eve@d.example was written to"),
        (ROWS, [ONE, Copy(recipient=ANNA, message_id="<z@x>")], "anna@d.example has <z@x>, and the report says <a@x>."),
        (ROWS[:1], [ONE], "The report has other people than the campaign"),
        ([*ROWS, ROWS[0]], [ONE], "The report has other people than the campaign"),
    ],
)
def test_every_difference_is_a_complaint(rows: list[Row], copies: list[Copy], complaint: str) -> None:
    assert complaint in " ".join(compared(rows, copies).complaints)


def test_a_killed_server_may_deliver_twice_what_it_was_given_once() -> None:
    found = compared(ROWS, [ONE, ONE], killed=True)
    assert (found.again, found.complaints) == (1, ())
    twice = compared(ROWS, [ONE, ONE], Counter({"<a@x>": 2}), killed=True)
    assert "anna@d.example has 2 copies of <a@x>." in twice.complaints
    assert "<a@x> was handed over 2 times." in twice.complaints


def test_a_letter_in_doubt_may_be_there_or_not() -> None:
    doubtful = [Row(address=ANNA, status=Status.IN_DOUBT, message_id="<a@x>"), ROWS[1]]
    assert compared(doubtful, []).complaints == ()
    found = compared(doubtful, [ONE])
    assert (found.complaints, found.doubted_there) == ((), 1)
