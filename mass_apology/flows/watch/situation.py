"""What is being done about a campaign's letters, and what holds them back. Pure: facts in, sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from mass_apology.flows.watch.observation import Pulse
from mass_apology.flows.watch.view_model import LimitKind, LimitView, WatchState
from mass_apology.ledger.sender_state import Control, SenderReport
from mass_apology.model import StopCause
from mass_apology.quantities import are, counted, enumerated, number, were
from mass_apology.system.timestamps import utc_second

SILENCE = 15.0  # seconds: a run that is well speaks every five
LEAST_DISK = 16 << 20  # octets: a plan, a log and a -wal need some room
NEAR_THE_RATE = 0.85  # of the rate in use: from here on it is the rate that limits
RESUME = "Press resume, or run: mass-apology resume."
AGAIN = "Run: mass-apology send. It goes on where it stopped, and writes to nobody twice."

_ENDED = {
    StopCause.BREAKER: LimitKind.BREAKER,
    StopCause.REPLY: LimitKind.REPLY,
    StopCause.RELAY: LimitKind.RELAY,
    StopCause.FAILURE: LimitKind.FAILURE,
    StopCause.DEADLINE: LimitKind.DEADLINE,
}


class Facts(Struct, frozen=True, kw_only=True):
    """What is known at one moment."""

    now: float  # Unix seconds
    zone: tzinfo  # the campaign's
    is_planned: bool
    due: int  # of all waves
    on_the_way: int
    in_doubt: int
    pulse: Pulse
    rate: float  # letters a second, over the last minute
    configured: Sequence[str]  # each relay's `rate`
    configured_rate: float | None  # letters a second; None where it is unlimited
    free_octets: int | None  # on the ledger's disk

    @property
    def last_word(self) -> SenderReport | None:
        """What the last run said last, where none is there."""
        said = self.pulse.report
        return said if self.pulse.holder is None and said and said.is_latest else None


def situation(facts: Facts) -> tuple[WatchState, LimitView]:
    """The state, and what limits it: the first that fits."""
    for look in (_without_letters, _without_run, _with_run):
        if found := look(facts):
            return found
    raise AssertionError("a run is there, or none is")


Found = tuple[WatchState, LimitView] | None


def _without_letters(facts: Facts) -> Found:
    if not facts.is_planned:
        state = WatchState.PREPARING if facts.pulse.holder else WatchState.NOT_PLANNED
        return state, _limit(LimitKind.PREPARING, "No letter has been confirmed yet.", "Run: mass-apology send.")
    if facts.due or facts.on_the_way:
        return None
    if facts.in_doubt:
        said = f"Nothing is due; {_doubt(facts.in_doubt)}"
        advice = "The relay’s log can tell: mass-apology reconcile. They are never sent again by themselves."
        return WatchState.DONE, _limit(LimitKind.DOUBT, said, advice, person=True)
    return WatchState.DONE, _limit(LimitKind.NOTHING, "No letter is due.")


def _without_run(facts: Facts) -> Found:
    if facts.pulse.holder is not None:
        return None
    said = facts.last_word
    if said is not None and not said.ended:
        return WatchState.DEAD, _dead(facts, said)
    if is_full := _disk(facts):
        return WatchState.STOPPED, is_full
    if said is None:
        text = f"Nobody sends: {counted(facts.due, 'letter')} {are(facts.due)} due."
        return WatchState.IDLE, _limit(LimitKind.NOBODY, text, AGAIN, person=True)
    if said.reason:
        kind = _ENDED.get(said.cause, LimitKind.HELD) if said.cause else LimitKind.HELD
        return WatchState.STOPPED, _limit(kind, said.reason, AGAIN, person=True)
    at = clock(said.at, facts.zone, facts.now)
    text = f"The sending was stopped at {at}; {counted(facts.due, 'letter')} {are(facts.due)} due."
    return WatchState.STOPPED, _limit(LimitKind.NOBODY, text, AGAIN, person=True)


def _dead(facts: Facts, said: SenderReport) -> LimitView:
    last = clock(said.at, facts.zone, facts.now)
    doubt = ""
    if facts.on_the_way:
        letters, were_on = counted(facts.on_the_way, "letter"), were(facts.on_the_way)
        doubt = f" {letters} {were_on} on the way: whether the relay has {_them(facts.on_the_way)} is in doubt."
    is_full = _disk(facts)
    if is_full is not None:
        text = f"{is_full.sentence} The sending has ended; it was last heard at {last}.{doubt}"
        return _limit(LimitKind.DISK, text, is_full.advice, person=True)
    text = f"The sending process has ended without saying so: it was killed, or failed. It was last heard at {last}."
    return _limit(LimitKind.DEAD, f"{text}{doubt}", AGAIN, person=True)


def _disk(facts: Facts) -> LimitView | None:
    if facts.free_octets is None or facts.free_octets >= LEAST_DISK:
        return None
    text = f"The ledger’s disk is full ({number(facts.free_octets >> 20)} MB free), so no letter can be recorded."
    return _limit(LimitKind.DISK, text, f"Make room. Then {AGAIN[0].lower()}{AGAIN[1:]}", person=True)


def _with_run(facts: Facts) -> Found:
    said = facts.pulse.running
    if said is None:
        text = "A process holds the campaign, and has not begun to send: it plans, or asks for consent."
        return WatchState.PREPARING, _limit(LimitKind.PREPARING, text)
    if facts.now - said.at > SILENCE:
        text = f"The sending process is there, and has said nothing since {clock(said.at, facts.zone, facts.now)}."
        advice = "It was halted, or its machine or its disk hangs: look at it there."
        return WatchState.SILENT, _limit(LimitKind.SILENT, text, advice, person=True)
    if facts.pulse.wanted is Control.STOP:
        text = "The sending ends as it was asked to, once the letters on their way have their replies."
        return WatchState.STOPPING, _limit(LimitKind.STOP, text)
    if facts.pulse.wanted is Control.PAUSE:
        return WatchState.PAUSED, _limit(LimitKind.PAUSE, "Somebody paused the sending.", RESUME, person=True)
    if standing := _standing_still(facts, said):
        return WatchState.WAITING, standing
    return WatchState.SENDING, _going(facts, said)


def _standing_still(facts: Facts, said: SenderReport) -> LimitView | None:
    if said.trouble:
        advice = "It tries again by itself, and gives up after some five minutes. See to the relay."
        return _limit(LimitKind.RELAY, f"No connection to the relay: {said.trouble}", advice, person=True)
    kind = {StopCause.QUOTA: LimitKind.QUOTA, StopCause.WINDOW: LimitKind.WINDOW}.get(said.cause or StopCause.GUARD)
    if kind is None and not said.waits_for:
        return None
    until = said.until
    if (
        kind is None and until is not None
    ):  # in the campaign's time; the end is not known, since they may be deferred again
        text = f"All letters that are left were deferred; the next is tried at {clock(until, facts.zone, facts.now)}."
        return _limit(LimitKind.DEFERRED, text, "It goes on by itself. What the relay said stands below.")
    then = f" until {clock(until, facts.zone, facts.now)}" if until is not None else ""
    text, advice = {
        LimitKind.QUOTA: (
            f"The relay’s quota is used up; the sending waits{then}, and tries again.",
            "It goes on by itself. More quota from the relay’s operator helps sooner.",
        ),
        LimitKind.WINDOW: (
            f"As many letters have left as relay.windows allows; the sending waits{then}.",
            "It goes on by itself. A wider window in campaign.toml holds from the next send on.",
        ),
    }.get(kind or LimitKind.DEFERRED, (f"The sending waits for {said.waits_for}.", "It goes on by itself."))
    return _limit(kind or LimitKind.DEFERRED, text, advice, until=until)


def _going(facts: Facts, said: SenderReport) -> LimitView:
    in_use = facts.configured_rate * said.share if facts.configured_rate is not None else None
    if said.share < 1:
        text = f"The relay asks for less: {said.share * 100:.0f} % of the rate is in use."
        return _limit(
            LimitKind.THROTTLE, text, "The rate climbs back by itself, within five minutes of its last complaint."
        )
    if in_use is not None and facts.rate >= NEAR_THE_RATE * in_use:
        return _limit(LimitKind.RATE, _the_rate(facts.configured), _slow(said))
    if said.slow:
        return _limit(LimitKind.DESTINATION, _slow(said), "Its rate doubles each minute without another complaint.")
    text = f"The sending goes as fast as the relay answers, over {counted(said.connections, 'connection')}."
    return _limit(LimitKind.ANSWERS, text)


def _slow(said: SenderReport) -> str:
    """Destinations that throttle, as a sentence; empty where none does."""
    if not said.slow:
        return ""
    names = enumerated([each.name for each in said.slow])
    rate = sum(each.rate for each in said.slow)
    if len(said.slow) == 1:
        return (
            f"{names} asks for less: letters to it leave at {rate:g} a second at most, and nobody else waits for them."
        )
    return f"{names} ask for less: letters to them leave at {rate:g} a second at most, and nobody else waits for them."


def _the_rate(configured: Sequence[str]) -> str:
    if len(configured) == 1:
        return f"The rate in campaign.toml, {configured[0]}, is what limits it."
    return f"The relays’ rates in campaign.toml, {enumerated(configured)}, are what limit it."


def _doubt(letters: int) -> str:
    return (
        f"{counted(letters, 'letter')} {are(letters)} in doubt: handed over, and no answer came. The relay may have "
        f"{_them(letters)} or not."
    )


def _them(letters: int) -> str:
    return "it" if letters == 1 else "them"


def _limit(
    kind: LimitKind, sentence: str, advice: str = "", *, until: float | None = None, person: bool = False
) -> LimitView:
    return LimitView(kind=kind, sentence=sentence, advice=advice, until=utc_second(until), needs_a_person=person)


def clock(at: float, zone: tzinfo, now: float) -> str:
    """ "14:12 CET" today, else "21 Nov 14:12 CET"."""
    moment = datetime.fromtimestamp(at, zone)
    is_today = moment.date() == datetime.fromtimestamp(now, zone).date()
    return f"{moment:%H:%M %Z}" if is_today else f"{moment.day} {moment:%b %H:%M %Z}"
