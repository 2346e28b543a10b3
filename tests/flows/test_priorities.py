"""Whose letters leave first."""

from __future__ import annotations

import pytest
from live import campaign_folder, customers, relay, send

from mass_apology.flows.plan.priorities import Priorities
from mass_apology.model import Recipient
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, SenderSettings

pytestmark = pytest.mark.slow


def priorities(header: tuple[str, ...] = ("email", "urgent")) -> Priorities:
    campaign = Campaign(
        name="x",
        template="x",
        recipients="x.csv",
        sender=SenderSettings(from_="a@acme.example"),
        relay=RelaySettings(url="-"),
        priority="urgent",
    )
    return Priorities(campaign, header)


@pytest.mark.parametrize(
    ("cell", "expected", "findings"),
    [
        *[("3", 3, 0), ("-2", -2, 0), (" 7 ", 7, 0), ("", 0, 0), ("n/a", 0, 0), ("tak", 1, 0), ("nein", 0, 0)],
        *[("high", 0, 1), ("1.5", 0, 1), ("9" * 40, 10**9, 0)],
    ],
)
def test_cells(cell: str, expected: int, findings: int) -> None:
    one = Recipient(identity=1, mailbox=1, address="a@b.example", line=2, row={"urgent": cell})
    (given,), found = priorities().given([one])
    assert (given.priority, len(found)) == (expected, findings)


def test_a_column_that_is_not_there_is_an_error() -> None:
    (finding,) = priorities(("email",)).setting_findings()
    assert finding.code == "priority-column-missing"
    assert priorities().setting_findings() == []


def test_who_is_in_danger_is_written_to_first(tmp_path) -> None:
    """One connection, so that the order at the relay is that of the letters; the canary is spread, and goes before."""
    rows = [{**row, "implant": "yes" if number >= 280 else ""} for number, row in enumerate(customers(300))]
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows, top={"priority": "implant"}, relay={"connections": 1})
        assert send(folder).reason is None
    canary = 20
    assert sorted(live.numbers[:40]) == sorted({*live.numbers[:canary], *range(280, 300)})
