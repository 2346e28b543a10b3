"""The writer, with real templates: from a ledger row to a message, and from a faulty one to a finding."""

from __future__ import annotations

import email
import email.policy
import hashlib
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_campaign import HEADER, LETTERS, delivery, make_writer, write_templates

from mass_apology.errors import MessageError, TemplateError
from mass_apology.letter.inspecting.inspector import CLIPPED
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import Finding, Message, Severity

DATE = "Fri, 20 Nov 2026 09:12:00 +0000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("campaign")
    write_templates(made)
    (made / "sign.png").write_bytes(b"\x89PNG")
    return made


@pytest.fixture(scope="module")
def writer(folder: Path) -> Writer:
    return make_writer(folder)


def row(**fields: str) -> list[dict[str, str]]:
    return [{"number": "00123", "minutes_down": "192", "order id": "A-1", **fields}]


def parsed(message: Message) -> EmailMessage:
    read = email.message_from_bytes(message.data, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def text_of(message: Message) -> str:
    body = parsed(message).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_delivery_becomes_a_message(writer: Writer) -> None:
    to = delivery(7, name="O'Neil & Sons")
    message = writer.write(to, date=DATE, eightbit=True)
    assert message.delivery is to
    assert message.sender == "anna@acme.example"
    assert message.sha256 == hashlib.sha256(message.data).digest()
    read = parsed(message)
    assert read["Date"] == DATE
    assert read["From"] == "Anna Kowalska <anna@acme.example>"
    assert read["To"].addresses[0].display_name == "O'Neil & Sons"
    assert read["To"].addresses[0].addr_spec == "jan7@customer.example"
    assert read["Subject"] == "Acme API: we are sorry, O'Neil & Sons"
    assert read["Message-ID"] == "<letter7@acme.example>"
    assert read["Content-Language"] == "en"
    assert "down for 193 minutes" in text_of(message)
    html = read.get_body(("html",))
    assert html is not None
    assert "down for 193 minutes" in html.get_content()


def test_a_message_carries_the_letter_that_content_shows(writer: Writer) -> None:
    to = delivery(1)
    message = writer.write(to, date=DATE, eightbit=False)
    assert text_of(message) == writer.content(to).text
    assert parsed(message)["Subject"] == writer.content(to).subject


def test_all_rows_of_one_person_are_in_one_letter(writer: Writer) -> None:
    text = writer.content(delivery(rows=[*row(), *row(**{"order id": "00007"})])).text
    assert [line for line in text.splitlines() if line.startswith("- ")] == ["- order A-1", "- order 00007"]


def test_moments_are_in_the_recipients_time_zone_or_the_campaigns(writer: Writer) -> None:
    def hour_in(zone: str) -> bool:
        text = writer.content(delivery(time_zone=zone)).text
        return "2:24" in text or "14:24" in text

    assert hour_in("")  # Europe/Tallinn, two hours east of the fact's own zone
    assert not hour_in("Asia/Tokyo")


def test_an_empty_column_can_be_asked_about(writer: Writer) -> None:
    assert "worth more" in writer.content(delivery(rows=row(plan="pro"))).text
    assert "worth more" not in writer.content(delivery(rows=row())).text


@pytest.mark.parametrize(
    ("gender", "salutation"),
    [("f", "Madame,"), ("Female", "Madame,"), ("m", "Monsieur,"), ("x", "Bonjour")],
)
def test_the_gender_column_reaches_the_salutation(tmp_path: Path, gender: str, salutation: str) -> None:
    write_templates(tmp_path)
    (tmp_path / "sign.png").write_bytes(b"\x89PNG")
    (tmp_path / "templates/sorry/fr.md").write_text("Subject: x\n\n{{ salutation }}\n", encoding="utf-8")
    writer = make_writer(tmp_path, columns={"gender": "gender"})
    assert salutation in writer.content(delivery(language="fr", rows=row(gender=gender))).text
    assert "Bonjour" in writer.content(delivery(language="fr", rows=row())).text


@pytest.mark.parametrize(
    ("wanted", "language"), [("pl", "pl"), ("pl-pl", "pl"), ("PL_pl", "pl"), ("de", "en"), ("", "en"), ("plx", "en")]
)
def test_a_language_is_what_was_wanted_or_the_last_resort(writer: Writer, wanted: str, language: str) -> None:
    assert writer.language_for(wanted) == language
    assert parsed(writer.write(delivery(language=wanted), date=DATE, eightbit=True))["Content-Language"] == language


def test_no_language_at_all_names_those_there_are(folder: Path) -> None:
    writer = make_writer(folder, languages=["et", "fi"])
    assert writer.language_for("pl") == "pl"
    with pytest.raises(TemplateError, match=r"no letter in 'de', 'et', 'fi'; it has 'en', 'pl'"):
        writer.language_for("de")


def test_an_envelope_of_its_own(folder: Path) -> None:
    writer = make_writer(folder, sender={"from": "anna@acme.example", "envelope": "żółw@acme.example"})
    message = writer.write(delivery(), date=DATE, eightbit=True)
    assert (message.sender, message.smtputf8) == ("żółw@acme.example", True)
    assert parsed(message)["From"] == "anna@acme.example"


def test_attachments_are_in_every_message(folder: Path) -> None:
    writer = make_writer(folder, message={"images": {"sign": "sign.png"}, "attachments": ["sign.png"]})
    read = parsed(writer.write(delivery(rows=row(plan="image")), date=DATE, eightbit=True))
    assert [part.get_filename() for part in read.walk() if part.get_filename()] == ["sign.png", "sign.png"]
    assert not writer.check([delivery(rows=row(plan="image"))]).findings


def test_a_good_letter_has_no_finding_before_it_has_a_message_id(writer: Writer) -> None:
    assert writer.check([delivery(message_id="")]).findings == []


@pytest.mark.parametrize(
    ("fields", "changes", "said"),
    [
        ({"minutes_down": "three"}, {}, "column minutes_down the value 'three' is not a whole number"),
        ({"minutes_down": "1_000"}, {}, "whole number"),
        ({"order id": ""}, {}, "order id"),
        ({}, {"name": "Jan\r\nBcc: evil@x.example"}, "control character U\\+000"),
        ({}, {"name": "=?utf-8?q?=0D=0ABcc=3A_evil=40x?="}, "holds =\\?"),
        ({}, {"address": "jan"}, "addr-spec"),
    ],
)
def test_a_letter_that_fails_is_a_finding_and_an_error_that_name_its_row(
    writer: Writer, fields: dict[str, str], changes: dict[str, str], said: str
) -> None:
    cells = {name: value for name, value in (row()[0] | fields).items() if value}
    to = delivery(11, rows=[cells], **changes)
    (finding,) = [each for each in writer.check([to]).findings if each.severity is Severity.ERROR]
    assert (finding.code, finding.severity) == ("letter-fails", Severity.ERROR)
    assert (finding.where, finding.line, finding.address) == ("affected.csv, line 12", 12, to.address)
    assert finding.advice
    with pytest.raises((TemplateError, MessageError), match=rf"affected\.csv, line 12: .*{said}") as caught:
        writer.write(to, date=DATE, eightbit=True)
    assert finding.problem in caught.value.problem
    assert caught.value.next_step == finding.advice


def test_content_too_names_the_row_that_fails(writer: Writer) -> None:
    with pytest.raises(TemplateError, match=r"affected\.csv, line 2: .*three"):
        writer.content(delivery(rows=row(minutes_down="three")))


@pytest.mark.parametrize(("letter", "count"), [("A", 1000), ("ż", 500), ("🦊", 250)])
def test_a_letter_that_gmail_would_clip_is_a_warning(writer: Writer, letter: str, count: int) -> None:
    many = row(**{"order id": letter * count}) * (CLIPPED // 1000)
    (finding,) = writer.check([delivery(rows=many)]).findings
    assert (finding.code, finding.severity, finding.line) == ("letter-clipped", Severity.WARNING, 2)


def test_an_image_that_nobody_gave_is_an_error(writer: Writer) -> None:
    (finding,) = writer.check([delivery(rows=row(plan="image"))]).findings
    assert (finding.code, finding.severity) == ("letter-image-missing", Severity.ERROR)
    assert "cid:sign" in finding.problem


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"template": "sory"}, TemplateError, "sorry"),
        ({"sender": {"from": "Anna"}}, MessageError, "sender.from"),
        ({"sender": {"from": "a@acme.example", "reply_to": "@"}}, MessageError, "sender.reply_to"),
        ({"sender": {"from": "a@acme.example", "envelope": "x"}}, MessageError, "sender.envelope"),
        ({"message": {"headers": {"Bcc": "x@acme.example"}}}, MessageError, "Bcc"),
        ({"message": {"attachments": ["../x"]}}, MessageError, "outside"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_any_letter(
    folder: Path, settings: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make_writer(folder, **settings)


texts = st.text(min_size=1, max_size=40)
rows_ = st.fixed_dictionaries(
    {"order id": texts, "minutes_down": st.sampled_from(["0", "192", "192", "-5", "many"])},
    optional={name: texts for name in HEADER if name not in {"order id", "minutes_down"}},
)


@given(st.sampled_from([*LETTERS]), texts, st.lists(rows_, min_size=1, max_size=3), st.booleans())
def test_whatever_a_row_holds_check_foretells_whether_it_can_be_written(
    writer: Writer, language: str, name: str, rows: list[dict[str, str]], eightbit: bool
) -> None:
    to = delivery(rows=rows, name=name, language=language)
    findings: list[Finding] = writer.check([to]).findings
    if any(finding.code == "letter-fails" for finding in findings):
        with pytest.raises((TemplateError, MessageError)):
            writer.write(to, date=DATE, eightbit=eightbit)
    else:
        message = writer.write(to, date=DATE, eightbit=eightbit)
        assert text_of(message) == writer.content(to).text.replace("\r\n", "\n").replace("\r", "\n")
        assert parsed(message).keys() == parsed(writer.write(delivery(), date=DATE, eightbit=True)).keys()


def test_a_released_country_is_not_whose_clock_counts(folder: Path) -> None:
    cells = {"country": "PL"}
    writer = make_writer(folder, columns={"country": None, "released": ["country"]})
    ours = make_writer(folder)
    to = delivery(rows=row(**cells))
    assert "until 14:24 EET" in text_of(writer.write(to, date=DATE, eightbit=True))
    assert "until 13:24 CET" in text_of(ours.write(to, date=DATE, eightbit=True))
