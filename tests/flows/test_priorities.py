"""Whose letters leave first."""

from __future__ import annotations

import pytest
from live import campaign_folder, customers, relay, results, send

from mass_apology.errors import ConfirmationError
from mass_apology.flows.plan.priorities import Priorities
from mass_apology.model import Recipient, Severity, Status
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
    ("cell", "expected"),
    [
        *[("3", 3), ("-2", -2), (" 7 ", 7), ("", 0), ("n/a", 0), ("-", 0), ("tak", 1), ("nein", 0), ("+4", 4)],
        *[("1", 1), ("9" * 40, 10**9)],
    ],
)
def test_cells(cell: str, expected: int) -> None:
    (given,), found = priorities().given([urgent(cell)])
    assert (given.priority, found) == (expected, [])


@pytest.mark.parametrize(
    "cell", ["NaN", "nan", " NaN ", "#N/A", "#NULL!", "inf", "-inf", "high", "1.5", "1_000", "٣", "0x1", "9" * 101]
)
def test_a_cell_that_says_no_number_is_an_error_of_its_row(cell: str) -> None:
    given, (finding,) = priorities().given([urgent(cell)])
    assert given == []
    assert (finding.code, finding.severity, finding.line) == ("priority-unreadable", Severity.ERROR, 2)
    assert f"'{cell[:40]}' is no whole number" in finding.problem


def urgent(cell: str) -> Recipient:
    return Recipient(identity=1, mailbox=1, address="a@b.example", line=2, row={"urgent": cell})


def test_nobody_whose_priority_is_nan_is_forgotten(tmp_path) -> None:
    rows = [{**row, "implant": "NaN" if number == 3 else "1"} for number, row in enumerate(customers(9))]
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows, top={"priority": "implant"})
        with pytest.raises(ConfirmationError):
            send(folder)
        assert live.numbers == []
        send(folder, skip_bad_rows=True)
        assert sorted(live.numbers) == [0, 1, 2, 4, 5, 6, 7, 8]
    (aside,) = aside_in(folder)
    assert "'NaN' is no whole number" in aside


def aside_in(folder) -> list[str]:
    return [result.reply or "" for result in results(folder) if result.status is Status.WITHHELD]


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
