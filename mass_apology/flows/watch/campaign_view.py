"""An observation → the view of the campaign. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from msgspec.structs import replace

from mass_apology.flows.plan import plan
from mass_apology.flows.watch.actions import actions
from mass_apology.flows.watch.counts_since import counts_since
from mass_apology.flows.watch.forecast import Course, forecast
from mass_apology.flows.watch.observation import Count, Observation, Pulse
from mass_apology.flows.watch.situation import Facts, clock, situation
from mass_apology.flows.watch.view_model import (
    CampaignView,
    EndView,
    LimitView,
    NoteView,
    PaceView,
    PeopleView,
    RelayView,
    SenderView,
    WatchState,
    WaveView,
)
from mass_apology.ledger.recorded import People
from mass_apology.ledger.sender_state import RelayReport
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.pages.words import sums
from mass_apology.quantities import counted, number, percent
from mass_apology.sending.event_log import redact_addresses
from mass_apology.settings import Campaign, Rate, parse_rate
from mass_apology.system.time_zones import zone_named
from mass_apology.system.timestamps import utc_second

_OF_STATES: Mapping[WatchState, str] = {
    WatchState.NOT_PLANNED: "Not confirmed yet",
    WatchState.PREPARING: "About to send",
    WatchState.SENDING: "Sending",
    WatchState.WAITING: "Waiting",
    WatchState.PAUSED: "Paused",
    WatchState.STOPPING: "Stopping",
    WatchState.STOPPED: "Stopped",
    WatchState.DEAD: "Stopped dead",
    WatchState.SILENT: "No sign of life",
    WatchState.IDLE: "Nobody sends",
    WatchState.DONE: "Done",
}


def chosen_wave(count: Count, pulse: Pulse) -> str:
    """The wave to show: the one that is sent, else the first with letters due, else the first."""
    if pulse.running is not None and pulse.running.wave in count.waves:
        return pulse.running.wave
    with_due = (name for name, people in count.waves.items() if plan.due(people.counts))
    return next(with_due, next(iter(count.waves), FIRST_WAVE))


def view_of(seen: Observation) -> CampaignView:
    """The view."""
    wave = chosen_wave(seen.count, seen.pulse)
    people = _people(seen, wave)
    facts = _facts(seen, wave, people)
    state, limit = situation(facts)
    end = forecast(_course(seen, facts, state, limit))
    running = seen.pulse.running
    return CampaignView(
        campaign=seen.campaign.name,
        time_zone=seen.campaign.time_zone,
        at=utc_second(seen.at),
        wave=wave,
        state=state,
        moving=state is WatchState.SENDING,
        headline=_headline(state, people, end, facts),
        people=people,
        waves=tuple(_wave(name, each) for name, each in seen.count.waves.items()),
        pace=PaceView(
            rate=facts.rate if state is WatchState.SENDING else 0.0,
            configured=" + ".join(relay.rate for relay in seen.campaign.relays),
            windows=tuple(window for relay in seen.campaign.relays for window in relay.windows),
            share=running.share if running else 1.0,
            connections=running.connections if running else 0,
            commit_seconds=running.commit_seconds or None if running and state is WatchState.SENDING else None,
        ),
        relays=_relays(seen.pulse),
        limit=replace(limit, sentence=redact_addresses(limit.sentence)),
        end=end,
        sender=_sender(seen.pulse),
        actions=actions(facts, state),
        notes=tuple(
            NoteView(at=utc_second(note.at), what=redact_addresses(note.what)) for note in reversed(seen.notes)
        ),
        details=seen.details,
    )


def _facts(seen: Observation, wave: str, people: PeopleView) -> Facts:
    elsewhere = [counted.counts for name, counted in seen.count.waves.items() if name != wave]
    rate = _limit(seen.campaign)
    return Facts(
        now=seen.at,
        zone=_zone(seen),
        is_planned=people.total > 0,
        due=people.due + sum(map(plan.due, elsewhere)),
        on_the_way=people.on_the_way + sum(counts[Status.HANDING_OVER] for counts in elsewhere),
        in_doubt=people.in_doubt + sum(counts[Status.IN_DOUBT] for counts in elsewhere),
        pulse=seen.pulse,
        rate=seen.rate,
        configured=tuple(relay.rate for relay in seen.campaign.relays),
        configured_rate=rate.letters / rate.seconds if rate else None,
        free_octets=seen.free_octets,
    )


def _course(seen: Observation, facts: Facts, state: WatchState, limit: LimitView) -> Course:
    return Course(
        now=seen.at,
        zone=facts.zone,
        state=state,
        due=facts.due + facts.on_the_way,
        rate=seen.rate,
        limit=_limit(seen.campaign),
        windows=_windows(seen),
        usage=seen.usage,
        waits_until=limit.until.timestamp() if limit.until else None,
        finish_by=seen.campaign.finish_by,
    )


def _limit(campaign: Campaign) -> Rate | None:
    """What all relays allow together; ``None`` where one of them has no rate."""
    rates = [parse_rate(relay.rate) for relay in campaign.relays]
    if len(rates) == 1 or None in rates:
        return rates[0] if len(rates) == 1 else None
    return Rate(letters=max(1, round(sum(3600 * rate.letters / rate.seconds for rate in rates if rate))), seconds=3600)


def _windows(seen: Observation) -> list[Rate]:
    """Those of one relay: of several, others take what one's window does not let go."""
    if seen.campaign.further_relays:
        return []
    return [rate for window in seen.campaign.relay.windows if (rate := parse_rate(window)) is not None]


def _people(seen: Observation, wave: str) -> PeopleView:
    counted_then = seen.count.waves[wave]
    counts: Mapping[Status, int] = counted_then.counts
    said = seen.pulse.report
    if said is not None and said.wave == wave:
        counts = counts_since(counts, seen.count.report, said)
    found = sums(counts)
    on_the_way = counts[Status.HANDING_OVER]
    due = found.still_due - on_the_way
    return PeopleView(
        total=found.all,
        reached=found.accepted,
        due=due,
        on_the_way=on_the_way,
        in_doubt=found.in_doubt,
        not_reached=found.not_reached,
        counts=counts,
        set_aside=counted_then.set_aside,
        percent=percent(found.all - due - on_the_way, found.all),
        sentence=_sum(found.all - found.accepted, due, on_the_way, found.in_doubt, found.not_reached),
        exact_at=utc_second(seen.count.at),
    )


def _sum(unheard: int, due: int, on_the_way: int, in_doubt: int, not_reached: int) -> str:
    if not unheard:
        return "Everybody has heard from us."
    parts = {"still due": due, "on the way": on_the_way, "in doubt": in_doubt, "not reached": not_reached}
    shown = " + ".join(f"{number(count)} {name}" for name, count in parts.items() if count)
    have = "has" if unheard == 1 else "have"
    return f"{counted(unheard, 'person', 'people')} {have} not heard from us yet = {shown}."


def _wave(name: str, people: People) -> WaveView:
    return WaveView(name=name, total=people.total, due=plan.due(people.counts), counts=people.counts)


def _relays(pulse: Pulse) -> tuple[RelayView, ...]:
    """As the run says; and as the last one said at its end, whose letters they are, though none goes any more."""
    said = pulse.report
    if said is None or not said.is_latest:
        return ()
    if pulse.running is not None:
        return tuple(map(_relay, said.relays))
    return tuple(replace(_relay(each), rate=0.0, state="given up" * (not each.usable)) for each in said.relays)


def _relay(said: RelayReport) -> RelayView:
    return RelayView(
        name=said.name,
        accepted=said.accepted,
        deferred=said.deferred,
        refused=said.refused,
        in_doubt=said.in_doubt,
        rate=said.rate,
        share=said.share,
        state=redact_addresses(said.state),
        usable=said.usable,
        until=utc_second(said.until),
    )


def _sender(pulse: Pulse) -> SenderView | None:
    if pulse.holder is None:
        return None
    said = pulse.running
    return SenderView(
        host=pulse.holder.host,
        pid=pulse.holder.pid,
        wave=said.wave if said else "",
        began_at=utc_second(said.began_at) if said else None,
        heard_at=utc_second(said.at) if said else None,
    )


def _headline(state: WatchState, people: PeopleView, end: EndView, facts: Facts) -> str:
    if state is WatchState.NOT_PLANNED:
        return "No letter has been confirmed yet."
    reached = f"{number(people.reached)} of {counted(people.total, 'person', 'people')}"
    said = f"{_OF_STATES[state]}: {reached} {'has' if people.total == 1 else 'have'} been written to"
    if end.at is not None:
        return f"{said}, and the last will be about {clock(end.at.timestamp(), facts.zone, facts.now)}."
    if facts.due:
        return f"{said}; {counted(facts.due, 'letter')} {'is' if facts.due == 1 else 'are'} due."
    return f"{said}."


def _zone(seen: Observation) -> tzinfo:
    return zone_named(seen.campaign.time_zone)
