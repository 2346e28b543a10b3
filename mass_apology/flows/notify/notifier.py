"""Tells what happens in a command that sends. It holds nothing up: channels have threads, and the end has a limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from mass_apology.errors import LedgerError, LedgerLocked
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.notify.channels import channels
from mass_apology.flows.notify.occasions import Occasion
from mass_apology.flows.plan import plan
from mass_apology.model import Finding, Severity, Status, StopCause
from mass_apology.notify.channel import Failure, Tellings
from mass_apology.notify.notification import Notification, State, new_id
from mass_apology.sending.log_chain import head_of
from mass_apology.sending.run_stats import Standstill
from mass_apology.settings import NotifyEvent
from mass_apology.system.timestamps import utc_second
from mass_apology.workspace.workspace import Workspace

SAME_AGAIN = 24 * 3600.0  # seconds in which a timer's command does not tell the same once more
LONG_WAIT = 60.0  # seconds; a shorter standstill is nothing to tell

Notice = Callable[[Sequence[Finding]], None]


@contextmanager
def notifying(workspace: Workspace, notice: Notice, *, by_timer: bool = False) -> Iterator[Notifier]:
    """A notifier for one command; at its end what could not be told is shown by ``notice`` and noted in the ledger.

    ``by_timer``: the same is not told twice in a day, and every error is told. Otherwise somebody is there to read an
    error, unless it comes when the sending has begun.
    """
    notifier = Notifier(workspace, notice, by_timer=by_timer)
    try:
        yield notifier
    except LedgerLocked:  # another command sends, and tells what comes of it
        raise
    except Exception:
        notifier.failed()
        raise
    finally:
        notifier.finish()


class Notifier:
    """One command's notifications; made by ``notifying``."""

    def __init__(self, workspace: Workspace, notice: Notice, *, by_timer: bool) -> None:
        self._workspace = workspace
        self._settings = workspace.campaign.notify
        self._notice = notice
        self._by_timer = by_timer
        found = channels(workspace)
        self._count = len(found.makers)
        self._tellings = Tellings(found.fresh)
        self._told: list[Notification] = []
        self._waited_for: set[StopCause] = set()  # in the run that is going on
        self._run: tuple[str, float] | None = None  # the wave, and when its run began
        if found.findings:
            notice(found.findings)

    def run_begins(self, wave: str) -> None:
        """Letters of this wave begin to leave."""
        self._run = wave, time.time()
        self._waited_for.clear()

    def standstill(self, still: Standstill | None, sent: int) -> None:
        """The run waits; called every tick. Each cause is told once in a run."""
        if still is None or still.cause in self._waited_for or still.until - time.time() < LONG_WAIT:
            return
        self._waited_for.add(still.cause)
        occasion = Occasion(events=(NotifyEvent.PAUSED,), state=State.WAITING, cause=still.cause)
        self.tell(occasion, self._run[0] if self._run else None, sent=sent, resumes_at=still.until)

    def failed(self) -> None:
        """The command ends with an error."""
        if self._run is None and not self._by_timer:
            return
        state = State.PAUSED if self._run else State.NOT_STARTED
        occasion = Occasion(events=(NotifyEvent.NEEDS_A_PERSON,), state=state, cause=StopCause.FAILURE)
        self.tell(occasion, self._run[0] if self._run else None)

    def tell(self, occasion: Occasion, wave: str | None, *, sent: int = 0, resumes_at: float | None = None) -> None:
        """Tell it, in the background, if somebody wants to know."""
        if not self._count or not set(occasion.events) & set(self._settings.on):
            return
        counts, code = self._from_ledger(wave)
        begun = self._run[1] if self._run is not None and self._run[0] == wave else None
        notification = Notification(
            id=new_id(),
            events=occasion.events,
            at=utc_second(time.time()),
            campaign=self._workspace.campaign.name,
            wave=wave,
            state=occasion.state,
            cause=occasion.cause,
            resumes_at=utc_second(resumes_at),
            counts={status: count for status, count in counts.items() if count},
            due=plan.due(counts),
            sent=sent,
            started_at=utc_second(begun),
            plan=code or None,
            log_head=self._log_head(),
        )
        if self._by_timer and self._is_known(notification):
            return
        self._told.append(notification)
        self._tellings.begin(notification)

    def finish(self) -> None:
        """Wait for the channels, as long as `notify.wait` allows; show and note what became of it."""
        if not self._told:
            return
        try:
            failures = self._tellings.finish(self._settings.wait)
        except KeyboardInterrupt:  # the letters are recorded; the command goes on to print its result
            failures = self._tellings.finish(0)
        with suppress(LedgerError), locked_ledger(self._workspace) as ledger:
            for notification in self._told:
                ledger.note(time.time(), self._note(notification, failures))
        if failures:
            self._notice([_finding(each) for each in failures])

    def _log_head(self) -> str | None:
        with suppress(OSError):  # it is told all the same
            return head_of(self._workspace.log_path) or None
        return None

    def _from_ledger(self, wave: str | None) -> tuple[Mapping[Status, int], str]:
        try:
            with self._workspace.ledger_store.read(self._workspace.campaign.name) as ledger:
                return ledger.counts(wave) if wave else {}, plan.code(ledger.digest_parts)
        except LedgerError:  # it is told all the same
            return {}, ""

    def _is_known(self, notification: Notification) -> bool:
        """Whether all channels were told the same lately: a timer's command meets it again every few minutes."""
        known = f"{_subject(notification)}: {self._all_told}"
        try:
            with self._workspace.ledger_store.read(self._workspace.campaign.name) as ledger:
                return any(each.what == known for each in ledger.notes() if each.at > time.time() - SAME_AGAIN)
        except LedgerError:
            return False

    @property
    def _all_told(self) -> str:
        return f"told {self._count} of {self._count}"

    def _note(self, notification: Notification, failures: Sequence[Failure]) -> str:
        own = [each for each in failures if each.notification.id == notification.id]
        if not own:
            return f"{_subject(notification)}: {self._all_told}"
        # The channel's kind only: notes stay after a purge, and a mailbox names somebody.
        why = "; ".join(f"{' '.join(each.channel.split()[:2])} was not told: {each.why}" for each in own)
        return f"{_subject(notification)}: told {self._count - len(own)} of {self._count}; {why}"


def _subject(notification: Notification) -> str:
    """The note's first part, which ``ledger.purged_notes`` keeps."""
    events = " and ".join(notification.events)
    cause = f" ({notification.cause})" if notification.cause else ""
    wave = f" of the wave {notification.wave}" if notification.wave else ""
    return f"notification {events}{cause}{wave}"


def _finding(failure: Failure) -> Finding:
    events = " and ".join(failure.notification.events)
    return Finding(
        code="notify-failed",
        severity=Severity.WARNING,
        where="campaign.toml, [notify]",
        problem=f"{failure.channel[0].upper()}{failure.channel[1:]} was not told of {events}: {failure.why}.",
        advice="The sending is not concerned. To try it: mass-apology notify --try",
    )
