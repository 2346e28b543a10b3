"""What lies in a mailbox meets what the product reports: every difference is a complaint. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import idna
from msgspec import Struct
from private_server import Copy

from mass_apology.model import Status

MAY_BE_THERE = frozenset({Status.ACCEPTED, Status.IN_DOUBT, Status.BOUNCED, Status.COMPLAINED})
MUST_BE_THERE = frozenset({Status.ACCEPTED, Status.BOUNCED, Status.COMPLAINED})


class Row(Struct, frozen=True, kw_only=True):
    """One recipient, as ``report`` writes it; its other columns are of no interest here."""

    address: str
    status: Status
    message_id: str | None
    code: int | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """How mailbox and report compare."""

    letters: int
    counts: dict[Status, int]  # as reported
    there: int  # recipients whose letter lies in the mailbox
    doubted_there: int  # of those in doubt
    again: int  # letters that the server delivered twice after it had been killed, though it was given them once
    complaints: tuple[str, ...]  # differences; none where mailbox and report agree


def compare(
    addresses: Iterable[str], rows: Sequence[Row], copies: Sequence[Copy], handed_over: Counter[str], *, killed: bool
) -> Comparison:
    """Compare whom a campaign writes to, what it says became of them, and the mailbox of a server with an empty queue.

    ``handed_over`` says how often the product's log has each Message-ID's letter taken or in doubt. A server that was
    ``killed`` may deliver once more what it was given once: it cannot know whether its own last delivery was finished.
    """
    expected = Counter(map(plain, addresses))
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    for copy in copies:
        boxes[plain(copy.recipient)][copy.message_id] += 1
    complaints = list(_wrong_people(expected, rows, boxes))
    again = 0
    for row in rows:
        box = boxes.get(plain(row.address), Counter())
        complaints += _wrong_letters(row, box)
        extra = box[row.message_id or ""] - 1
        if extra > 0 and killed and handed_over[row.message_id or ""] <= 1:
            again += extra
        elif extra > 0:
            complaints.append(f"{row.address} has {extra + 1} copies of {row.message_id}.")
    complaints += [f"{each} was handed over {count} times." for each, count in handed_over.items() if count > 1]
    return Comparison(
        letters=expected.total(),
        counts=dict(Counter(row.status for row in rows)),
        there=len(boxes),
        doubted_there=sum(row.status is Status.IN_DOUBT and plain(row.address) in boxes for row in rows),
        again=again,
        complaints=tuple(complaints),
    )


def _wrong_people(expected: Counter[str], rows: Sequence[Row], boxes: dict[str, Counter[str]]) -> Iterable[str]:
    reported = Counter(plain(row.address) for row in rows)
    if reported != expected:
        yield f"The report has other people than the campaign: {sorted((reported - expected) + (expected - reported))}."
    for stranger in boxes.keys() - expected.keys():
        yield f"{stranger} was written to and is no customer."


def _wrong_letters(row: Row, box: Counter[str]) -> Iterable[str]:
    if box and row.status not in MAY_BE_THERE:
        yield f"{row.address} is {row.status} and has a letter."
    if not box and row.status in MUST_BE_THERE:
        yield f"{row.address} is {row.status} and has none."
    for other in box.keys() - {row.message_id}:
        yield f"{row.address} has {other}, and the report says {row.message_id}."


def plain(address: str) -> str:
    """The address as a server may write it: the domain in ASCII and lower case."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"
