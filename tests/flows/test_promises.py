"""What letters promise by a date: how many days are left, what is late, and what was kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from live import campaign_folder, customers

from mass_apology.flows.promises import Promise, promises
from mass_apology.workspace.workspace import Workspace

NOWHERE = "smtp+plain://127.0.0.1:1"
SCENARIO = """[facts.refund_by]
type = "date"
comment = "By when."
example = 2026-12-01
promised = "the money back"

[facts.started_on]
type = "date"
comment = "Since when."
example = 2026-11-01
"""


def promised(folder: Path, now: datetime, **top: object) -> tuple[Promise, ...]:
    facts = {"service": "A", "refund_by": date(2026, 12, 5), "started_on": date(2026, 11, 1)}
    made = campaign_folder(folder, NOWHERE, customers(1), incident=facts, top={"time_zone": "Europe/Tallinn", **top})
    (folder / "templates/sorry/scenario.toml").write_text(SCENARIO)
    return promises(Workspace.open(made), now.timestamp())


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 30, 9, tzinfo=UTC), "Promised: the money back, by 2026-12-05 23:59 EET (in 5 days)."),
        (datetime(2026, 12, 4, 9, tzinfo=UTC), "Promised: the money back, by 2026-12-05 23:59 EET (tomorrow)."),
        (datetime(2026, 12, 5, 21, 58, tzinfo=UTC), "Promised: the money back, by 2026-12-05 23:59 EET (today)."),
        (datetime(2026, 12, 5, 22, 0, tzinfo=UTC), "LATE since 2026-12-05 23:59 EET: the money back."),
    ],
)
def test_a_promise_counts_its_days_by_the_campaign_s_clock(tmp_path: Path, now: datetime, said: str) -> None:
    (promise,) = promised(tmp_path, now)
    assert promise.sentence.startswith(said)
    assert promise.is_late is said.startswith("LATE")


def test_what_is_late_says_how_to_call_it_kept(tmp_path: Path) -> None:
    (promise,) = promised(tmp_path, datetime(2027, 1, 1, tzinfo=UTC))
    assert promise.sentence.endswith('kept = ["refund_by"]')


def test_what_is_kept_is_not_spoken_of(tmp_path: Path) -> None:
    assert promised(tmp_path, datetime(2027, 1, 1, tzinfo=UTC), kept=["refund_by"]) == ()
