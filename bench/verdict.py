"""What became of every recipient of a campaign that was killed: the relay's record meets the report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from bench.recorder import Arrival
from mass_apology.model import Status


class Row(Struct, frozen=True, kw_only=True):
    """One recipient, as ``report`` writes it; its other columns are of no interest here."""

    address: str
    status: Status
    message_id: str | None


class Verdict(Struct, frozen=True, kw_only=True):
    """Counts of recipients, or of messages where it says so."""

    recipients: int = 0
    skipped: int = 0  # never received, and in no status that says so: believed to be written to
    twice: int = 0  # Message-IDs that arrived more than once, and recipients who got more than one message
    lost: int = 0  # without a row, or with more than one
    in_doubt: int = 0
    never_sent: int = 0  # in doubt, and never received

    def __add__(self, other: Verdict) -> Verdict:
        fields = self.__struct_fields__
        return Verdict(**{field: getattr(self, field) + getattr(other, field) for field in fields})


def judge(addresses: Iterable[str], rows: Sequence[Row], arrivals: Sequence[Arrival]) -> Verdict:
    """Compare whom the campaign should reach, what it says became of them, and what the relay received."""
    expected = set(addresses)
    status = {row.address: row.status for row in rows}
    received = Counter(address for arrival in arrivals for address in arrival.recipients)
    ids = Counter(arrival.message_id for arrival in arrivals)
    in_doubt = {address for address, each in status.items() if each is Status.IN_DOUBT}
    rows_of = Counter(row.address for row in rows)
    return Verdict(
        recipients=len(expected),
        skipped=sum(1 for address in expected - received.keys() if not _says_so(status.get(address))),
        twice=max(_repeated(ids), _repeated(received)),
        lost=sum(1 for address in expected if rows_of[address] != 1),
        in_doubt=len(in_doubt),
        never_sent=len(in_doubt - received.keys()),
    )


def _says_so(status: Status | None) -> bool:
    """Whether the status admits that the recipient may not have been written to."""
    return status is not None and status not in {Status.ACCEPTED, Status.BOUNCED, Status.COMPLAINED}


def _repeated(counts: Counter[str]) -> int:
    return sum(1 for count in counts.values() if count > 1)
