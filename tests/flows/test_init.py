"""``init``: what it makes of customer files as they come, and that ``check`` can go on from there."""

from __future__ import annotations

import asyncio
import csv
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mass_apology.campaign import read_campaign
from mass_apology.errors import InputError, OutputError, TemplateError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.init.column_matching import match, plain
from mass_apology.flows.init.file_survey import FIRST_ROWS, survey
from mass_apology.flows.init.new_campaign import InitResult, init
from mass_apology.flows.init.toml_notation import remark, toml, toml_key
from mass_apology.flows.plan.plan_check import Check
from mass_apology.letter.scenario import FactType, load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Finding
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

ALL = tuple(sorted(path.parent.name for path in shipped_templates().glob("*/scenario.toml")))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def begin(text: str | bytes, name: str = "a.csv", template: str = "service-outage") -> InitResult:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return init("acme", template, Path(name))


def written() -> str:
    return Path("acme/campaign.toml").read_text(encoding="utf-8")


def look() -> Check:
    return asyncio.run(
        check(Workspace.open(Path("acme")), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )


def findings(code: str) -> list[Finding]:
    return [each for group in look().groups if group.code == code for each in group.examples]


def parts(made: InitResult) -> dict[str, str]:
    return {each.role: each.column for each in made.matches}


def table(header: Sequence[str], *rows: Sequence[str], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue()


# What is written


@pytest.mark.parametrize("template", ALL)
def test_every_fact_stands_there_with_its_comment_type_and_example(template: str) -> None:
    begin("email,language\na@b.net,pl\nc@d.net,en\n", template=template)
    text = " ".join(line.removeprefix("# ") for line in written().splitlines())
    scenario = load_scenario(template, [shipped_templates()])
    for name, fact in scenario.facts.items():
        assert " ".join(fact.comment.split()) in text
        assert f"({fact.type.value}" in text
        examples = [fact.example]
        if fact.is_translated:
            told = fact.example if isinstance(fact.example, dict) else dict.fromkeys(("pl", "en"), fact.example)
            examples = [told["pl"], told["en"]]
        assert all(f"Example: {toml(each)}" in text for each in examples)
        lines = [line for line in written().splitlines() if line in (f'{name} = ""', f'# {name} = ""')]
        assert lines == [f'{"" if fact.required else "# "}{name} = ""'] * len(examples)
    campaign = read_campaign(Path("acme"))
    assert campaign.template == template
    assert {*campaign.incident} & {"el", "et", "lv", "ru"} == set()


@pytest.mark.parametrize("template", ["correction", "product-recall"])
def test_check_reads_it_at_once_and_names_exactly_the_required_facts(template: str) -> None:
    begin("email,language\na@b.net,pl\nc@d.net,en\n", template=template)
    scenario = load_scenario(template, [shipped_templates()])
    plain_facts = [n for n, f in scenario.facts.items() if f.required and f.type is not FactType.SENTENCE]
    sentences = [n for n, f in scenario.facts.items() if f.required and f.type is FactType.SENTENCE]
    told = {each.where: set(each.problem.split("`")[1::2]) for each in findings("fact-missing")}
    expected = {
        "campaign.toml, [incident]": {*plain_facts},
        "campaign.toml, [incident.en], [incident.pl]": {*sentences},
    }
    assert told == {where: names for where, names in expected.items() if names}
    assert not findings("fact-invalid")


@pytest.mark.parametrize(("template", "fits"), [("service-outage", True), ("temporary-closure", False)])
def test_the_follow_up_that_fits_stands_there_as_a_comment(template: str, fits: bool) -> None:
    begin("email,language\na@b.net,pl\n", template=template)
    assert ('# template = "follow-up"' in written()) is fits
    assert not read_campaign(Path("acme")).follow_up


def test_filled_in_it_can_be_sent() -> None:
    begin("email,name\na@b.net,Ann\n")
    scenario = load_scenario("service-outage", [shipped_templates()])
    text = written().replace("Your Name <you@example.org>", "Anna Nowak <anna@acme-post.net>")
    for name, fact in scenario.facts.items():
        value = {"datetime": "2026-11-19T09:12:00Z", "text": '"Our own"'}.get(fact.type.value, '"We did it ourselves."')
        text = text.replace(f'\n{name} = ""', f"\n{name} = {value}")
    Path("acme/campaign.toml").write_text(text, encoding="utf-8")
    found = look()
    assert found.sendable, found.groups


def test_the_tables_are_those_of_the_languages_that_occur() -> None:
    rows = [[f"a{n}@b.net", language] for n, language in enumerate(["lv", "sv", "et-EE", "", "LV", "Klingon"])]
    made = begin(table(["email", "Lang"], *rows))
    assert made.languages == ("lv", "en", "et")
    incident = tomllib.loads(written())["incident"]
    assert {name for name, value in incident.items() if isinstance(value, dict)} == {"lv", "en", "et"}


def test_a_file_that_says_no_language_gets_the_fallback_alone() -> None:
    assert begin("email\na@b.net\n").languages == ("en",)
    assert "No column says the customers' language" in written()


@pytest.mark.parametrize(
    ("header", "cells", "languages"),
    [
        ("lang", ["pl", "pl", "lv", ""], ["pl", "en"]),  # who names none probably is as most are
        ("lang", ["en", "en", "pl"], ["en"]),
        ("lang", ["pl", "pl", "sv"], ["en"]),  # who reads Swedish rather reads English than Polish
        ("lang", ["", ""], ["en"]),
        ("country", ["PL", "pl", "SE"], ["pl", "en"]),
        ("country", ["PL", "LV"], ["en"]),  # none of more than half
        ("country", ["SE", "SE", "PL"], ["en"]),  # there is no letter in Swedish
        ("country", ["Poland", ""], ["en"]),
    ],
)
def test_the_fallback_is_what_the_file_shows_and_then_english(
    header: str, cells: list[str], languages: list[str]
) -> None:
    begin(table(["email", header], *([f"a{n}@b.net", cell] for n, cell in enumerate(cells))))
    assert tomllib.loads(written())["languages"] == languages
    assert ("that of most rows' countries" in written()) is (header == "country" and languages[0] == "pl")


def test_a_language_that_rows_name_comes_before_those_of_their_countries() -> None:
    begin("email,lang,country\na@b.net,lv,PL\nb@b.net,,PL\n")
    assert tomllib.loads(written())["languages"] == ["lv", "en"]


def test_a_legal_pack_is_announced() -> None:
    begin("email\na@b.net\n", template="product-recall")
    assert "legal pack gpsr-36 applies" in written()


# Matching


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        (
            ["E-mail", "Customer Name", "Preferred language", "TZ", "customerId"],
            "address name language time_zone key",
        ),
        (
            ["adres e-mail", "Imię i nazwisko", "JĘZYK", "Kraj", "Nr klienta", "Płeć"],
            "address name language country key gender",
        ),
        (["email", "Ad Soyad"], "address name"),
        (["email", "Họ và tên"], "address name"),
        (["email", "氏名"], "address name"),
        (["email", "الاسم"], "address name"),
        (["Эл. почта", "ФИО", "Язык", "Пол", "Номер клиента"], "address name language gender key"),
        (
            ["Ηλεκτρονική διεύθυνση", "Ονοματεπώνυμο", "Γλώσσα", "Φύλο", "Κωδικός πελάτη"],
            "address name language gender key",
        ),
        (["e-posti aadress", "Nimi", "Keel", "kliendi nr", "Riik", "Sugu"], "address name language key country gender"),
        (["E-pasta adrese", "Vārds, uzvārds", "Valoda", "Klienta Nr.", "Dzimums"], "address name language key gender"),
        (
            ["E-Mail-Adresse", "Name", "Sprache", "Kundennummer", "Firma", "Ort", "PLZ", "Straße"],
            "address name language key company city postcode street",
        ),
    ],
)
def test_names_in_many_languages(header: list[str], roles: str) -> None:
    told = match(header, {})
    assert {each.role: each.column for each in told.found} == dict(zip(roles.split(), header, strict=True))
    assert told.doubts == ()


@pytest.mark.parametrize(
    ("cells", "found", "doubt"),
    [
        ({"email": ["x", "y"]}, {}, "that is no address"),
        ({"email": ["x", "y"], "Kontakt": ["a@b.net", "c@d.net"]}, {"address": "Kontakt"}, ""),
        ({"a": ["a@b.net"], "b": ["c@d.net"]}, {}, "Several columns hold addresses"),
        ({"Mail": ["a@b.net"], "E-mail": ["c@d.net"]}, {}, "More than one column"),
        ({"email": ["a@b.net"], "E-mail": ["c@d.net"]}, {"address": "email"}, ""),
        ({"email": ["a@b.net"], "email sent": ["yes"]}, {"address": "email"}, ""),
        ({"email": ["a@b.net"], "sprache": ["Klingon"]}, {"address": "email"}, "“Klingon” stands in it"),
        ({"email": ["a@b.net"], "sprache": ["Deutsch"]}, {"address": "email", "language": "sprache"}, ""),
        ({"email": ["a@b.net"], "plec": ["K"]}, {"address": "email", "gender": "plec"}, ""),
        ({"email": ["a@b.net"], "Anrede": ["Frau", "Firma", "Familie"]}, {"address": "email"}, "words such as Frau"),
        ({"email": ["a@b.net"], "Title": ["Director"]}, {"address": "email"}, ""),
        ({"email": ["a@b.net"], "country": ["Poland"]}, {"address": "email", "country": "country"}, ""),
        ({"email": ["a@b.net"], "country": ["Atlantis"]}, {"address": "email"}, "names such as Poland"),
        ({"email": ["a@b.net"], "tz": ["CET+1"]}, {"address": "email"}, "Europe/Warsaw"),
        ({"email": ["a@b.net", "c@d.net"], "id": ["7", ""]}, {"address": "email"}, "not every row"),
        (
            {"email": ["a@b.net"], "nazwisko": ["Nowak"], "imie": ["Jan"]},
            {"address": "email", "name": "imie, nazwisko"},
            "",
        ),
        ({"email": ["a@b.net"], "first name": ["Jan"]}, {"address": "email"}, "a part of a name"),
        ({"email": ["a@b.net"], "имя": ["Олег"]}, {"address": "email", "name": "имя"}, ""),
        (
            {"email": ["a@b.net"], "имя": ["Олег"], "фамилия": ["Петров"]},
            {"address": "email", "name": "имя, фамилия"},
            "",
        ),
        ({"E-mail 2": ["a@b.net"], "E-mail 1": [""]}, {"address": "E-mail 1, E-mail 2"}, ""),
        ({"E-Mail 2": ["a@b.net"], "Kunden-E-Mail": ["c@d.net"]}, {"address": "Kunden-E-Mail, E-Mail 2"}, ""),
        ({"Agent email": ["a@b.net"], "Customer contact email": ["c@d.net"]}, {}, "More than one column"),
        ({"Ansprechpartner": ["a@b.net"]}, {"address": "Ansprechpartner"}, ""),
        ({"company name": ["A"], "file name": ["B"]}, {"company": "company name"}, ""),
    ],
)
def test_what_is_not_certain_is_said_and_left(cells: dict[str, list[str]], found: dict[str, str], doubt: str) -> None:
    told = match(list(cells), cells)
    assert {each.role: each.column for each in told.found} == found
    assert bool(told.doubts) == bool(doubt)
    assert doubt in " ".join(each.why for each in told.doubts)


def test_a_few_bad_cells_do_not_hide_what_a_column_is() -> None:
    told = match(["email", "lang"], {"email": ["a@b.net", "x"], "lang": ["pl", "pl", "Elvish"]})
    assert [each.role for each in told.found] == ["address", "language"]
    assert "“Elvish” stands in it" in told.found[1].why


def test_what_cannot_be_seen_in_a_cell_is_an_escape() -> None:
    begin(table(["email", "lang"], ["a@b.net", "pl"], ["c@d.net", "p\x1bl"]))
    assert "p\\x1bl" in written()
    read_campaign(Path("acme"))


def test_doubts_are_comments_of_the_file() -> None:
    begin(table(["Mail", "E-mail", "first name"], ["a@b.net", "c@d.net", "Jan"]))
    assert '# address = "Mail"\n# address = "E-mail"\n' in written()
    assert '# name = "first name"' in written()
    assert tomllib.loads(written())["columns"] == {}


@pytest.mark.parametrize(
    ("name", "same"), [("customerId", "customer id"), ("Łódź-Ä", "lodz a"), ("  ", ""), ("ID", "id")]
)
def test_spellings_of_one_name(name: str, same: str) -> None:
    assert plain(name) == same


# Columns of the letter, and types


def test_the_letters_columns_and_their_types() -> None:
    begin("email,minutes_down,plan\na@b.net,12,pro\n")
    text = written()
    assert tomllib.loads(text)["types"] == {"minutes_down": "int"}
    assert "The letters can show 'minutes_down'." in text
    assert "Nothing uses 'plan'." in text


@pytest.mark.parametrize(
    "header", ["Minutes Down", "Downtime (min)", "Ausfallzeit in Minuten", "Простой, мин", "downtime_min"]
)
def test_a_column_of_the_letters_is_named_as_it_is(header: str) -> None:
    made = begin(f'email,"{header}"\na@b.net,12\n')
    settings = tomllib.loads(written())
    assert settings["columns"]["minutes_down"] == header
    assert settings["types"] == {"minutes_down": "int"}
    assert made.shown == (f"minutes_down ({header})",)
    assert not findings("value-invalid")


@pytest.mark.parametrize("cells", ["2 h", "-"])
def test_a_column_whose_cells_are_not_of_the_letters_type_is_a_comment(cells: str) -> None:
    begin(f"email,Downtime (min)\na@b.net,{cells}\n")
    assert '# minutes_down = "Downtime (min)"' in written()
    assert "minutes_down" not in tomllib.loads(written())["columns"]


def test_hours_are_not_taken_for_minutes() -> None:
    assert "minutes_down" not in begin("email,Downtime (h),Downtime\na@b.net,2,120\n").shown


def test_cells_that_are_not_of_the_letters_type_are_shown() -> None:
    begin('email,minutes_down\na@b.net,"12,5"\n')
    assert "such as '12,5'" in written()


def test_types_are_proposed_where_all_cells_agree() -> None:
    rows = [["a@b.net", "7", "7.5", "2026-11-20", "2026-11-20T09:12Z", "00123", "+48 22", "7", "x y", "tak", "f"]]
    rows += [["b@b.net", "12", "8", "2026-11-21", "2026-11-20T09:12Z", "00124", "+48 23", "", "z", "NIE", "f"]]
    header = ["email", "whole", "part", "day", "at", "account number 2", "tel", "some holes", "words", "vip", "sex"]
    begin(table(header, *rows))
    proposed = [line for line in written().splitlines() if "its cells look like it" in line]
    assert [line.partition("  #")[0] for line in proposed] == [
        '# whole = "int"',
        '# part = "decimal"',
        '# day = "date"',
        '# at = "datetime"',
        '# "some holes" = "int"',
        '# vip = "bool"',
    ]


def test_column_names_that_stand_there_again_hide_no_type() -> None:
    made = begin("sep=;\nemail;name;vip;\n a@b.net;Ann;tak;\nemail;name;vip;\nb@b.net;Bo;NIE;\n;;;\n")
    assert parts(made) == {"address": "email", "name": "name"}
    assert '# vip = "bool"  # its cells look like it: tak, NIE' in written()


# Files as they come


@pytest.mark.parametrize(
    ("text", "encoding", "delimiter"),
    [
        (b"email;name\na@b.net;Ann\n", "utf-8", ";"),
        ("email\tname\na@b.net\tBērziņš\n".encode("utf-16"), "utf-16", "\t"),
        ("\ufeffemail,name\r\na@b.net,Ann\r\n".encode(), "utf-8-sig", ","),
    ],
)
def test_the_format_of_the_file_is_reported(text: bytes, encoding: str, delimiter: str) -> None:
    made = begin(text)
    assert parts(made) == {"address": "email", "name": "name"}
    assert f"# encoding = {toml(encoding)}\n# delimiter = {toml(delimiter)}" in written()
    assert look().letters == 1


def test_a_guessed_encoding_is_marked_as_a_guess() -> None:
    made = begin("email,name,city\na@b.net,Jānis Bērziņš,Rīga\nc@d.net,Līga Kļaviņa,Liepāja\n".encode("cp1257"))
    assert made.trouble
    assert "The file needs mending" in written()
    read_campaign(Path("acme"))


def test_excel(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["E-mail", "Imię i nazwisko", "minutes_down"])
    sheet.append(["a@b.net", "Jan", 12])
    book.save(tmp_path / "b.xlsx")
    made = init("acme", "service-outage", Path("b.xlsx"))
    assert parts(made) == {"address": "E-mail", "name": "Imię i nazwisko"}
    assert look().letters == 1


def test_blanks_and_quotes_in_names() -> None:
    made = begin(table([" e-mail ", 'so "called"', "# no remark", "a = 1"], ["a@b.net", "1", "2", "3"]))
    assert parts(made) == {"address": "e-mail"}
    assert look().letters == 1


def test_a_hundred_columns() -> None:
    header = ["email", *(f"column {n}" for n in range(99))]
    made = begin(table(header, ["a@b.net", *(str(n) for n in range(99))]))
    assert len(made.unused) == 99
    assert "and 59 more" in written().replace("\n# ", " ")
    assert all(len(line) <= 120 for line in written().splitlines())
    read_campaign(Path("acme"))


def test_no_rows() -> None:
    begin("email,language\n")
    assert "there are no rows" in " ".join(written().replace("\n# ", " ").split())
    assert "empty-plan" in {group.code for group in look().groups}


def test_an_error_far_down_is_reported_and_the_folder_is_made() -> None:
    rows = "".join(f"a{n}@b.net,en\n" for n in range(FIRST_ROWS + 5))
    made = begin(f'email,language\n{rows}b@b.net,"open\n')
    assert "double quote opens here" in made.trouble
    assert parts(made) == {"address": "email", "language": "language"}
    read_campaign(Path("acme"))


@pytest.mark.parametrize(
    ("text", "problem"), [("email,email\n", "more than one column"), ("email,,name\n", "has no name"), ("", "is empty")]
)
def test_a_header_that_cannot_be_used_leaves_nothing_behind(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        begin(text)
    assert not Path("acme").exists()


def test_what_is_there_is_left_alone_and_what_is_not_is_named() -> None:
    begin("email\na@b.net\n")
    before = written()
    with pytest.raises(OutputError, match="exists already"):
        begin("email\na@b.net\n")
    assert written() == before
    with pytest.raises(TemplateError, match="did you mean `service-outage`"):
        begin("email\n", template="servce-outage")


def test_the_language_is_counted_in_all_rows(tmp_path: Path) -> None:
    rows = [["a@b.net", "pl"]] * (FIRST_ROWS + 1) + [["a@b.net", "lv"]]
    (tmp_path / "a.csv").write_text(table(["email", "lang"], *rows), encoding="utf-8")
    assert survey(tmp_path / "a.csv", {}).languages == {"pl": FIRST_ROWS + 1, "lv": 1}


# Anything


names = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names, st.lists(st.lists(st.text(max_size=12), min_size=6, max_size=6), max_size=4))
def test_whatever_the_file_holds_the_campaign_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = table(header, *(row[: len(header)] for row in rows))
    (folder / "a.csv").write_bytes(text.encode("utf-8", "replace"))
    try:
        name = folder / "made"
        survey(folder / "a.csv", {})
    except InputError:
        return  # which header is refused is tested elsewhere
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        init(name.name, "service-outage", Path("a.csv"))
    assert read_campaign(name).recipients == "a.csv"


@given(st.text())
def test_any_text_is_a_value_a_key_and_a_remark(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"{toml_key(text)} = {toml(text)}") == {text: text}
    assert tomllib.loads("\n".join(remark(text))) == {}
