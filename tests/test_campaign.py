"""campaign.toml: what is right is read, what is wrong is named with its path and the next step."""

from __future__ import annotations

import re
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
        ('rate = "50/s"', "rate = 50", '`$.relay.rate` is a whole number, but must be a text such as "…"'),
        ('rate = "50/s"', 'rat = "50/s"', "`$.relay.rat` is no key (did you mean `rate`?)"),
        ('rate = "50/s"', 'rate = "fast"', "`$.relay.rate` is 'fast', which is no rate"),
        ('windows = ["10000/day"]', 'windows = ["lots"]', "`$.relay.windows` is 'lots', which is no rate"),
        ('windows = ["10000/day"]', 'windows = ["unlimited"]', "leave the window out"),
        ('languages = ["pl", "en"]', "languages = []", "`$.languages` is empty"),
        ('languages = ["pl", "en"]', 'languages = ["Polish"]', "holds 'Polish'"),
        ('languages = ["pl", "en"]', 'time_zone = "Mars/Base"', "'Mars/Base', which is no time zone"),
        ('languages = ["pl", "en"]', "finish_by = 2026-11-20T17:00:00", "`$.finish_by` has no offset"),
        ("09:12:00Z", "09:12:00", "`$.incident.started_at` has no offset"),
        ("[types]", '[csv]\nthousands = "."\n[types]', "`$.csv.thousands` is '.', which is the decimal mark as well"),
        ("[types]", '[columns]\n" x" = "y"\n[types]', "`$.columns` holds ' x', which no column can be called"),
        (
            'minutes_down = "int"',
            'minutes_down = "integer"',
            "`$.types.minutes_down` is 'integer', which is none of text, int",
        ),
        (
            'name = "acme-outage-2026-11-20"',
            'name = "our outage"',
            "`$.name` must be of at most 100 letters a to z, digits, dots, hyphens and underscores, such as 'acme",
        ),
        ("[relay]", '[relay]\nname = "SES"', "`$.relay.name` must be of at most 40 small letters a to z"),
        ("[types]", '[brand]\ncolour = "red"\n[types]', "`$.brand.colour` must be a colour such as '#1f3a5f'"),
        ('name = "acme-outage-2026-11-20"', 'name = "../x"', "`$.name` "),
        ('name = "acme-outage-2026-11-20"', "", "`$.name` is missing"),
        ('template = "service-outage"', 'template = "../../etc"', "`$.template` is '../../etc'"),
        ("[sender]", "[sender", "is not valid TOML"),
    ],
)
def test_each_error_of_the_campaign_file_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
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


WRONG = """
template = 5
foo = 1
languages = ["en", 1, 2]
[sender]
from = "Anna Kowalska <anna at acme.example>"
verp = "yes"
[relay]
url = "smtp.acme.example:587"
rate = 50
conections = 3
windows = [1, "lots", 2]
timeout = inf
[types]
a = "int"
b = "integer"
[remedies]
refund = ""
other = "https://acme.example/x"
[incident]
started_at = 0001-01-01T00:00:00+05:00
[[follow_up]]
after = 3
[[follow_up]]
template = "Follow Up"
to = ["ACCEPTED", "NOPE"]
bla = 1
[schedule]
hours = "25:00-26:00"
quiet = [{from = 2026-11-20T09:12:00Z}]
"""


def test_every_kind_of_mistake_is_named_at_once_with_its_path(tmp_path: Path) -> None:
    """Types, unknown and missing keys, addresses, URLs, rates, moments, the schedule and the follow-ups."""
    said = problem(tmp_path, WRONG)
    found = said.partition(": ")[2].removesuffix(".").split("; ")
    expected = [
        'line 2: `$.template` is a whole number, but must be a text such as "…"',
        "line 3: `$.foo` is no key",
        'line 4: `$.languages[1]` is a whole number, but must be a text such as "…"',
        'line 4: `$.languages[2]` is a whole number, but must be a text such as "…"',
        "line 7: `$.sender.verp` is a text, but must be true or false",
        'line 10: `$.relay.rate` is a whole number, but must be a text such as "…"',
        "line 11: `$.relay.conections` is no key (did you mean `connections`?)",
        'line 12: `$.relay.windows[0]` is a whole number, but must be a text such as "…"',
        'line 12: `$.relay.windows[2]` is a whole number, but must be a text such as "…"',
        "line 16: `$.types.b` is 'integer', which is none of "
        "text, int, decimal, bool, date, datetime (did you mean `int`?)",
        "line 18: `$.remedies.refund` is empty",
        'line 23: `$.follow_up[0].after` is a whole number, but must be a text such as "…"',
        "line 22: `$.follow_up[0].template` is missing",
        "line 26: `$.follow_up[1].to[1]` is 'NOPE', which is none of "
        "PLANNED, DEFERRED, HANDING_OVER, ACCEPTED, REFUSED, IN_DOUBT, EXPIRED, WITHHELD, BOUNCED, COMPLAINED",
        "line 27: `$.follow_up[1].bla` is no key",
        "line 30: `$.schedule.quiet[0].to` is missing",
        "`$.name` is missing",
        "`$.recipients` is missing",
    ]
    assert set(expected) <= set(found)
    values = [each for each in found if each not in expected]
    paths = [match[1] for each in values if (match := re.search(r"`(\$[^`]*)`", each))]
    assert sorted(paths) == [
        "$.follow_up[1].name",  # "Follow Up-2", after its template
        "$.follow_up[1].template",
        "$.incident.started_at",
        "$.relay.timeout",
        "$.relay.url",
        "$.remedies.other",
        "$.schedule.hours",
        "$.sender.from",
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('[schedule]\nhours = "25:00-26:00"\nfirst_letter = true', "`$.schedule.hours` holds '25:00-26:00'"),
        ('[schedule]\nweekdays = "funday"', "`$.schedule.weekdays` holds 'funday'"),
        ('[[follow_up]]\ntemplate = "x"', "`$.follow_up[0]` has neither `after` nor `at`"),
        ('[[follow_up]]\ntemplate = "x"\nafter = "soon"', "`$.follow_up[0].after` is 'soon'"),
        ("[limits]\nrefusals = 2.0", "`$.limits.refusals`"),
        ("[limits]\nrefusals = nan", "`$.limits.refusals`"),
        ('[csv]\nsheet = "a\\u0000b"', "`$.csv.sheet` holds the control character U+0000"),
        (
            "[incident.more]\nat = [{when = 9999-12-31T23:59:59-05:00}]",
            "`$.incident.more.at[0].when` is in the year 9999",
        ),
    ],
)
def test_a_mistake_in_any_table_is_named(tmp_path: Path, more: str, expected: str) -> None:
    text = GOOD.replace("[incident.pl]\nharm", "[incident.pl]\nharms") if "incident" in more else GOOD
    assert expected in problem(tmp_path, f"{text}\n{more}\n")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('url = "smtp+starttls://mailer@smtp.acme.example:587"', 'url = "smtps://u:secret@h"', "holds a password"),
        ('rate = "50/s"', 'password = "secret"', "`$.relay.password` does not say where the password is kept"),
        ("mailer@", "", "`$.relay.password` is set, but `$.relay.url` names no user"),
        ('from = "Anna', 'reply_to = "nobody"\nfrom = "Anna', "`$.sender.reply_to` holds the address 'nobody'"),
        ('from = "Anna', 'envelope = "a@b@c"\nfrom = "Anna', "`$.sender.envelope` holds the address"),
        (
            'from = "Anna',
            f'envelope = "{"x" * 40}@acme.example"\nverp = true\nfrom = "Anna',
            "`$.sender.verp` adds 33 characters",
        ),
    ],
)
def test_addresses_and_the_relay_are_looked_at_too(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = GOOD.replace(old, new)
    if "names no user" in expected:
        text = text.replace('rate = "50/s"', 'password = "env:X"')
    said = problem(tmp_path, text)
    assert expected in said
    assert "secret" not in said


@pytest.mark.parametrize("text", ["x = " + "1" * 5000, "x = " + "[" * 5000, 'x = "\x00"'])
def test_a_file_that_no_parser_bears_is_a_sentence(tmp_path: Path, text: str) -> None:
    assert "is not valid TOML" in problem(tmp_path, text)


RELAYS = (
    GOOD[: GOOD.index("[relay]")]
    + """[[relay]]
name = "ses"
url = "smtps://anna@ses.example"
ca_file = "ca.pem"

[[relay]]
name = "own"
profile = "postfix"
for = ["gmail.com"]
"""
)


def test_a_list_of_one_relay_is_the_same_as_a_table(tmp_path: Path) -> None:
    assert read_campaign(write(tmp_path, GOOD.replace("[relay]", "[[relay]]"))) == read_campaign(write(tmp_path, GOOD))


def test_several_relays_are_read_in_their_order(tmp_path: Path) -> None:
    first, second = read_campaign(write(tmp_path, RELAYS)).relays
    assert (first.name, first.ca_file, first.takes("gmail.com")) == ("ses", str(tmp_path / "ca.pem"), True)
    assert (second.name, second.url, second.rate) == ("own", "smtp+plain://127.0.0.1:25", "unlimited")
    assert (second.takes("gmail.com"), second.takes("gmx.de")) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "ses"\n', "", "line 21: `$.relay[0].name` is missing; each of several relays needs one"),
        ('name = "own"', 'name = "ses"', "line 27: `$.relay[1].name` is 'ses', as another relay's is"),
        ('"postfix"', '"postfx"', "`$.relay[1].profile` is 'postfx', which is none of"),
        ('"smtps://anna@ses.example"', "5", "line 23: `$.relay[0].url` is a whole number"),
        ("smtps://", "smtp+plain://", "`$.relay[0].url`: The relay's URL names a user"),
        ('for = ["gmail.com"]', 'fro = ["gmail.com"]', "line 29: `$.relay[1].fro` is no key (did you mean `for`?)"),
        ('["gmail.com"]', '["Gmail.com"]', "`$.relay[1].for` holds 'Gmail.com'; write 'gmail.com'"),
        ('["gmail.com"]', '["gmail"]', "`$.relay[1].for` holds 'gmail', which is no domain such as 'gmail.com'"),
        ('ca_file = "ca.pem"', 'for = ["gmx.de"]', "`$.relay[1].for` leaves nobody for the other domains"),
        ('ca_file = "ca.pem"', 'except = ["gmx.de"]', "`$.relay[0].except` leaves nobody for gmx.de"),
        ('["gmail.com"]', '["gmail.com"]\nexcept = ["gmx.de"]', "`$.relay[1].except` is set beside `$.relay[1].for`"),
        ('name = "acme', 'further_relays = []\nname = "acme', "`$.further_relays ` is no key"),
    ],
)
def test_mistakes_in_a_list_of_relays(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in RELAYS
    assert expected in problem(tmp_path, RELAYS.replace(old, new, 1))
