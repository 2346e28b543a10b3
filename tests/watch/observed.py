"""What is seen of a campaign of a thousand people in each trouble."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from mass_apology.flows.watch.observation import Count, Observation, Pulse
from mass_apology.ledger.recorded import People
from mass_apology.ledger.sender_state import Control, Holder, SenderReport, SlowDestinationReport
from mass_apology.model import Status, StopCause
from mass_apology.settings import Campaign

NOON = 1_795_172_400.0  # 2026-11-20 11:00:00 UTC: noon in Warsaw
SENDER = Holder(host="mail1", pid=4711, started="1")
CAMPAIGN = msgspec.convert(
    {
        "name": "acme-outage",
        "template": "service-outage",
        "recipients": "affected.csv",
        "time_zone": "Europe/Warsaw",
        "sender": {"from": "anna@acme.example"},
        "relay": {"url": "smtp+plain://127.0.0.1:25", "rate": "10/s", "windows": ["10000/day"]},
        "finish_by": datetime(2026, 11, 20, 11, 30, tzinfo=UTC),
    },
    Campaign,
)


def people(counts: Mapping[Status, int]) -> People:
    every = {status: counts.get(status, 0) for status in Status}
    return People(counts=every, letters=sum(every.values()), set_aside=0, rows_set_aside=0)


HALF = {Status.ACCEPTED: 480, Status.REFUSED: 20, Status.PLANNED: 490, Status.DEFERRED: 6, Status.HANDING_OVER: 4}

WELL = SenderReport(
    at=NOON - 0.5,
    began_at=NOON - 60,
    due_at_start=1000,
    counts={Status.ACCEPTED: 480, Status.REFUSED: 20, Status.DEFERRED: 6},
    rate=9.8,
    connections=4,
    is_latest=True,
)


def observed(
    report: SenderReport | None = WELL,
    *,
    counts: Mapping[Status, int] = HALF,
    holder: Holder | None = SENDER,
    wanted: Control = Control.RUN,
    **others: Any,
) -> Observation:
    """All is well, unless told otherwise."""
    usual: dict[str, Any] = {
        "at": NOON,
        "campaign": CAMPAIGN,
        "pulse": Pulse(holder=holder, wanted=wanted, report=report),
        "count": Count(at=NOON - 0.2, waves={"first": people(counts)}, report=report),
        "rate": 9.8,
        "usage": (),
        "notes": (),
        "free_octets": 1 << 35,
        "details": None,
    }
    return Observation(**(usual | others))


def said(**facts: Any) -> SenderReport:
    return replace(WELL, **facts)


ENDED = {"ended": True, "rate": 0.0}
DONE = {Status.ACCEPTED: 980, Status.REFUSED: 20}
NO_HAND_OVERS = {**HALF, Status.ACCEPTED: 484, Status.HANDING_OVER: 0}

TROUBLES: Mapping[str, Observation] = {
    "all well": observed(),
    "throttle": observed(said(share=0.25, rate=2.5), rate=2.5),
    "slow destination": observed(said(slow=(SlowDestinationReport(name="gmail.com", rate=0.5),), rate=2.5), rate=2.5),
    "quota": observed(said(cause=StopCause.QUOTA, until=NOON + 1800, waits_for="the relay's quota"), rate=0.0),
    "window": observed(said(cause=StopCause.WINDOW, until=NOON + 600, waits_for="the window"), rate=0.0),
    "relay dead": observed(said(trouble="127.0.0.1 refuses the connection.", rate=0.0), rate=0.0),
    "relay given up": observed(
        said(cause=StopCause.RELAY, reason="127.0.0.1 refuses the connection.", **ENDED),
        holder=None,
        counts=NO_HAND_OVERS,
        rate=0.0,
    ),
    "breaker": observed(
        said(cause=StopCause.BREAKER, reason="The campaign paused itself: 30 of the last 200 letters.", **ENDED),
        holder=None,
        counts=NO_HAND_OVERS,
        rate=0.0,
    ),
    "disk full": observed(said(rate=0.0), holder=None, free_octets=4096, rate=0.0),
    "killed": observed(said(), holder=None, rate=0.0),
    "paused": observed(said(waits_for="resume", rate=0.0), wanted=Control.PAUSE, rate=0.0),
    "stopping": observed(said(), wanted=Control.STOP),
    "stopped": observed(said(**ENDED), holder=None, counts=NO_HAND_OVERS, rate=0.0),
    "silent": observed(said(at=NOON - 30), rate=0.0),
    "deferred": observed(said(waits_for="deferred letters, due at 11:10:00", until=NOON + 600), rate=0.0),
    "planning": observed(said(is_latest=False), rate=0.0),
    "nobody": observed(None, holder=None, counts={Status.PLANNED: 1000}, rate=0.0),
    "doubt": observed(said(**ENDED), holder=None, counts={Status.ACCEPTED: 995, Status.IN_DOUBT: 5}, rate=0.0),
    "done": observed(said(**ENDED), holder=None, counts=DONE, rate=0.0),
    "nothing planned": observed(None, holder=None, counts={}, rate=0.0),
}
