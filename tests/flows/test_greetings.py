"""Whom the letters greet, and what ``check`` has to say about it: names, none at all, and shared mailboxes."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from pathlib import Path
from string import ascii_uppercase

import pytest
from live import Row, campaign_folder, customers, relay, send

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.model import Finding, Severity
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

URL = "smtp+plain://127.0.0.1:1"
LETTER = "Subject: Acme\n\n{{ salutation }}\n\n5 min.\n"  # the same in every language
NEUTRAL = {
    "de": "Guten Tag,",
    "en": "Dear customer,",
    "es": "Buenos días:",
    "et": "Lugupeetud klient",
    "el": "Αγαπητή πελάτισσα, αγαπητέ πελάτη,",
    "lv": "Labdien!",
    "pl": "Szanowni Państwo,",
    "ru": "Здравствуйте!",
}
TOLD = {
    "Dr.": "name-is-title",
    "maria smith": "name-case",
    "MARIA SMITH": "name-case",
    "SIA Bērzs": "name-is-company",
    "Παπαδόπουλος ΑΕ": "name-is-company",
    "OOO Ромашка": "name-is-company",
    "Acme GmbH": "name-is-company",
    "Sp. z o.o.": "name-is-company",
    "Initech": "name-is-company",  # which stands in the company's column, too
    "J. S.": "name-initials",
    "customer0@d0.example": "name-is-address",  # the row's own
    "N/A": "name-placeholder",
    "test": "name-placeholder",
    "-": "name-placeholder",
    "00123": "name-is-number",
    "Anna Anna": "name-repeated",
    "Anna 🌸": "name-symbols",
    "John Smith VIP": "name-remark",
    "Anna Nowak, Jan Nowak": "name-of-several",
}


def campaign(folder: Path, rows: list[Row], url: str = URL, **tables: dict[str, object]) -> Path:
    made = campaign_folder(folder, url, [{**row, "minutes": "5"} for row in rows], **tables)
    for language in NEUTRAL:
        (made / f"templates/sorry/{language}.md").write_text(LETTER, encoding="utf-8")
    return made


def look(folder: Path) -> Check:
    return asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )


def told(checked: Check) -> dict[str, Finding]:
    every = (each for group in checked.groups for each in group.examples)
    about = {each.code: each for each in every if each.code != "encoding-detected"}
    return {code: each for code, each in about.items() if not code.startswith("wording-")}  # its letters are short


@pytest.mark.parametrize(("name", "code"), TOLD.items())
def test_a_name_that_greets_nobody_is_told_and_not_used(tmp_path: Path, name: str, code: str) -> None:
    rows = [
        {
            "email": f"customer{n}@d0.example",
            "name": name if n == 0 else f"Anna {who} Berg",
            "company": "Initech",
            "language": tag,
        }
        for n, (tag, who) in enumerate(zip(["en", *NEUTRAL], ascii_uppercase, strict=False))
    ]
    found = told(look(campaign(tmp_path, rows)))
    assert list(found) == [code]
    assert (found[code].line, found[code].address) == (2, "customer0@d0.example")
    assert found[code].severity in {Severity.WARNING, Severity.INFO}


@pytest.mark.parametrize("language", NEUTRAL)
def test_every_language_greets_without_a_name(tmp_path: Path, language: str) -> None:
    with relay() as live:
        rows = [
            {"email": f"customer{n}@d0.example", "name": name, "company": "Initech", "language": language}
            for n, name in enumerate(sorted(TOLD, key=lambda name: name != "customer0@d0.example"))
        ]
        folder = campaign(tmp_path, rows, live.sink.url)
        assert send(folder).sent == len(TOLD)
        letters = [message_from_bytes(each.data, policy=policy.default) for each in live.received]
        for letter in letters:
            text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
            assert text.strip().splitlines()[0] == NEUTRAL[language]
            assert NEUTRAL[language] in html


def test_a_name_with_the_family_first_is_turned_round(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign(tmp_path, [{"email": "customer0@d0.example", "name": "Smith, John"}], live.sink.url)
        found = told(look(folder))
        assert "“John Smith”" in found["name-reversed"].problem
        send(folder)
        letter = message_from_bytes(live.received[0].data, policy=policy.default)
        assert letter["To"] == "John Smith <customer0@d0.example>"
        assert "Dear John Smith," in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("name", ["Dr.", "N/A", "customer0@d0.example", "🌸", "00123"])
def test_what_is_no_name_is_not_in_the_to_field(tmp_path: Path, name: str) -> None:
    with relay() as live:
        folder = campaign(tmp_path, [{"email": "customer0@d0.example", "name": name}], live.sink.url)
        send(folder)
        assert message_from_bytes(live.received[0].data)["To"] == "customer0@d0.example"


@pytest.mark.parametrize("name", ["Dr.", "N/A", "-"])
def test_nor_does_a_letter_print_it(tmp_path: Path, name: str) -> None:
    folder = campaign(tmp_path, [{"email": "customer0@d0.example", "name": name}])
    (folder / "templates/sorry/en.md").write_text(
        "Subject: Sorry\n\nDear {{ name }},\n\nWe are sorry.\n", encoding="utf-8"
    )
    assert "`name` is empty" in told(look(folder))["letter-fails"].problem


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("Dr.", Severity.ERROR),
        ("N/A", Severity.ERROR),
        ("12345", Severity.ERROR),
        ("Acme GmbH", Severity.WARNING),
        ("maria smith", Severity.WARNING),
        ("Smith, John", Severity.WARNING),
        ("Anna Berg", None),
    ],
)
def test_a_template_that_greets_with_the_cell_is_told(tmp_path: Path, name: str, severity: Severity | None) -> None:
    folder = campaign(tmp_path, [{"email": "customer0@d0.example", "name": name}])
    letter = "Subject: Sorry\n\nDear {{ customer.name }},\n\nWe are sorry.\n"
    (folder / "templates/sorry/en.md").write_text(letter, encoding="utf-8")
    found = told(look(folder)).get("name-greeted")
    assert (found and found.severity) == severity
    assert found is None or f"“Dear {name},”" in found.problem


@pytest.mark.parametrize(
    "name",
    [
        "evil.com",
        "bit.ly/x",
        "mailto:x",
        "www.x",
        "evil．com",
        "evil。com",
        "evil\u200b.com",
        "10.0.0.1",
        "boss@evil.com",
    ],
)
def test_a_name_that_would_be_a_link_is_an_error_about_its_row(tmp_path: Path, name: str) -> None:
    rows = [{"email": "customer0@d0.example", "name": name}, {"email": "customer1@d0.example", "name": "Anna Berg"}]
    checked = look(campaign(tmp_path, rows))
    (finding,) = [each for group in checked.groups for each in group.examples if each.severity is Severity.ERROR]
    assert (finding.code, finding.line) == ("name-is-link", 2)
    assert checked.letters == 1
    assert checked.skippable


@pytest.mark.parametrize(
    ("columns", "listed"),
    [
        (("Customer Name",), "the column 'Customer Name'"),
        (("first_name", "last_name"), "the columns 'first_name' and 'last_name'"),
        (("Imię i nazwisko",), "the column 'Imię i nazwisko'"),
        (("Vorname", "Nachname"), "the columns 'Vorname' and 'Nachname'"),
        (("Фамилия",), "the column 'Фамилия'"),
        (("Kundenname",), "the column 'Kundenname'"),
        (("contact_person_name",), "the column 'contact_person_name'"),
    ],
)
def test_a_file_with_names_that_nobody_named(tmp_path: Path, columns: tuple[str, ...], listed: str) -> None:
    rows = [{"email": f"customer{n}@d0.example", **dict.fromkeys(columns, "Anna"), "plan": "pro"} for n in range(3)]
    found = told(look(campaign(tmp_path, rows)))["name-unstated"]
    assert found.severity is Severity.WARNING
    assert found.problem == f"All 3 letters greet nobody by name, though the file has {listed}."
    assert "[columns] name" in found.where


@pytest.mark.parametrize("columns", [("plan",), ("product_name", "company name"), ("username",), ("City name",)])
def test_nothing_is_said_where_the_file_has_no_names(tmp_path: Path, columns: tuple[str, ...]) -> None:
    rows = [{"email": f"customer{n}@d0.example", **dict.fromkeys(columns, "x")} for n in range(3)]
    assert "name-unstated" not in told(look(campaign(tmp_path, rows)))


def test_nor_where_the_column_is_named_or_called_name(tmp_path: Path) -> None:
    rows = [{"email": "customer0@d0.example", "Customer Name": "Anna Berg"}]
    assert not told(look(campaign(tmp_path, rows, columns={"name": "Customer Name"})))
    rows = [{"email": "customer0@d0.example", "Name": "Anna Berg", "last_name": "Berg"}]
    assert not told(look(campaign(tmp_path, rows)))


def test_nor_where_nobody_is_to_be_greeted(tmp_path: Path) -> None:
    rows = [{"email": "customer0@d0.example", "name": "Gold", "full_name": "Anna Berg"}]
    assert not told(look(campaign(tmp_path, rows, columns={"name": False})))


def test_a_name_column_without_names_beside_one_with_them(tmp_path: Path) -> None:
    rows = [{"email": f"customer{n}@d0.example", "name": "", "full_name": "Anna Berg"} for n in range(3)]
    assert "'full_name'" in told(look(campaign(tmp_path, rows)))["name-unstated"].problem


def test_shared_mailboxes_are_told_and_counted(tmp_path: Path) -> None:
    rows = [
        {"email": f"{local}@d{n}.example", "name": f"Anna {who} Berg"}
        for n, (local, who) in enumerate(zip(("billing", "info", "noreply", "anna"), "ABCD", strict=True))
    ]
    checked = look(campaign(tmp_path, rows))
    groups = {group.code: (group.severity, group.count, group.lines) for group in checked.groups}
    assert groups == {
        "noreply-address": (Severity.WARNING, 1, (4,)),
        "role-address": (Severity.INFO, 2, (2, 3)),
    }
    assert checked.sendable


def test_ordinary_names_are_nothing_to_speak_of(tmp_path: Path) -> None:
    assert not told(look(campaign(tmp_path, list(customers(3)))))
