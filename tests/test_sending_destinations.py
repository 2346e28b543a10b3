"""Which paces destinations have, and what the settings let one expect of the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from smtp_fakes import message

from mass_apology.relay_settings import DestinationSettings, RelaySettings
from mass_apology.sending.destinations import destinations_of, large_destinations
from mass_apology.sending.expected_end import expected_end, named_domains
from mass_apology.sending.routing import Routing
from mass_apology.settings import Campaign, SenderSettings, parse_rate
from mass_apology.smtp.relay_values import destination_problems

ROOT = Path(__file__).parents[1]
OWN = RelaySettings(name="own", url="smtp+plain://127.0.0.1", profile="postfix", rate="100/s")
OTHER = RelaySettings(name="ses", url="smtps://ses.example", profile="ses", rate="50/s")


def campaign(*relays: RelaySettings, **destinations: DestinationSettings) -> Campaign:
    return Campaign(
        name="x",
        template="x",
        recipients="x.csv",
        sender=SenderSettings(from_="a@acme.example"),
        relay=relays[0],
        further_relays=relays[1:],
        destinations={name.replace("_", "."): each for name, each in destinations.items()},
    )


def test_large_providers_have_a_pace_only_where_our_own_mta_delivers() -> None:
    assert destinations_of(campaign(OWN)) == dict(large_destinations())
    assert destinations_of(campaign(OTHER)) == {}
    assert destinations_of(campaign(OWN, OTHER)) == {}
    assert destinations_of(campaign(RelaySettings(url="smtps://relay.example"))) == {}


def test_what_the_campaign_says_wins() -> None:
    mine = DestinationSettings(rate="1/s", also=("hotmail.com",))
    found = destinations_of(campaign(OWN, gmail_com=mine))
    assert found["gmail.com"] == mine
    assert found["googlemail.com"].rate == "20/s"  # the same provider, and not named
    assert "hotmail.com" not in found["outlook.com"].also


def test_what_is_known_is_well_formed_and_on_the_page() -> None:
    assert list(destination_problems(large_destinations())) == []
    page = (ROOT / "docs/relays.md").read_text(encoding="utf-8")
    for name, each in large_destinations().items():
        (row,) = re.findall(rf"^\| `{re.escape(name)}` \|.*", page, re.MULTILINE)
        assert row.endswith(f"| {each.rate} | {each.connections} |")


@pytest.mark.parametrize(
    ("name", "settings", "problem"),
    [
        ("gmail", DestinationSettings(rate="1/s"), "`$.destinations` holds 'gmail', which is no domain"),
        ("gmail.com", DestinationSettings(), "`$.destinations.gmail.com` has neither `rate` nor `connections`"),
        ("gmail.com", DestinationSettings(rate="fast"), "`$.destinations.gmail.com.rate` is 'fast'"),
        ("gmail.com", DestinationSettings(rate="1/s", also=("X.de",)), "`$.destinations.gmail.com.also` holds 'X.de'"),
        (
            "gmx.net",
            DestinationSettings(rate="1/s", also=("gmx.de",)),
            "`$.destinations.gmx.net` is about gmx.de, as another destination is",
        ),
    ],
)
def test_mistakes(name: str, settings: DestinationSettings, problem: str) -> None:
    known = {"gmx.de": DestinationSettings(connections=1)}
    assert any(each.startswith(problem) for each in destination_problems(known | {name: settings}))


def test_the_end_is_that_of_the_slowest_kind_of_letters() -> None:
    slow = DestinationSettings(rate="1/s", also=("slow2.example",))
    mixed = campaign(OTHER, slow_example=slow)
    assert named_domains(mixed) == {"slow.example", "slow2.example"}
    found = expected_end(mixed, 1000, {"slow.example": 60, "slow2.example": 40}, 0.0)
    assert (found.finish_at, found.held_by) == (pytest.approx(100.0, abs=2), "the pace of slow.example")
    assert expected_end(mixed, 1000, {}, 0.0).finish_at == pytest.approx(20.0)


def test_relays_for_some_domains_only() -> None:
    special = RelaySettings(name="a", url="smtps://a.example", rate="1/s", for_=("gmail.com",))
    found = expected_end(campaign(OTHER, special), 1000, {"gmail.com": 100}, 0.0)
    # Both may take Gmail's letters: 50/s and 1/s for 1,000.
    assert found.finish_at == pytest.approx(1000 / 51, rel=0.1)
    assert parse_rate("1/s")


def test_who_throttles_is_told_of_for_a_while_and_the_slowest_first() -> None:
    routing = Routing([RelaySettings(url="smtp+plain://127.0.0.1:25")])
    for number in range(5):
        letter = message(number, address=f"a@d{number}.example").delivery
        routing.slow_down(letter, now=10.0 + number, observed_rate=100.0 * (number + 1))
    assert [name for name, _ in routing.slow(now=20.0)] == ["d0.example", "d1.example", "d2.example"]
    assert [rate for _, rate in routing.slow(now=20.0)] == sorted(rate for _, rate in routing.slow(now=20.0))
    assert routing.slow(now=1000.0) == []
