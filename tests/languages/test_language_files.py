"""A language that nobody has shipped: one file, and its letters are whole."""

from __future__ import annotations

import importlib
import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import fields

from mass_apology.errors import CampaignError
from mass_apology.languages import SHIPPED, Language, language, read_languages
from mass_apology.languages.registry import Languages, found_in
from mass_apology.letter.inspecting.undescribed import undescribed_findings
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery, Severity
from mass_apology.settings import Campaign

MADE_UP = """
locale = "sv"                     # qaa is for private use: CLDR does not know it
country = "GB"
space = " "

[salutations]
named = { any = "Ave, {name}!", f = "Ave, domina {name}!" }
unnamed = { any = "Avete!" }

[days]
on_day = "die {}"
on_date = "die {} anno"
on_first = "die prima{}"
months = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]

[durations]
words = { timmar = "horae" }
lasting = { horae = "horas" }

[spans]
days = "a die {day} ad diem {to_day}"
times = "ab {time} ad {to_time}"
moments = "a die {day}, {time}, ad diem {to_day}, {to_time}"
since_day = "ex die {day}"
since_moment = "ex die {day}, {time}"
until_day = "ad diem {to_day}"
until_moment = "ad diem {to_day}, {to_time}"
months = ["ia", "iia", "iiia", "iva", "va", "via", "viia", "viiia", "ixa", "xa", "xia", "xiia"]
dated = "{} anno"

[labels]
registration = "Reg. {}"
vat = "Vect. {}"
outgoing = "Num. {}"

[bonds]
to_next = "et"
"""
LETTER = """Subject: Culpa

{{ salutation }}

Machina {{ incident.started_at | on_date }} et
{{ incident.ended_at | on_date }} et {{ incident.minutes | lasting }} stetit,
{{ incident.started_at | from_to(incident.ended_at) }}.
"""
IN_PYTHON = """from mass_apology.languages.language import Greetings, Language, Salutations

LANGUAGE = Language(
    code="qab",
    salutations=Salutations(named=Greetings(any="Hoi {name},"), unnamed=Greetings(any="Hoi,")),
)
"""


def campaign_folder(folder: Path, letter: str = "qaa", **described: str) -> Path:
    (folder / "templates/sorry").mkdir(parents=True)
    (folder / "languages").mkdir()
    (folder / f"templates/sorry/{letter}.md").write_text(LETTER, encoding="utf-8")
    for code, text in described.items():
        (folder / f"languages/{code}.toml").write_text(text, encoding="utf-8")
    return folder


def writer_in(folder: Path) -> Writer:
    settings = {
        "name": "formal",
        "template": "sorry",
        "recipients": "affected.csv",
        "layout": "letterhead",
        "sender": {"from": "Anna Kowalska <anna@acme.example>", "company": "Acme"},
        "relay": {"url": "smtp+plain://127.0.0.1:25"},
        "brand": {"registration_number": "0000123456", "vat_number": "PL5250000000"},
        "letterhead": {"number": "MA-{n:03d}"},
        "incident": {
            "started_at": date(2026, 3, 1),
            "ended_at": date(2026, 11, 20),
            "minutes": 192,
        },
    }
    campaign = msgspec.convert(settings, Campaign)
    directories = (folder / "templates", shipped_templates())
    return Writer(campaign, folder=folder, directories=directories, header=("email", "name", "postcode", "city"))


def letter_to(folder: Path, code: str, name: str = "Ann Lee") -> str:
    rows = '[{"postcode": "0123", "city": "Roma"}]'
    whom = Delivery(
        id=1,
        address="ann@x.example",
        name=name,
        language=code,
        time_zone="",
        lines="[2]",
        rows=rows,
        message_id="<1@acme.example>",
        number=17,
    )
    return writer_in(folder).content(whom, date="Fri, 20 Nov 2026 22:30:00 +0000").text


def test_one_file_gives_a_made_up_language_a_whole_letter(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, qaa=MADE_UP)
    text = letter_to(folder, "qaa")
    assert "Ave, Ann Lee!" in text
    flowing = text.replace("\n", " ")
    assert "Machina die prima iii 2026 et\u00a0die 20 xi 2026 anno et\u00a03 horas och 12 minuter stetit" in flowing
    assert "stetit, a die 1 iiia ad diem 20 november 2026 anno." in flowing
    assert all(label in text for label in ("Reg. 0000123456", "Vect. PL5250000000", "Num. MA-017"))
    assert "Roma\n0123" in text
    assert "Avete!" in letter_to(folder, "qaa", name="")
    assert writer_in(folder).language_findings(["qaa"]) == []


def test_without_the_file_the_same_letter_lacks_it_all_and_check_says_so(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, letter="sv")
    text = letter_to(folder, "sv").replace("\u00a0", " ")
    assert "\nAnn Lee,\n" in text
    assert (
        "Machina 1 mars 2026 et 20 november 2026 et 3 timmar och 12 minuter stetit, 1 mars – 20 november 2026."
        in " ".join(text.split())
    )
    (finding,) = writer_in(folder).language_findings(["sv"])
    assert (finding.code, finding.severity, finding.where) == ("language-lacks", Severity.WARNING, "languages/sv.toml")
    assert "`salutations`, `days`, `durations`, `spans`, `labels`, `bonds`, `country`" in finding.problem


def test_only_fields_that_are_not_given_are_lacking(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, letter="sv", sv='country = ""\n[bonds]\n[durations]\n[days]\n')
    assert read_languages(folder)["sv"].lacks == ("salutations", "spans", "labels")
    assert list(undescribed_findings(SHIPPED, [each.code for each in SHIPPED])) == []


def test_a_file_changes_fields_of_a_shipped_language_and_keeps_the_others(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, letter="en", en='locale = "en_US"\n')
    own = read_languages(folder)["en"]
    assert own == msgspec.structs.replace(SHIPPED["en"], locale="en_US")
    assert "on November 20, 2026 " in letter_to(folder, "en").replace("\n", " ")
    assert [each.code for each in read_languages(folder)] == [each.code for each in SHIPPED]


def test_other_words_for_a_greeting_keep_the_languages_rule_for_names(tmp_path: Path) -> None:
    salutations = '[salutations]\nnamed = { any = "Sveiki, {name}!" }\nunnamed = { any = "Sveiki!" }\n'
    folder = campaign_folder(tmp_path, letter="lv", lv=salutations)
    assert "Sveiki, Jāni Bērziņ!" in letter_to(folder, "lv", name="Jānis Bērziņš")
    assert "Sveiki!" in letter_to(folder, "lv", name="Jonas Kronītis")  # whose vocative is not certain


def test_other_words_for_a_greeting_keep_that_names_tell_the_gender(tmp_path: Path) -> None:
    salutations = '[salutations]\nnamed = { f = "Καλή {name}," , m = "Καλέ {name}," }\nunnamed = { any = "Γεια," }\n'
    folder = campaign_folder(tmp_path, letter="el", el=salutations)
    assert "Καλέ Νίκο Παπαδόπουλε," in letter_to(folder, "el", name="Νίκος Παπαδόπουλος")


def test_a_python_file_is_found_and_no_list_is_extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somewhere_else"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "qab.py").write_text(IN_PYTHON)
    (package / "vocative_rules.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    found = Languages(found_in(importlib.import_module("somewhere_else")))
    assert [each.code for each in found] == ["qab"]
    assert found["qab"].salutations is not None
    assert found["qab"].lacks == ("days", "durations", "spans", "labels", "bonds", "country")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("greeting = 1", "`$.greeting` is no key"),
        ('code = "de"', "`$.code` is the name of the file"),
        ("[salutations]\ngender_by_name = true", "`$.salutations.gender_by_name`"),
        ("[reading]\nyes = ['ja']", "`$.reading` holds words that the program reads in any campaign"),
        ("country = 7", "$.country"),
        ('country = "Deutschland"', "no country's code"),
        ('space = "_"', "`space` is a space"),
        ("[salutations]\nnamed = {}", "unnamed"),
        ('[salutations]\nnamed = {}\nunnamed = { f = "Frau" }', "`unnamed` needs a line `any`"),
        ('[salutations]\nnamed = { any = "{nme}" }\nunnamed = { any = "x" }', "only `{name}` may stand in braces"),
        ('[salutations]\nnamed = { any = "a\\nb" }\nunnamed = { any = "x" }', "holds a line end"),
        ('[salutations]\nnamed = {}\nunnamed = { any = "x" }\ncalled = "x"', "`$.salutations.called`"),
        ('[days]\non_day = "am"', "`on_day` is 'am', and needs the place `{}` once"),
        ('[days]\nmonths = ["Jan"]', "`months` holds twelve months"),
        ('[days]\nwords = { "" = "x" }', "an empty word"),
        ('[labels]\nregistration = "Reg"\nvat = "{}"\noutgoing = "{}"', "`registration` is 'Reg'"),
        ("[labels]\n", "registration"),
        ("[days", "the bracket of a table's name is not closed"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    folder = campaign_folder(tmp_path, de=text, sv="country = 1")
    with pytest.raises(CampaignError) as caught:
        read_languages(folder)
    assert problem in caught.value.problem
    assert f"{folder / 'languages/de.toml'}: " in caught.value.problem
    assert "sv.toml" in caught.value.problem  # all at once
    assert "docs/languages.md" in caught.value.next_step


def test_a_file_is_named_after_a_code(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"German\.toml: it is not named after a language's code"):
        read_languages(campaign_folder(tmp_path, German=""))


PAGE = (Path(__file__).parents[2] / "docs/languages.md").read_text(encoding="utf-8")


def test_every_field_and_the_finding_are_documented(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `([a-z_-]+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted({each.name for each in fields(Language)} - {"code"} | {"language-lacks"})
    parts = (
        language.Salutations,
        language.Clock,
        language.Days,
        language.Durations,
        language.Labels,
        language.Bonds,
        language.Greetings,
    )
    assert all(
        f"`{each.name}`" in PAGE or each.name in {"called", "gender_by_name"} for part in parts for each in fields(part)
    )


def test_the_example_of_the_page_is_a_language_that_lacks_nothing(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    folder = campaign_folder(tmp_path, letter="da", da=example)
    assert read_languages(folder)["da"].lacks == ()
    assert "den 20. november" in letter_to(folder, "da").replace("\u00a0", " ").replace("\n", " ")
    assert "Kære Ann Lee," in letter_to(folder, "da")
