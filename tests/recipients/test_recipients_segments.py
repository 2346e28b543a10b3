"""Segments: each person is in those that hold one of their rows; a wrong expression names its key."""

from __future__ import annotations

import pytest

from mass_apology.errors import InputError
from mass_apology.model import Recipient
from mass_apology.recipients import Segments
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, ColumnType, SenderSettings

HEADER = ("email", "plan", "minutes")


def campaign(**segments: str) -> Campaign:
    return Campaign(
        name="c",
        template="service-outage",
        recipients="a.csv",
        sender=SenderSettings(from_="a@acme.example"),
        relay=RelaySettings(url="smtp+plain://127.0.0.1:25"),
        types={"minutes": ColumnType.INT},
        segments=segments,
    )


def test_a_person_is_in_every_segment_that_holds_one_of_their_rows() -> None:
    segments = Segments(campaign(pro="plan == 'pro'", long="minutes > 30"), HEADER)
    people = [
        [{"plan": "pro", "minutes": "5"}],
        [{"plan": "free", "minutes": "5"}, {"plan": "free", "minutes": "31"}],
        [{"plan": "pro", "minutes": "40"}],
        [{"plan": "free"}],
    ]
    assert segments.of(people) == [("pro",), ("long",), ("pro", "long"), ()]


def test_without_segments_everyone_is_in_none() -> None:
    assert Segments(campaign(), HEADER).of([[{"plan": "pro"}], [{}]]) == [(), ()]


def test_nobody_asked_about_is_nobody_answered() -> None:
    assert Segments(campaign(pro="plan == 'pro'"), HEADER).of([]) == []


def test_a_wrong_expression_names_its_key() -> None:
    with pytest.raises(InputError, match=r"'segments\.pro' in campaign\.toml.*plam"):
        Segments(campaign(pro="plam == 'pro'"), HEADER)


def test_recipient_rows_are_what_segments_take() -> None:
    recipient = Recipient(
        identity=1, mailbox=1, address="a@b.example", line=2, row={"email": "a@b.example", "plan": "pro"}
    )
    assert Segments(campaign(pro="plan == 'pro'"), HEADER).of([[recipient.row]]) == [("pro",)]
