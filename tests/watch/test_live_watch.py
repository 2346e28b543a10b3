"""``status --watch`` answers five questions in 80 columns and 24 lines in each trouble; lines where no cursor moves."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from live import Person, campaign_folder, customers, relay, send, sent_campaign
from msgspec.structs import replace
from observed import TROUBLES, observed, said
from rich.console import Console
from smtp_fakes import FaultyConversation

from mass_apology.cli import live_watch, watching
from mass_apology.cli.live_frame import Line, frame, one_line
from mass_apology.cli.terminal_lines import columns
from mass_apology.flows.watch.campaign_view import view_of
from mass_apology.flows.watch.view_model import CampaignView, DetailView, ReplyView, ShareView
from mass_apology.ledger import Note
from mass_apology.ledger.sender_state import RelayReport
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Status
from mass_apology.sending.run_stats import Progress

WELL = view_of(observed())
PROGRESS = Progress(
    due_at_start=10, counts={Status.ACCEPTED: 3}, rate=2.0, seconds_left=3.0, connections=1, share=1.0, waits_for=""
)
DETAILS = DetailView(
    at=WELL.at,
    wave="first",
    languages=(
        ShareView(name="pl", total=600, reached=300, open=280, not_reached=20, deferred=4),
        ShareView(name="en", total=400, reached=180, open=220, not_reached=0, deferred=2),
    ),
    destinations=tuple(
        ShareView(name=f"{'very-long-name' * 6}{n}.example", total=100, reached=n, open=0, not_reached=0, deferred=0)
        for n in range(9)
    ),
    domains=9,
    replies=(ReplyView(status=Status.REFUSED, text="550 5.1.1 " + "no such user " * 20, letters=20, last_at=WELL.at),),
    step_seconds=60,
    over_time=(),
    answers_waiting=3,
)


def text(view: CampaignView, width: int = 80, height: int = 24, *, blocks: bool = True) -> str:
    return "\n".join(line.text for line in frame(view, width, height, blocks=blocks))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_happens_until_when_and_who_waits_stand_there_without_scrolling(trouble: str) -> None:
    view = replace(view_of(TROUBLES[trouble]), details=DETAILS)
    lines = frame(view, 80, 24)
    shown = " ".join("\n".join(line.text for line in lines).split())
    assert len(lines) <= 24
    assert [line.text for line in lines if columns(line.text) > 80] == []
    for answer in (view.headline, view.limit.sentence, view.limit.advice, view.end.sentence):
        assert " ".join(answer.split()) in shown
    if view.people.total:
        assert view.people.sentence in shown
    for action in view.actions:
        assert (f"mass-apology {action.name}" in shown.partition("sender")[2]) is action.possible


@pytest.mark.parametrize(("width", "height"), [(30, 10), (40, 24), (80, 24), (80, 5), (300, 100)])
def test_any_window_is_kept_to(width: int, height: int) -> None:
    view = replace(WELL, details=DETAILS, campaign="Störung-№-" * 20, headline="wide 漢字 " * 40)
    lines = frame(view, width, height)
    assert len(lines) <= height
    assert all(columns(line.text) <= min(width, 100) for line in lines)


def test_a_terminal_without_blocks_gets_signs_that_it_has() -> None:
    view = replace(WELL, details=DETAILS)
    assert "█" in text(view)
    assert not set("█░▪") & set(text(view, blocks=False))
    assert live_watch._can_show("█", "utf-8")
    assert not live_watch._can_show("█", "latin-1")


def test_each_of_several_relays_is_shown_and_times_are_the_campaigns() -> None:
    relays = (
        RelayReport(name="main", accepted=1300, deferred=2, rate=8.5, share=0.5),
        RelayReport(name="second", accepted=0, state="its quota, until 13:00", usable=False),
    )
    shown = text(view_of(observed(said(relays=relays))))
    assert "through   main: 8.5/s · 1,300 accepted · 2 deferred · throttled to 50%\n" in shown
    assert "          second: 0/s · 0 accepted · its quota, until 13:00\n" in shown
    assert "12:00:00 CET\n" in shown


def test_what_a_note_holds_cannot_move_the_cursor() -> None:
    view = view_of(observed(notes=[Note(at=1.7e9, what="by \x1b[2J\x07Bob\nx")]))
    assert "\x1b" not in text(view, height=40) + one_line(view)


class Looks:
    """What a campaign looks like, one look after the other."""

    def __init__(self, *views: CampaignView) -> None:
        self._views = iter(views)

    def look(self) -> CampaignView:
        return next(self._views)

    def look_closer(self) -> bool:
        return False


DONE = view_of(TROUBLES["done"])


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    ticks = itertools.count(0.0, 4.0)
    clock = SimpleNamespace(sleep=seconds.append, monotonic=lambda: next(ticks))
    monkeypatch.setattr(live_watch, "time", clock)
    return seconds


def test_lines_are_told_every_ten_seconds_and_when_something_else_happens(
    slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    paused = view_of(TROUBLES["paused"])
    live_watch._in_lines(live_watch._Looking(Looks(WELL, WELL, paused, paused, paused, paused, paused, DONE)))  # type: ignore[arg-type]
    states = [line.partition("UTC  ")[2].partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert states == ["Sending", "Paused", "Paused", "Done"]
    assert len(slept) == 7


def test_a_frame_is_written_only_where_something_changed(slept: list[float]) -> None:
    out = io.StringIO()
    to = Console(force_terminal=True, width=80, height=24, file=out, _environ={"TERM": "xterm-256color"})
    live_watch._live(live_watch._Looking(Looks(WELL, WELL, WELL, DONE)), to)  # type: ignore[arg-type]
    written = out.getvalue()
    assert written.count("Sending: ") == 1
    assert "Done: " in written
    assert "\x1b[2J" not in written  # the screen is never emptied
    assert len(slept) == 3


def test_a_run_is_shown_in_its_own_process_and_its_first_lines_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    to = Console(force_terminal=True, width=80, height=24, file=out, _environ={"TERM": "xterm-256color"})
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = watching.Terminal(to)
    views = [WELL, DONE]
    terminal.stage("rendering letters", 10, 1000)
    terminal.watch(lambda: views[0])
    terminal.progress(PROGRESS)
    terminal.progress(PROGRESS)  # within the same second
    assert out.getvalue().count("held by") == 1
    views.pop(0)
    terminal.close()
    terminal.close()
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue().rpartition("acme-outage")[2])
    assert [line.strip()[:5] for line in last.splitlines()[1:4]] == ["Done:", "█████", "20 pe"]


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_run_is_told_in_lines_where_no_cursor_moves(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    out = io.StringIO()
    monkeypatch.setenv("TERM", term)
    terminal = watching.Terminal(Console(force_terminal=term == "dumb", width=80, file=out, soft_wrap=True))
    terminal.watch(lambda: WELL)
    for _ in range(3):
        terminal.progress(PROGRESS)
    terminal.close()
    assert out.getvalue() == "sending: 3 of 10, 2/s · 3 accepted · 3 s left\n"


def test_what_a_run_shows_of_itself_is_what_the_ledger_has(tmp_path: Path) -> None:
    person = Person()
    with relay(fault=refuse_one) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10), relay={"windows": ["1000/day"]})
        send(folder, person)
    view = person.look()
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        assert view.people.counts == records.counts("first")
    assert (view.state, view.people.reached, view.sender, view.wave) == ("done", 9, None, "first")


def refuse_one(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    return b"550 5.1.1 unknown" if verb == "RCPT" and b"customer3@" in argument else None


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with sent_campaign(tmp_path / "trial", 10) as folder:
        yield folder


def test_a_dumb_terminal_gets_lines(
    sent: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(live_watch, "terminal_width", lambda _: 80)
    live_watch.watch(sent)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("Done: 10 of 10 people have been written to. · No letter is due.")


def test_a_line_has_a_style_only_where_a_person_is_needed() -> None:
    assert {line.style for line in frame(WELL, 80, 24)} == {"bold", "green", ""}
    assert Line("Stopped", "bold red").style in {line.style for line in frame(view_of(TROUBLES["killed"]), 80, 24)}


def test_ctrl_c_ends_the_watching_and_says_that_the_sending_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        send(folder)
    view = view_of(observed(said()))
    assert view.sender is not None
    monkeypatch.setattr("mass_apology.flows.watch.campaign_watch.CampaignWatch.look", lambda _: view)
    monkeypatch.setattr(live_watch.time, "sleep", interrupted)
    with pytest.raises(SystemExit) as ended:
        live_watch.watch(folder)
    assert ended.value.code == 3
    assert "who sends goes on" in capsys.readouterr().err
