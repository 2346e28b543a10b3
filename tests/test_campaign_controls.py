"""Escapes of TOML bring no control character into a letter, whichever key they stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError

TOML = """
name = "t"
template = "note"
recipients = "affected.csv"
remedies = {{ refund = "https://a.example/{{token}}{remedy}" }}
[incident]
service = "Acme{fact}"
[incident.he]
harm = "x{hebrew}"
[incident.deep]
list = ["a", "b{deep}"]
[sender]
from = "Ola{sender} <ola@firm.example>"
[relay]
url = "smtp+plain://127.0.0.1:25"
[brand]
footer = {{ en = "x{footer}" }}
"""
PLACES = ("fact", "hebrew", "deep", "sender", "footer", "remedy")


def write(folder: Path, **escapes: str) -> Path:
    text = TOML.format(**dict.fromkeys(PLACES, "") | escapes)
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("escape", ["\\u0007", "\\u202e", "\\u0000", "\\r", "\\u2028", "\\u0085", "\\u202d"])
@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("fact", "$.incident.service"),
        ("hebrew", "$.incident.he.harm"),
        ("deep", "$.incident.deep.list[1]"),
        ("sender", "$.sender.from"),
        ("footer", "$.brand.footer.en"),
    ],
)
def test_a_control_character_is_refused_with_its_key(tmp_path: Path, place: str, key: str, escape: str) -> None:
    with pytest.raises(CampaignError) as caught:
        read_campaign(write(tmp_path, **{place: escape}))
    assert f"`{key}` holds the control character U+" in caught.value.problem


def test_only_a_language_from_right_to_left_may_turn(tmp_path: Path) -> None:
    assert read_campaign(write(tmp_path, hebrew="\\u2067x\\u2069")).incident["he"] == {"harm": "x\u2067x\u2069"}
    with pytest.raises(CampaignError, match="service` holds the control character U\\+2067"):
        read_campaign(write(tmp_path, fact="\\u2067x\\u2069"))


def test_lines_and_tabs_stay(tmp_path: Path) -> None:
    assert read_campaign(write(tmp_path, fact="\\n\\tx")).incident["service"] == "Acme\n\tx"
