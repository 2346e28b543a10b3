"""What the view says in each trouble: is it moving, when will it end, what holds it back, who is not reached."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from observed import CAMPAIGN, HALF, NOON, SENDER, TROUBLES, observed, people, said

from mass_apology.flows.watch.campaign_view import view_of
from mass_apology.flows.watch.observation import Count
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Note
from mass_apology.ledger.sender_state import Control, RelayReport, SenderReport
from mass_apology.model import Status, StopCause
from mass_apology.relay_settings import RelaySettings

# trouble → state, limit, whether somebody must do something, what is possible
JUDGED = {
    "all well": ("sending", "rate", False, "pause stop"),
    "throttle": ("sending", "throttle", False, "pause stop"),
    "slow destination": ("sending", "destination", False, "pause stop"),
    "quota": ("waiting", "quota", False, "pause stop"),
    "window": ("waiting", "window", False, "pause stop"),
    "relay dead": ("waiting", "relay", True, "pause stop"),
    "relay given up": ("stopped", "relay", True, ""),
    "breaker": ("stopped", "breaker", True, ""),
    "disk full": ("dead", "disk", True, ""),
    "killed": ("dead", "dead", True, ""),
    "paused": ("paused", "pause", True, "resume stop"),
    "stopping": ("stopping", "stop", False, ""),
    "stopped": ("stopped", "nobody", True, ""),
    "silent": ("silent", "silent", True, "pause stop"),
    "deferred": ("waiting", "deferred", False, "pause stop"),
    "planning": ("preparing", "preparing", False, ""),
    "nobody": ("idle", "nobody", True, ""),
    "doubt": ("done", "doubt", True, ""),
    "done": ("done", "nothing", False, ""),
    "nothing planned": ("not-planned", "preparing", False, ""),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_is_told_apart(trouble: str) -> None:
    view = view_of(TROUBLES[trouble])
    possible = " ".join(action.name for action in view.actions if action.possible)
    assert (view.state, view.limit.kind, view.limit.needs_a_person, possible) == JUDGED[trouble]
    assert view.moving == (view.state == "sending")
    sentences = [view.headline, view.limit.sentence, view.end.sentence, view.people.sentence]
    assert all(sentence.endswith(".") for sentence in (*sentences, *(action.effect for action in view.actions))[:4])
    assert view.limit.advice or not view.limit.needs_a_person


def test_the_end_is_told_while_letters_go() -> None:
    view = view_of(TROUBLES["all well"])
    assert view.headline == "Sending: 480 of 1,000 people have been written to, and the last will be about 12:00 CET."
    assert view.end.sentence.startswith("The last letter will leave about 12:00 CET, in 51 s. That is before finish_by")
    assert (view.end.in_time, view.end.seconds) == (True, 51.0)


def test_an_end_after_the_deadline_is_told() -> None:
    view = view_of(observed(said(share=0.1), rate=0.1))
    assert view.end.in_time is False
    assert view.end.sentence.endswith("That is after finish_by, 12:30 CET: the rest would not go.")


def test_a_window_that_is_used_up_is_reckoned_with() -> None:
    view = view_of(TROUBLES["window"])
    assert view.limit.sentence.endswith("the sending waits until 12:10 CET.")
    assert view.end.at is not None
    assert view.end.at.timestamp() >= NOON + 600 + 500 / 10


def test_deferred_letters_are_told_by_the_campaigns_clock() -> None:
    view = view_of(TROUBLES["deferred"])
    assert view.limit.sentence == "All letters that are left were deferred; the next is tried at 12:10 CET."
    assert view.end.at is None


def test_the_pace_of_before_tells_no_end_while_the_relay_is_away() -> None:
    view = view_of(observed(said(trouble="127.0.0.1 refuses the connection.", rate=8.0), rate=8.0))
    assert view.end.at is None
    assert view.end.sentence.startswith("Nobody can tell the end while nothing is sent; once it goes on, it takes ")
    assert "the last will be" not in view.headline


@pytest.mark.parametrize("trouble", ["paused", "killed", "breaker", "relay dead"])
def test_nobody_is_promised_an_end_while_nothing_goes(trouble: str) -> None:
    assert view_of(TROUBLES[trouble]).end.at is None


def test_who_has_not_heard_adds_up() -> None:
    found = view_of(TROUBLES["all well"]).people
    assert found.unheard == 520
    assert found.sentence == ("520 people have not heard from us yet = 496 still due + 4 on the way + 20 not reached.")
    assert (found.percent, view_of(TROUBLES["done"]).people.percent) == (50.0, 100.0)


def test_what_the_run_said_since_the_count_is_added() -> None:
    now = said(counts={Status.ACCEPTED: 500, Status.REFUSED: 21, Status.DEFERRED: 6})
    seen = observed(now, count=Count(at=NOON - 5, waves={"first": people(HALF)}, report=said()))
    found = view_of(seen).people
    assert (found.reached, found.not_reached, found.due, found.total) == (500, 21, 475, 1000)


def test_the_wave_that_is_sent_is_shown_and_the_others_beside_it() -> None:
    waves = {"first": people({Status.ACCEPTED: 1000}), "follow-up-1": people({Status.PLANNED: 900, Status.ACCEPTED: 9})}
    report = said(wave="follow-up-1", counts={Status.ACCEPTED: 9})
    view = view_of(observed(report, count=Count(at=NOON, waves=waves, report=report)))
    assert (view.wave, view.people.total) == ("follow-up-1", 909)
    assert [(wave.name, wave.due) for wave in view.waves] == [("first", 0), ("follow-up-1", 900)]


def test_a_run_that_cannot_be_heard_is_no_run_of_an_earlier_holder() -> None:
    view = view_of(observed(said(is_latest=False), rate=0.0))
    assert view.sender is not None
    assert (view.sender.pid, view.sender.wave, view.sender.heard_at) == (SENDER.pid, "", None)


def test_no_address_is_in_the_view() -> None:
    reason = "The relay said: 550 anna@customer.example is unknown."
    report = said(ended=True, cause=StopCause.REPLY, reason=reason)
    view = view_of(observed(report, holder=None, notes=[Note(at=NOON, what="resent to ola@customer.example")]))
    text = msgspec.json.encode(view).decode()
    assert "@" not in text
    assert "customer" not in text


def test_json_keeps_its_keys() -> None:
    """Others build on them: a key may be added here, and none taken away."""
    keys = set(msgspec.to_builtins(view_of(TROUBLES["all well"])))
    assert keys >= {"campaign", "at", "wave", "state", "moving", "headline", "people", "waves", "pace", "limit", "end"}
    assert keys >= {"sender", "actions", "notes", "details"}
    again = msgspec.json.decode(msgspec.json.encode(view_of(TROUBLES["quota"])), type=CampaignView)
    assert again == view_of(TROUBLES["quota"])


def test_a_rate_without_limit_has_no_end_by_the_rate() -> None:
    campaign = replace(CAMPAIGN, relay=replace(CAMPAIGN.relay, rate="unlimited", windows=()))
    view = view_of(observed(campaign=campaign, rate=100.0))
    assert view.limit.kind == "answers"
    assert view.end.seconds == 5.0
    idle = view_of(
        observed(SenderReport(at=NOON, ended=True, is_latest=True), campaign=campaign, holder=None, rate=0.0)
    )
    assert idle.end.sentence == "No end in sight while nothing is sent."
    assert view_of(observed(wanted=Control.PAUSE)).pace.rate == 0.0


def test_the_rates_of_several_relays_limit_it_and_that_of_one_does() -> None:
    assert view_of(observed()).limit.sentence == "The rate in campaign.toml, 10/s, is what limits it."
    second = RelaySettings(name="b", url="smtp+plain://127.0.0.1:26", rate="5/s")
    several = replace(CAMPAIGN, further_relays=(second,))
    view = view_of(observed(campaign=several, rate=15.0))
    assert view.limit.sentence == "The relays’ rates in campaign.toml, 10/s and 5/s, are what limit it."


def test_each_of_several_relays_is_told() -> None:
    relays = (
        RelayReport(
            name="primary",
            accepted=400,
            deferred=7,
            refused=3,
            in_doubt=2,
            rate=8.0,
            share=0.5,
            state="throttled by ola@customer.example",
        ),
        RelayReport(name="second", accepted=80, usable=False, until=NOON + 60),
    )
    view = view_of(observed(said(relays=relays)))
    assert [(each.name, each.accepted, each.usable) for each in view.relays] == [
        ("primary", 400, True),
        ("second", 80, False),
    ]
    assert "customer" not in view.relays[0].state
    assert (view.relays[0].deferred, view.relays[0].refused, view.relays[0].in_doubt) == (7, 3, 2)
    ended = view_of(observed(said(relays=relays, ended=True, rate=0.0), holder=None, rate=0.0))
    assert [(each.accepted, each.rate) for each in ended.relays] == [(400, 0.0), (80, 0.0)]
    planning = view_of(observed(said(relays=relays, is_latest=False)))
    assert planning.relays == ()
    assert view_of(TROUBLES["killed"]).relays == ()
