"""Refusals that are about us after all: the same words to one after the other, or the content of canary letters.

One permanent answer whose code does not name the recipient's mailbox proves nothing: a destination may dislike one
letter. The same words to several people in a row, with nobody accepted in between, are about what they have in common:
our account, our sender or our letter. Dead addresses are no part of it: "5.1.1 user unknown" five times over is five
dead addresses. So a run stops at the third domain or the fifth letter of such a row, and who was refused in it is due
again. So is who stands in an unfinished row when the breaker pauses the run.
Answers of several connections cross, so that one refused at the edge of a row may be missed: ``retry`` is for that.

In the canary one letter refused for its content is set aside as REFUSED, so that it holds nobody else back; three of
them stop the run, and are due again likewise.

Pure: state and decisions are values. ``TRANSITIONS`` allows to take a refusal back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.model import Delivery, Mark, Outcome, Reply, Status
from mass_apology.sending import pacing
from mass_apology.sending.decisions import Decision, Effect
from mass_apology.smtp.verdicts import Kind, Verdict

DOMAINS = 3  # recipients' domains that heard the same words in a row
LETTERS = 5  # letters, where their domains are fewer
CANARIES = 3  # canary letters refused for their content

_NAMES_NO_MAILBOX = frozenset({Kind.POLICY, Kind.PERMANENT, Kind.REPUTATION, Kind.CONTENT})
_NOT_WORDS = re.compile(r"<[^<>]*>|\S*[@\d]\S*")  # addresses, numbers, and the marks of queues, hosts and messages


class Refused(Struct, frozen=True, kw_only=True):
    """A letter that may be taken back, with its last mark."""

    delivery: Delivery
    mark: Mark

    @property
    def domain(self) -> str:
        return self.delivery.address.rpartition("@")[2]


class Refusals(Struct, frozen=True, kw_only=True):
    """What a run remembers of its refusals."""

    words: str = ""  # that the last of them have in common
    row: tuple[Refused, ...] = ()  # these, with nobody accepted in between
    canaries: tuple[Refused, ...] = ()  # canary letters refused for their content
    stopped: bool = False  # the run begins nothing more: what is still answered in such words is due again


class Weighed(Struct, frozen=True, kw_only=True):
    """What a decision becomes by those before it."""

    refusals: Refusals
    decision: Decision
    taken_back: tuple[Refused, ...] = ()  # letters refused before, with the marks that make them due again


def weigh(  # noqa: PLR0913 (seven facts, all needed, all named at the call)
    refusals: Refusals,
    decision: Decision,
    delivery: Delivery,
    outcome: Outcome,
    verdict: Verdict,
    *,
    canary: bool,
    chance: float,
) -> Weighed:
    """What ``decision`` becomes.

    ``canary`` says that the canary is running, ``chance`` in [0, 1) spreads the retries.
    """
    if verdict.kind is Kind.ACCEPTED:
        return Weighed(refusals=replace(refusals, words="", row=()), decision=decision)
    if verdict.kind not in _NAMES_NO_MAILBOX:
        return Weighed(refusals=refusals, decision=decision)
    this = Refused(delivery=delivery, mark=decision.mark)
    refusals = _with(refusals, this, outcome, of_canary=canary and verdict.kind is Kind.CONTENT)
    reason = _reason(refusals, this)
    if reason is None:
        return Weighed(refusals=refusals, decision=decision)
    letters, sentence = reason
    return _stopped(refusals, decision, letters, f"{sentence} {_last_words(outcome)}", chance)


def paused(refusals: Refusals, *, now: float, chance: float) -> tuple[Refusals, tuple[Refused, ...]]:
    """When the breaker pauses the run: the present row is taken back, since nothing says that it would have ended."""
    refusals, due = _taken_back(refusals, refusals.row, now, chance)
    return refusals, tuple(due.values())


def _with(refusals: Refusals, this: Refused, outcome: Outcome, *, of_canary: bool) -> Refusals:
    if of_canary:
        refusals = replace(refusals, canaries=(*refusals.canaries, this))
    if outcome.reply is None:  # our own word, such as "too large", is about this letter
        return refusals
    words = _words(outcome.reply)
    before = refusals.row if words == refusals.words else ()
    row = (*(each for each in before if each.delivery.id != this.delivery.id), this)
    return replace(refusals, words=words, row=row)


def _reason(refusals: Refusals, this: Refused) -> tuple[tuple[Refused, ...], str] | None:
    """The letters that are alike and what to say of them, where they are too many."""
    row, canaries = refusals.row, refusals.canaries
    if this in row and (refusals.stopped or len(row) >= LETTERS or len({each.domain for each in row}) >= DOMAINS):
        return row, (
            f"The relay gave {len(row)} people in a row the same permanent answer, so it is about us and not about "
            "them; they stay due. Mend its cause, or ask whoever runs the relay, then run send again."
        )
    if this in canaries and len(canaries) >= CANARIES:
        return canaries, (
            f"{len(canaries)} of the first letters were refused for their content; they stay due. "
            "Change the letter, then run send again."
        )
    return None


def _stopped(
    refusals: Refusals, decision: Decision, letters: tuple[Refused, ...], sentence: str, chance: float
) -> Weighed:
    """Those of the letters that are refused are due again, after a while: at the next run the others go first."""
    refusals, due = _taken_back(refusals, letters, decision.mark.at, chance)
    this = due.pop(decision.mark.delivery, None)
    decision = replace(
        decision,
        mark=this.mark if this else decision.mark,
        ending=pacing.Ending.DEFERRED,
        effect=Effect.STOP,
        sentence=sentence,
    )
    return Weighed(refusals=refusals, decision=decision, taken_back=tuple(due.values()))


def _taken_back(
    refusals: Refusals, letters: Sequence[Refused], now: float, chance: float
) -> tuple[Refusals, dict[int, Refused]]:
    due = {
        each.delivery.id: replace(each, mark=_due_again(each.mark, now, chance))
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


def _due_again(mark: Mark, now: float, chance: float) -> Mark:
    due_at = now + pacing.wait(pacing.LETTER, mark.attempts, chance)
    return replace(mark, status=Status.DEFERRED, at=now, due_at=due_at)


def _words(reply: Reply) -> str:
    """Codes and words without what differs from one recipient to the next: addresses, numbers, the marks of queues."""
    return f"{reply.code} {reply.enhanced or ''} {' '.join(_NOT_WORDS.sub(' ', reply.text.lower()).split())}"


def _last_words(outcome: Outcome) -> str:
    reply = outcome.reply
    if reply is None:
        return f"The last one: {outcome.text}."
    codes = f"{reply.code} {reply.enhanced}" if reply.enhanced else str(reply.code)
    return f"It said: {codes} {reply.text}".rstrip()
