"""Where a campaign stands, while it is sent and after: for people, and for scripts."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import sent_campaign
from msgspec.structs import replace
from rich.console import Console

from mass_apology.cli import status_screen, watching
from mass_apology.cli.status_screen import progress_line
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.report.campaign_status import CampaignStatus, State, campaign_status
from mass_apology.model import Status
from mass_apology.quantities import percent
from mass_apology.workspace.workspace import Workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SENDING = CampaignStatus(
    campaign="acme",
    at=NOON,
    state=State.SENDING,
    activity="sending (process 7 on here)",
    host="here",
    pid=7,
    people=1000,
    counts={Status.ACCEPTED: 400, Status.PLANNED: 600},
    due=600,
    percent=40.0,
    rate=10.0,
    eta=NOON + timedelta(minutes=1),
    waves={},
    editions=(),
    editions_first_at=(),
    promises=(),
    findings=(),
)
ENDED = replace(SENDING, state=State.DONE, activity="not sending", host=None, pid=None, due=0, rate=None, eta=None)


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with sent_campaign(tmp_path / "trial", 10) as folder:
        yield folder


def test_a_line_says_how_far_how_fast_and_until_when() -> None:
    assert re.fullmatch(r"40 % done · 10\.0/s · 1 min 0 s left, until 2026-11-20 .+", progress_line(SENDING))
    assert progress_line(replace(ENDED, percent=100.0)) == "100 % done"


def test_the_rate_is_that_of_the_letters_handed_over(sent: Path) -> None:
    workspace = Workspace.open(sent)
    with locked_ledger(workspace) as ledger:
        found = campaign_status(workspace)
        letters, first_at = ledger.handed_over(time.time() - 60)
    assert (found.state, found.pid, letters) == (State.SENDING, os.getpid(), 10)
    assert first_at is not None
    assert found.rate == pytest.approx(10 / max(1.0, time.time() - first_at), rel=0.5)


def test_a_part_is_never_all() -> None:
    assert percent(999_999, 1_000_000) == 99.9
    assert percent(0, 0) == 100.0


def test_watching_ends_with_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    slept: list[float] = []
    monkeypatch.setattr(status_screen.time, "sleep", slept.append)
    looks = iter([SENDING, SENDING, ENDED])
    assert status_screen.watch_as_json(lambda: next(looks)) is ENDED
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == [
        "sending",
        "sending",
        "done",
    ]
    assert len(slept) == 2


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, False), (0.4, True)])
def test_a_look_that_takes_long_says_so(monkeypatch: pytest.MonkeyPatch, seconds: float, shown: bool) -> None:
    to = Console(force_terminal=True, width=100, file=io.StringIO())
    monkeypatch.setattr(watching, "console", lambda **_: to)
    monkeypatch.setattr(watching, "PATIENCE", 0.2)
    with watching.patience("reading the ledger", quiet=False):
        time.sleep(seconds)
    assert ("reading the ledger" in to.file.getvalue()) is shown  # type: ignore[attr-defined]
