"""Shows progress on standard error: bars on a terminal, a line every ten seconds in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mass_apology.cli.findings import show_changes, show_plan
from mass_apology.cli.results import show_notices
from mass_apology.cli.screen import console, duration, has_cursor, say, table
from mass_apology.model import Finding, Status
from mass_apology.quantities import are, counted, enumerated, number
from mass_apology.system.timestamps import local_minute

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from mass_apology.cli.live_watch import LiveScreen
    from mass_apology.flows.plan.plan import Outlook, Remaining
    from mass_apology.flows.plan.plan_check import Check
    from mass_apology.flows.watch.view_model import CampaignView
    from mass_apology.sending.run_stats import Progress
    from mass_apology.settings import Campaign

PATIENCE = 1.0  # seconds without a word
LAST_LINES = 4  # of a run's view that stay: its name, what became of it, a bar, and who has not heard
LINE_SECONDS = 10.0  # between two lines of progress without a terminal


class Summary(Struct, frozen=True, kw_only=True):
    """What is agreed to by typing the number: the last lines before the question."""

    sentence: str
    rows: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, checked: Check | Remaining, due: int, campaign: Campaign) -> Summary:
        """``checked`` is what remains where the plan of before is still valid."""
        places = enumerated([relay.url.rpartition("@")[2] for relay in campaign.relays])
        through = f"through {places} at {campaign.pace}"
        return cls(
            sentence=f"{counted(due, 'letter')} {are(due)} due, {through}.",
            rows=tuple(_summed(checked, due, campaign)) if due else (),
        )

    def show(self) -> None:
        """Print it."""
        say(f"\n{self.sentence}")
        table(self.rows)


def _summed(checked: Check | Remaining, due: int, campaign: Campaign) -> Iterator[tuple[str, str]]:
    letters = sum(checked.languages.values())
    of_all = f" (of all {counted(letters, 'letter')} of the plan)" if letters != due else ""
    languages = " · ".join(f"{language} {number(count)}" for language, count in checked.languages.items())
    yield "  languages", f"{languages or 'none'}{of_all}"
    yield "  set aside", counted(checked.set_aside, "row") if checked.set_aside else "nobody"
    if campaign.message.archive:
        yield "  copies", f"one letter of each language, to {campaign.message.archive}"
    from mass_apology.sending.expected_end import expected_end, is_worth_telling

    expected = expected_end(campaign, due, checked.routed, time.time(), checked.unusable)
    if expected.finish_at is not None:
        yield "  done by", f"{local_minute(expected.finish_at)} at the earliest"
        if is_worth_telling(campaign):
            yield "  verdict", expected.sentence(local_minute)


class Terminal:
    """The operator at a terminal; implements ``flows.send.sending_run.Operator`` for all commands that send."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._bar: Bar | None = None
        self._task: Any = None
        self._name = ""
        self._last_line = float("-inf")
        self._look: Callable[[], CampaignView] | None = None
        self._screen: LiveScreen | None = None
        self._next_look = 0.0  # monotonic seconds
        self._summary: Summary | None = None

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Show a step of the planning."""
        self._show(name, done, total, "")

    def plan(self, checked: Check | Remaining, due: int, campaign: Campaign, outlook: Outlook | None = None) -> None:
        """Print the plan and the number of letters due."""
        if self._quiet:
            return
        self.close()
        from mass_apology.flows.plan.plan import Remaining

        if not isinstance(checked, Remaining):
            show_plan(checked)
        if outlook is not None:
            show_changes(outlook)
        self._summary = Summary.of(checked, due, campaign)
        self._summary.show()

    def notice(self, findings: Sequence[Finding]) -> None:
        """Print findings before the number is asked for."""
        if findings and not self._quiet:
            self.close()
            say("")
            show_notices(findings)
            if self._summary is not None:
                self._summary.show()  # stands last, before the question

    def count(self, due: int) -> str:
        """Ask for the number of letters."""
        return self._ask(f"To agree, type the number of letters ({due}); anything else sends nothing: ")

    def count_people(self, people: int) -> str:
        """Ask for the number of people to be forgotten."""
        return self._ask(f"To forget them for good, type their number ({people}); anything else forgets nobody: ")

    def count_moved(self, letters: int) -> str:
        """Ask for the number of letters of a ledger that is to be moved."""
        return self._ask(f"To move the ledger, type its number of letters ({letters}); anything else moves nothing: ")

    def _ask(self, question: str) -> str:
        if not sys.stdin.isatty():
            return ""
        self.close()  # a running bar would overwrite the question
        self._console.print(question, end="")
        return sys.stdin.readline().strip()

    def watch(self, look: Callable[[], CampaignView]) -> None:
        """Show this run from now on."""
        self.close()
        self._summary = None  # the question was answered
        self._look = look

    def progress(self, progress: Progress) -> None:
        """Show how far the sending is: its live view where the cursor can move, else a line now and then."""
        if self._look is None or self._quiet or not self._can_move:
            self._show("sending", progress.settled, progress.due_at_start, _progress_phrase(progress))
        elif time.monotonic() >= self._next_look:
            from mass_apology.cli.live_watch import LOOK_SECONDS, LiveScreen

            self._next_look = time.monotonic() + LOOK_SECONDS
            if self._screen is None:
                self._screen = LiveScreen(self._console)
            self._screen.show(self._look())

    def close(self) -> None:
        """Stop what moves: of a bar its last state stays, of a run the first lines of its view."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self._screen is not None and self._look is not None:
            self._screen.show(self._look(), LAST_LINES)
            self._screen.close()
            self._screen = None

    @property
    def _can_move(self) -> bool:
        return self._console.is_terminal and has_cursor()

    def _show(self, name: str, done: int, total: int | None, phrase: str) -> None:
        if self._quiet:
            return
        if self._can_move:
            self._show_bar(name, done, total, phrase)
        elif time.monotonic() - self._last_line >= LINE_SECONDS or name != self._name:
            self._last_line, self._name = time.monotonic(), name
            of = f" of {number(total)}" if total is not None else ""
            self._console.print(f"{name}: {number(done)}{of}{', ' * bool(phrase)}{phrase}")

    def _show_bar(self, name: str, done: int, total: int | None, phrase: str) -> None:
        if self._bar is None or name != self._name:
            self.close()
            self._bar = _new_bar(self._console)
            self._task = self._bar.add_task(name, total=total, phrase="")
            self._bar.start()
            self._name = name
        self._bar.update(self._task, completed=done, total=total, phrase=phrase)


def _new_bar(console: Console) -> Bar:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[phrase]}"),
        console=console,
        refresh_per_second=8,
    )


def _progress_phrase(progress: Progress) -> str:
    """ "412/s · 1,204 accepted · 3 deferred · 1 refused · 2 min 5 s left · relay throttles: 50 % of the rate"."""
    counts = progress.counts
    parts = [f"{progress.rate:.0f}/s", f"{number(counts.get(Status.ACCEPTED, 0))} accepted"]
    parts += [
        f"{number(counts[status])} {status.value.lower().replace('_', ' ')}"
        for status in (Status.DEFERRED, Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT)
        if counts.get(status)
    ]
    if progress.waits_for:
        parts.append(f"waiting for {progress.waits_for}")
    elif progress.seconds_left is not None and progress.settled < progress.due_at_start:
        parts.append(f"{duration(progress.seconds_left)} left")
    if progress.share < 1:
        parts.append(f"relay throttles: {progress.share:.0%} of the rate")
    parts += [
        f"{relay.name}: {number(relay.accepted)}{f', {relay.state}' if relay.state else ''}"
        for relay in progress.relays
    ]
    return " · ".join(parts)


@contextmanager
def planning_progress(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield an ``OnProgress`` that shows the steps of a plan."""
    terminal = Terminal(console(stderr=True), quiet=quiet)
    try:
        yield terminal.stage
    finally:
        terminal.close()


@contextmanager
def run_terminal(*, quiet: bool = False) -> Iterator[Terminal]:
    """Yield the operator of a run; ``quiet`` (with ``--json``): it shows nothing and only asks questions."""
    terminal = Terminal(console(stderr=True), quiet=quiet)
    try:
        yield terminal
    finally:
        terminal.close()


@contextmanager
def patience(step: str, *, quiet: bool) -> Iterator[None]:
    """Show that a step without units goes on, where it takes over a second and somebody sits at a terminal."""
    terminal = Terminal(console(stderr=True), quiet=quiet or not console(stderr=True).is_terminal)
    timer = Timer(PATIENCE, terminal.stage, (step, 0, None))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it may be showing the bar just now
        terminal.close()
