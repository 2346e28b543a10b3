"""What is known of providers' relays, as data, and how it stands below campaign.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError
from mass_apology.letter.message.headers import field_name, text_field
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign
from mass_apology.smtp.relay_profile import RelayProfile, below, relay_profiles
from mass_apology.smtp.url import parse

ROOT = Path(__file__).parents[2]
PROFILES = relay_profiles()
CAMPAIGN = """
name = "acme"
template = "service-outage"
recipients = "affected.csv"

[sender]
from = "anna@acme.example"

[relay]
"""


def read(folder: Path, relay: str) -> Campaign:
    (folder / "campaign.toml").write_text(CAMPAIGN + relay, encoding="utf-8")
    return read_campaign(folder)


def test_the_setting_takes_each_profile_and_no_other() -> None:
    (field,) = [each for each in inspect.type_info(RelaySettings).fields if each.name == "profile"]  # type: ignore[attr-defined]
    (literal,) = [each for each in field.type.types if isinstance(each, inspect.LiteralType)]
    assert set(literal.values) == set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_holds_what_campaign_toml_takes(profile: RelayProfile) -> None:
    url = profile.url("someone@acme.example" if profile.user is None and profile.port != 25 else None)
    table: Mapping[str, Any] = {"url": "smtps://relay.example"} if url is None else {}
    settings = RelaySettings(**below(table, profile))
    assert parse(settings.url).port in {profile.port, 465}
    for name, text in profile.headers.items():
        assert field_name(name) == name
        assert text_field(name, text).startswith(f"{name}: ")
    assert profile.source.startswith("https://")


@pytest.mark.parametrize("name", PROFILES)
def test_the_page_has_each_profile_as_it_is(name: str) -> None:
    page = (ROOT / "docs/relays.md").read_text(encoding="utf-8")
    profile = PROFILES[name]
    (row,) = re.findall(rf"^\| `{name}` \|.*", page, re.MULTILINE)
    assert f"`{profile.host}:{profile.port}`" in row
    assert profile.limits in row
    assert all(header in row for header in profile.headers)


def test_what_stands_in_the_file_wins(tmp_path: Path) -> None:
    written = 'profile = "microsoft365"\nuser = "anna@acme.example"\nrate = "20/min"\nconnections = 2\n'
    relay = read(tmp_path, written).relay
    assert relay.url == "smtp+starttls://anna%40acme.example@smtp.office365.com:587"
    assert parse(relay.url).user == "anna@acme.example"
    assert (relay.rate, relay.windows, relay.connections) == ("20/min", ("10000/day",), 2)


def test_headers_of_the_profile_stand_below_those_of_the_file(tmp_path: Path) -> None:
    written = 'profile = "postmark"\nuser = "token"\n[message]\nheaders = { x-pm-message-stream = "broadcasts" }\n'
    headers = read(tmp_path, written).message.headers
    assert headers == {"x-pm-message-stream": "broadcasts", "X-PM-TrackOpens": "false"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('profile = "ses"\nuser = "AKIA"', "`$.relay.url` is missing"),
        ('profile = "sess"', "`$.relay.profile` is 'sess', which is none of google, mailgun"),
        ('url = "smtps://relay.example"\nuser = "anna"', "`$.relay.user` is set, but `$.relay.url` says who logs in"),
        ('profile = "mailgun"\nuser = 5', "`$.relay.user` is a whole number"),
    ],
)
def test_mistakes_are_told_by_their_keys(tmp_path: Path, written: str, expected: str) -> None:
    with pytest.raises(CampaignError) as caught:
        read(tmp_path, written)
    assert expected in caught.value.problem
