"""What the terminal shows. Results go to standard output; progress and questions to standard error.

rich is imported where it is used: ``--help`` does not need it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from mass_apology.cli.exits import printable
from mass_apology.model import Severity, Status

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from mass_apology.flows.deliver import Ended
    from mass_apology.flows.planning import Check
    from mass_apology.flows.show import Report, Standing
    from mass_apology.flows.tally import Progress
    from mass_apology.preflight import Group
    from mass_apology.settings import Campaign

LINE_SECONDS = 10.0  # where there is no terminal, a line this often says that it goes on
LINES_SHOWN = 12  # line numbers of one kind of finding
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False)


def say(sentence: str) -> None:
    """One line of result."""
    print(printable(sentence), flush=True)  # before a process that writes to the same file does


def print_json(found: object) -> None:
    """One JSON object, keys as the fields are named."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    sys.stdout.flush()


def number(count: int) -> str:
    """``48172`` → "48,172"."""
    return f"{count:,}"


def duration(seconds: float) -> str:
    """``75`` → "1 min 15 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def _table(rows: Iterable[tuple[str, str]], *, right: bool = False) -> None:
    """Two columns; the second is aligned to the right where it holds numbers."""
    pairs = [(name, printable(value)) for name, value in rows]
    width = max((len(name) for name, _ in pairs), default=0)
    room = max((len(value) for _, value in pairs), default=0) if right else 0
    for name, value in pairs:
        say(f"{name:<{width}}  {value:>{room}}")


# The plan


def show_check(checked: Check) -> None:
    """The check's page, and what to do next."""
    show_plan(checked)
    if checked.sendable:
        say(f"\nReady: {number(checked.letters)} letters. Next: mass-apology send")
    elif checked.skippable:
        say("\nNothing can be sent yet. Mend the errors, or set the bad rows aside: mass-apology send --skip-bad-rows")
    else:
        say("\nNothing can be sent yet. Mend the errors, then run check again.")


def show_plan(checked: Check) -> None:
    """What would be sent, and the findings."""
    _table(_check_rows(checked))
    for group in checked.groups:
        _show_group(group)


def _check_rows(checked: Check) -> Iterator[tuple[str, str]]:
    yield "campaign", f"{checked.campaign}, letter {checked.template}"
    yield "file", f"{checked.recipients}, {checked.written_as}"
    rows = f"{number(checked.rows_read)} read"
    if checked.rows_chosen != checked.rows_read:
        rows += f", {number(checked.rows_chosen)} chosen by where"
    if checked.rows_merged:
        rows += f", {number(checked.rows_merged)} merged into a letter with others"
    yield "rows", rows
    yield "letters", number(checked.letters)
    if checked.set_aside:
        yield "bad rows", f"{number(checked.set_aside)} set aside" if checked.skipping else number(checked.set_aside)
    yield "languages", _counts(checked.languages)
    yield "domains", _counts(checked.domains)
    if checked.finish_at is not None:
        yield "done by", f"{_local(checked.finish_at)} at the earliest, at {checked.rate}"


def _counts(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{name} {number(count)}" for name, count in counts.items()) or "none"


def _local(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _show_group(group: Group) -> None:
    console = _console()
    times = f" ({number(group.count)} times)" if group.count > 1 else ""
    console.print(f"\n{group.severity.value} {group.code}{times}", style=_STYLES[group.severity])
    for finding in group.examples:
        console.print(printable(f"  {finding.where}: {finding.problem}"))
    if group.count > len(group.examples) and group.lines:
        shown = ", ".join(map(str, group.lines[:LINES_SHOWN]))
        console.print(f"  lines {shown}{', …' if group.count > LINES_SHOWN else ''}")
    console.print(printable(f"  → {group.examples[0].advice}"))


# While something runs


class Terminal:
    """The eyes of a person: bars on a terminal, a line now and then in a log file."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._bar: Bar | None = None
        self._task: Any = None
        self._name = ""
        self._last_line = float("-inf")

    def stage(self, name: str, done: int, total: int | None) -> None:
        """A step of the planning."""
        self._show(name, done, total, "")

    def plan(self, checked: Check | None, due: int, campaign: Campaign) -> None:
        """What would be sent now."""
        self.close()
        if checked is not None:
            show_plan(checked)
        relay = campaign.relay.url.rpartition("@")[2]
        say(f"\n{number(due)} letters are due, through {relay} at {campaign.relay.rate}.")

    def count(self, due: int) -> str:
        """Ask for the number of letters."""
        if not sys.stdin.isatty():
            return ""
        self._console.print(f"To send them, type their number ({due}); anything else sends nothing: ", end="")
        return sys.stdin.readline().strip()

    def progress(self, progress: Progress) -> None:
        """The sending goes on."""
        self._show("sending", progress.settled, progress.due_at_start, _progress_phrase(progress))

    def close(self) -> None:
        """Leave the last state of the bar standing."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self, name: str, done: int, total: int | None, phrase: str) -> None:
        if self._quiet:
            return
        if self._console.is_terminal:
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
    """ "412/s · 3 deferred · 1 refused · 2 min 5 s left · relay throttles: 50 % of the rate"."""
    counts = progress.counts
    parts = [f"{progress.rate:.0f}/s"]
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
    return " · ".join(parts)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Shows the planning's steps; yields the function that is told of them."""
    terminal = Terminal(_console(stderr=True), quiet=quiet)
    try:
        yield terminal.stage
    finally:
        terminal.close()


@contextmanager
def sending() -> Iterator[Terminal]:
    """Shows a whole run."""
    terminal = Terminal(_console(stderr=True))
    try:
        yield terminal
    finally:
        terminal.close()


# Afterwards


def show_ended(ended: Ended) -> None:
    """How the run ended, and what to do next."""
    _table(_status_rows(ended.counts), right=True)
    rate = f", {ended.sent / ended.seconds:.0f} a second" if ended.seconds > 1 else ""
    say(f"{number(ended.sent)} accepted in this run, in {duration(ended.seconds)}{rate}.")
    if ended.due:
        say(ended.reason or "Stopped as asked; every letter that was on its way is recorded.")
        say(f"{number(ended.due)} letters are still due. To go on: mass-apology send")
    elif ended.unreached:
        say("Some letters need a person. See who and why: mass-apology report --to results.csv")
    else:
        say("Everyone was written to. The record: mass-apology report --to results.csv")
    if ended.counts.get(Status.IN_DOUBT):
        say(
            "In doubt: the relay may have these letters, so they are not sent again by themselves. "
            "To send them again all the same: mass-apology send --resend-in-doubt"
        )


def _status_rows(counts: Mapping[Status, int]) -> Iterator[tuple[str, str]]:
    for status in Status:
        if counts.get(status):
            yield status.value.lower().replace("_", " "), number(counts[status])


def show_standing(standing: Standing) -> None:
    """``status``."""
    say(f"{standing.campaign}: {standing.activity}")
    _table(_status_rows(standing.counts), right=True)
    say(f"due: {number(standing.due)}")


def show_report(found: Report) -> None:
    """``report``."""
    say(f"{found.campaign}: {number(found.letters)} letters")
    _table(_status_rows(found.counts), right=True)
    if found.replies:
        say("\nReplies to letters that were not accepted:")
        _table((f"{reply.status.lower()} {number(reply.count)}", reply.text) for reply in found.replies)
    if found.written:
        say(f"\nA row per recipient: {found.written}")
