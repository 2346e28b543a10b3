"""Recognises refusals caused by us: the same reply to several letters in a row, or canary letters refused for content.

One permanent reply whose code does not name the recipient's mailbox proves nothing: a destination may dislike one
letter. The same reply to several people in a row, with no letter accepted in between, concerns what they have in
common: our account, our sender or our letter. "5.1.1 user unknown" does not count: five of them are five dead
addresses. A run stops at the third domain or the fifth letter of such a row, and the letters refused in it are due
again. So are the letters of an unfinished row when the breaker pauses the run. Replies on several connections cross, so
a refusal at the edge of a row may be missed; ``retry`` is for that.

One canary letter refused for its content stays REFUSED and holds no other letter back; three of them stop the run, and
are due again.

Pure: state and decisions are values. ``model.TRANSITIONS`` allows REFUSED → DEFERRED for this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.model import Delivery, Mark, Outcome, Reply, Status
from mass_apology.sending import pacing
from mass_apology.sending.decisions import Decision, Effect
from mass_apology.smtp.reply_verdicts import Kind, ReplyVerdict

DOMAINS = 3  # recipients' domains with the same reply in a row
LETTERS = 5  # letters with the same reply in a row, if their domains are fewer
CANARIES = 3  # canary letters refused for their content

_WITHOUT_MAILBOX = frozenset({Kind.POLICY, Kind.PERMANENT, Kind.REPUTATION, Kind.CONTENT})
_ADDRESS = re.compile(r"<[^<>]*>")
_VARIABLE = re.compile(r"[@\d]")  # in addresses, numbers, and ids of queues, hosts and messages


class RefusedLetter(Struct, frozen=True, kw_only=True):
    """A refused letter, with its last mark; it may be made due again."""

    delivery: Delivery
    mark: Mark

    @property
    def domain(self) -> str:
        return self.delivery.address.rpartition("@")[2]


class Refusals(Struct, frozen=True, kw_only=True):
    """The refusals of a run, as far as they matter."""

    text: str = ""  # the reply, normalised, that the letters in ``row`` have in common
    row: tuple[RefusedLetter, ...] = ()  # the last refusals with this text, no letter accepted in between
    canaries: tuple[RefusedLetter, ...] = ()  # canary letters refused for their content
    stopped: bool = False  # the run is stopping: further letters refused with this text are due again at once


class CheckedDecision(Struct, frozen=True, kw_only=True):
    """A decision in view of the earlier refusals."""

    refusals: Refusals  # the state afterwards
    decision: Decision
    reopened: tuple[RefusedLetter, ...] = ()  # earlier refused letters, with marks that make them due again


def check_refusals(  # noqa: PLR0913 (seven facts, all needed, all named at the call)
    refusals: Refusals,
    decision: Decision,
    delivery: Delivery,
    outcome: Outcome,
    verdict: ReplyVerdict,
    *,
    canary: bool,
    chance: float,
) -> CheckedDecision:
    """Change ``decision`` to a stop if it completes a row or the canaries.

    ``canary``: the canary is running. ``chance`` in [0, 1) spreads the retries.
    """
    if verdict.kind is Kind.ACCEPTED:
        return CheckedDecision(refusals=end_row(refusals), decision=decision)
    if verdict.kind not in _WITHOUT_MAILBOX:
        return CheckedDecision(refusals=refusals, decision=decision)
    this = RefusedLetter(delivery=delivery, mark=decision.mark)
    refusals = _add_refusal(refusals, this, outcome, of_canary=canary and verdict.kind is Kind.CONTENT)
    reason = _stop_reason(refusals, this)
    if reason is None:
        return CheckedDecision(refusals=refusals, decision=decision)
    letters, sentence = reason
    decision = replace(decision, is_about_letter=verdict.kind is Kind.CONTENT)
    return _stop_run(refusals, decision, letters, f"{sentence} {_last_reply(outcome)}", chance)


def end_row(refusals: Refusals) -> Refusals:
    """A letter was accepted: refusals after it are in no row with those before it."""
    return replace(refusals, text="", row=()) if refusals.row else refusals


def reopen_row(refusals: Refusals, *, now: float, chance: float) -> tuple[Refusals, tuple[RefusedLetter, ...]]:
    """Make the letters of the present row due again. The dispatcher calls it when the breaker pauses the run."""
    refusals, due = _reopen(refusals, refusals.row, now, chance)
    return refusals, tuple(due.values())


def _add_refusal(refusals: Refusals, this: RefusedLetter, outcome: Outcome, *, of_canary: bool) -> Refusals:
    if of_canary:
        refusals = replace(refusals, canaries=(*refusals.canaries, this))
    if outcome.reply is None:  # a problem found by us, such as "too large", concerns this letter alone
        return refusals
    text = normalised_reply(outcome.reply)
    before = refusals.row if text == refusals.text else ()
    row = (*(each for each in before if each.delivery.id != this.delivery.id), this)
    return replace(refusals, text=text, row=row)


def _stop_reason(refusals: Refusals, this: RefusedLetter) -> tuple[tuple[RefusedLetter, ...], str] | None:
    """The letters refused alike and the sentence for the user; ``None`` while they are few."""
    row, canaries = refusals.row, refusals.canaries
    if this in row and (refusals.stopped or len(row) >= LETTERS or len({each.domain for each in row}) >= DOMAINS):
        return row, (
            f"The relay gave {len(row)} people in a row the same permanent answer, so it is about us and not about "
            "them; they stay due. Mend the cause, or ask the relay's administrator, then run send again."
        )
    if this in canaries and len(canaries) >= CANARIES:
        return canaries, (
            f"{len(canaries)} of the first letters were refused for their content; they stay due. "
            "Change the letter, then run send again."
        )
    return None


def _stop_run(
    refusals: Refusals, decision: Decision, letters: tuple[RefusedLetter, ...], sentence: str, chance: float
) -> CheckedDecision:
    """Stop the run; ``letters`` that are REFUSED are due again after a back-off, so that others go first next time."""
    refusals, due = _reopen(refusals, letters, decision.mark.at, chance)
    this = due.pop(decision.mark.delivery, None)
    decision = replace(
        decision,
        mark=this.mark if this else decision.mark,
        ending=pacing.Ending.DEFERRED,
        effect=Effect.STOP,
        sentence=sentence,
    )
    return CheckedDecision(refusals=refusals, decision=decision, reopened=tuple(due.values()))


def _reopen(
    refusals: Refusals, letters: Sequence[RefusedLetter], now: float, chance: float
) -> tuple[Refusals, dict[int, RefusedLetter]]:
    due = {
        each.delivery.id: replace(each, mark=_deferred_mark(each.mark, now, chance))
        for each in letters
        if each.mark.status is Status.REFUSED
    }
    refusals = replace(
        refusals,
        row=tuple(due.get(each.delivery.id, each) for each in refusals.row),
        canaries=tuple(due.get(each.delivery.id, each) for each in refusals.canaries),
        stopped=True,
    )
    return refusals, due


def _deferred_mark(mark: Mark, now: float, chance: float) -> Mark:
    due_at = now + pacing.backoff_seconds(pacing.LETTER, mark.attempts, chance)
    return replace(mark, status=Status.DEFERRED, at=now, due_at=due_at)


def normalised_reply(reply: Reply) -> str:
    """Codes and text without the parts that differ between recipients: addresses, numbers, queue ids."""
    words = _ADDRESS.sub(" ", reply.text.lower()).split()
    return f"{reply.code} {reply.enhanced or ''} {' '.join(word for word in words if not _VARIABLE.search(word))}"


def _last_reply(outcome: Outcome) -> str:
    reply = outcome.reply
    if reply is None:
        return f"The last one: {outcome.text}."
    codes = f"{reply.code} {reply.enhanced}" if reply.enhanced else str(reply.code)
    return f"It said: {codes} {reply.text}".rstrip()
