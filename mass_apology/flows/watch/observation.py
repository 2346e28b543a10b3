"""What was seen of a campaign at one moment, as the ledger and its folder tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mass_apology.flows.watch.view_model import DetailView
from mass_apology.ledger import Note
from mass_apology.ledger.recorded import People
from mass_apology.ledger.sender_state import Control, Holder, SenderReport
from mass_apology.settings import Campaign


class Pulse(Struct, frozen=True, kw_only=True):
    """What single rows of the ledger say: they are read at every look."""

    holder: Holder | None
    wanted: Control
    report: SenderReport | None  # what a run said last, whichever

    @property
    def key(self) -> tuple[object, ...]:
        """Where it changes, something began or ended, and the letters want to be counted."""
        said = self.report
        return self.holder, said and (said.began_at, said.ended, said.is_latest)

    @property
    def running(self) -> SenderReport | None:
        """What the run says that is there; ``None`` where none is, or none has begun to send."""
        said = self.report
        return said if self.holder and said and said.is_latest and not said.ended else None


class Count(Struct, frozen=True, kw_only=True):
    """What a pass over the letters found."""

    at: float  # Unix seconds
    waves: Mapping[str, People]  # in the order of planning
    report: SenderReport | None = None  # the first that the run said afterwards, once it has


class Observation(Struct, frozen=True, kw_only=True):
    """All that a view is made of."""

    at: float  # Unix seconds
    campaign: Campaign
    pulse: Pulse
    count: Count
    rate: float  # letters a second that were settled, over the last minute
    usage: Sequence[tuple[int, int]]  # (minute, letters handed over in it), in order
    notes: Sequence[Note]  # the oldest first
    free_octets: int | None  # on the ledger's disk
    details: DetailView | None
