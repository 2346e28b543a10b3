"""campaign.toml: what is right is read, what is wrong is named with its path and the next step."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError
from mass_apology.settings import ColumnType

GOOD = """
name = "acme-outage-2026-11-20"
template = "service-outage"
recipients = "affected.csv"
where = "plan == 'pro'"
languages = ["pl", "en"]

[types]
minutes_down = "int"

[incident]
service = "Acme API"
started_at = 2026-11-20T09:12:00Z

[incident.pl]
harm = "Państwa zamówienia czekały."

[sender]
from = "Anna Kowalska <anna@acme.example>"

[relay]
url = "smtp+starttls://mailer@smtp.acme.example:587"
rate = "50/s"
windows = ["10000/day"]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    return folder


def problem(folder: Path, text: str) -> str:
    with pytest.raises(CampaignError) as caught:
        read_campaign(write(folder, text))
    assert caught.value.next_step
    assert str(folder / "campaign.toml") in caught.value.problem
    return caught.value.problem


def test_a_good_file_is_read(tmp_path: Path) -> None:
    campaign = read_campaign(write(tmp_path, GOOD))
    assert campaign.sender.from_ == "Anna Kowalska <anna@acme.example>"
    assert campaign.incident["started_at"] == datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
    assert campaign.types == {"minutes_down": ColumnType.INT}
    assert campaign.languages == ("pl", "en")


def test_the_relays_files_are_relative_to_the_folder(tmp_path: Path) -> None:
    relay = 'rate = "50/s"\nca_file = "ca.pem"\npassword = "file:secret"'
    campaign = read_campaign(write(tmp_path, GOOD.replace('rate = "50/s"', relay)))
    assert campaign.relay.ca_file == str(tmp_path / "ca.pem")
    assert campaign.relay.password == f"file:{tmp_path / 'secret'}"
    absolute = GOOD.replace('rate = "50/s"', 'rate = "50/s"\npassword = "file:/run/secrets/relay"')
    assert read_campaign(write(tmp_path, absolute)).relay.password == "file:/run/secrets/relay"


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    with pytest.raises(CampaignError) as caught:
        read_campaign(tmp_path)
    assert "mass-apology init" in caught.value.next_step


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('rate = "50/s"', "rate = 50", "Expected `str`, got `int` - at `$.relay.rate`"),
        ('rate = "50/s"', 'rat = "50/s"', "unknown field `rat` - at `$.relay`"),
        ('rate = "50/s"', 'rate = "fast"', "`$.relay.rate` is 'fast', which is no rate"),
        ('windows = ["10000/day"]', 'windows = ["lots"]', "`$.relay.windows` is 'lots', which is no rate"),
        ('windows = ["10000/day"]', 'windows = ["unlimited"]', "leave the window out"),
        ('languages = ["pl", "en"]', "languages = []", "`$.languages` is empty"),
        ('languages = ["pl", "en"]', 'languages = ["Polish"]', "holds 'Polish'"),
        ('languages = ["pl", "en"]', 'time_zone = "Mars/Base"', "'Mars/Base', which is no time zone"),
        ('languages = ["pl", "en"]', "finish_by = 2026-11-20T17:00:00", "`$.finish_by` has no offset"),
        ("09:12:00Z", "09:12:00", "`$.incident.started_at` has no offset"),
        ('minutes_down = "int"', 'minutes_down = "integer"', "Invalid enum value 'integer' - at `$.types"),
        ('name = "acme-outage-2026-11-20"', 'name = "../x"', "at `$.name`"),
        ('name = "acme-outage-2026-11-20"', "", "missing required field `name`"),
        ('template = "service-outage"', 'template = "../../etc"', "`$.template` is '../../etc'"),
        ("[sender]", "[sender", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert expected in problem(tmp_path, GOOD.replace(old, new))


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    said = problem(tmp_path, GOOD.replace('"50/s"', '"fast"').replace('["pl", "en"]', "[]"))
    assert "$.relay.rate" in said
    assert "$.languages" in said


def test_a_file_that_is_not_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CampaignError, match="cannot be read"):
        read_campaign(tmp_path)
