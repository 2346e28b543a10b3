"""Branded letters and letterheads: what stands around a letter, and what is left out where it is not known."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from formal_campaign import BRAND, CELLS, DATE, HEADER, delivery, make_writer, parts, png, write_folder
from hypothesis import given
from hypothesis import strategies as st
from letter_files import inner_html, letter

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError, InputError, TemplateError
from mass_apology.letter.brand import BLACK, WHITE, contrast, ink_on
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.model import Content
from mass_apology.settings import numbered

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("formal"))


def written(folder: Path, language: str = "en", cells: dict[str, str] = CELLS, **changes: Any) -> Content:
    return make_writer(folder, **changes).content(delivery(language, cells=cells), date=DATE)


def head(content: Content) -> list[list[str]]:
    """The blocks of lines that stand above the salutation in a letterhead's text."""
    blocks = [block.split("\n") for block in content.text.split("\n\n")]
    return blocks[: next(number for number, block in enumerate(blocks) if re.match("Dear|Labdien", block[0]))]


# Colours


@given(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True))
def test_words_on_any_colour_can_be_read(colour: str) -> None:
    assert ink_on(colour) in {BLACK, WHITE}
    assert contrast(ink_on(colour), colour) >= 4.5


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48  # the well-known grey that just fails
    assert round(contrast("#0000ff", "#ffffff"), 2) == 8.59
    assert (ink_on("#ffffff"), ink_on("#000000"), ink_on("#e0a800")) == (BLACK, WHITE, BLACK)


@pytest.mark.parametrize(("colour", "ink"), [("#e0a800", BLACK), ("#7a1f5a", WHITE)])
def test_the_band_without_a_logo_has_ink_that_can_be_read(folder: Path, colour: str, ink: str) -> None:
    html = written(folder, layout="branded", brand={"colour": colour}).html
    style = re.search(r'class="sign" style="([^"]*)"', html)
    assert style
    assert f"background:{colour}" in style[1]
    assert f"color:{ink}" in style[1]


# The logo


def test_the_logo_goes_along_by_itself_and_only_where_it_is_shown(folder: Path) -> None:
    for layout, shown in (("branded", True), ("letterhead", True), ("plain", False)):
        writer = make_writer(folder, layout=layout)
        assert writer.check([delivery()]).findings == []
        found = parts(writer.write(delivery(), date=DATE, eightbit=True))
        assert ("image/png" in found) is shown
        assert ("cid:brand-logo" in found["text/html"].get_content()) is shown
        if shown:
            assert found["image/png"]["Content-ID"] == "<brand-logo>"
            assert found["image/png"].get_content_disposition() == "inline"


@pytest.mark.parametrize(
    ("size", "shown"), [((300, 90), ("213", "64")), ((2400, 60), ("240", "6")), ((40, 20), ("40", "20"))]
)
def test_the_logo_has_its_size_and_its_words(folder: Path, size: tuple[int, int], shown: tuple[str, str]) -> None:
    name = f"{size[0]}.png"
    (folder / name).write_bytes(png(*size))
    for brand, alt in (({"logo_alt": 'The "Acme" fox'}, "The &#34;Acme&#34; fox"), ({}, "Acme")):
        html = written(folder, layout="branded", brand=BRAND | {"logo": name} | brand).html
        image = re.search(r'<img [^>]*src="cid:brand-logo"[^>]*>', html)
        assert image
        assert f'alt="{alt}"' in image[0].replace("&quot;", "&#34;")
        assert (f'width="{shown[0]}"' in image[0], f'height="{shown[1]}"' in image[0]) == (True, True)


@pytest.mark.parametrize("layout", ["branded", "letterhead"])
def test_a_logo_for_dark_mode_goes_along_and_is_hidden_unless_that_is_asked_for(folder: Path, layout: str) -> None:
    (folder / "dark.png").write_bytes(png(40, 20))
    writer = make_writer(folder, layout=layout, brand=BRAND | {"logo_dark": "dark.png"})
    assert writer.check([delivery()]).findings == []
    message = message_from_bytes(writer.write(delivery(), date=DATE, eightbit=True).data, policy=policy.default)
    images = {
        part["Content-ID"]: part.get_content() for part in message.walk() if part.get_content_type() == "image/png"
    }
    assert images == {
        "<brand-logo>": (folder / "logo.png").read_bytes(),
        "<brand-logo-dark>": (folder / "dark.png").read_bytes(),
    }
    html = writer.content(delivery(), date=DATE).html
    assert re.search(r'<div class="in-dark" style="display:none[^"]*"><img [^>]*src="cid:brand-logo-dark"', html)
    assert re.search(r'<div class="in-light"><img [^>]*src="cid:brand-logo"', html)
    assert 'width="40"' in html
    assert "brand-logo-dark" not in written(folder, layout=layout).html


def test_a_logo_for_dark_mode_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(
        'name = "a"\ntemplate = "t"\nrecipients = "f"\n[sender]\nfrom = "a@b.example"\n'
        '[relay]\nurl = "smtp+plain://127.0.0.1"\n[brand]\nlogo_dark = "dark.png"\n'
    )
    with pytest.raises(CampaignError, match="logo_dark` is set, but"):
        read_campaign(tmp_path)


# Particulars


def test_a_letterhead_says_who_writes_when_under_which_number_and_to_whom(folder: Path) -> None:
    content = written(folder)
    assert head(content) == [
        [
            "Acme sp. z o.o.",
            "ul. Prosta 1",
            "00-838 Warszawa",
            "Registration no. 0000123456",
            "VAT no. PL5250000000",
            "+48 22 555 01 23",
            "office@acme.example",
            "https://acme.example",
        ],
        ["21 November 2026", "Our ref. MA-2026/00017"],  # half past ten in the evening is the next day in Tallinn
        ["Jānis Bērziņš", "Head of Operations", "SIA X", "Brīvības iela 1", "Rīga, LV-1010", "Latvia"],
    ]
    for words in (*BRAND["address"], "MA-2026/00017", "21 November 2026", "Rīga, LV-1010", "We write once."):
        assert words in content.html
    assert content.text.endswith("--\nWe write once.\n")


def test_each_language_has_its_own_words_and_dates(folder: Path) -> None:
    (particulars, dated, addressee) = head(written(folder, "lv"))
    assert "PVN reģ. Nr. PL5250000000" in particulars
    assert dated == ["2026.\u00a0gada 21.\u00a0novembris", "Nr. MA-2026/00017"]
    assert addressee[-1] == "Latvija"
    assert "Rakstām vienreiz." in written(folder, "lv").text


def test_a_language_without_words_has_the_numbers_alone(folder: Path) -> None:
    content = written(folder, "he")
    assert "\n0000123456\nPL5250000000\n" in content.text
    assert "\nMA-2026/00017\n" in content.text
    assert "We write once." not in content.text


@pytest.mark.parametrize("layout", ["branded", "letterhead"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_what_is_not_known_leaves_nothing_behind(folder: Path, layout: str, language: str) -> None:
    bare = {"from": "Anna Kowalska <anna@acme.example>"}
    content = written(folder, language, {"order": "1"}, layout=layout, brand={}, letterhead={}, sender=bare)
    assert "\n\n\n" not in content.text
    assert not re.search(r"<p[^>]*>\s*</p>|<br>\s*(?:<br>|</p>)|<a [^>]*></a>|<bdi></bdi>", content.html)
    assert "cid:" not in content.html
    assert "Anna Kowalska" in re.sub("<[^>]*>", " ", content.html)


@pytest.mark.parametrize("left_out", [*BRAND, "position", "company", "street", "postcode", "city", "country", "name"])
def test_whole_lines_go_when_one_thing_is_missing(folder: Path, left_out: str) -> None:
    brand = {key: value for key, value in BRAND.items() if key != left_out}
    cells = {key: value for key, value in CELLS.items() if key != left_out}
    person = delivery(cells=cells, **({"name": ""} if left_out == "name" else {}))
    for layout in ("branded", "letterhead"):
        content = make_writer(folder, layout=layout, brand=brand).content(person, date=DATE)
        assert not re.search(r"\n\n\n|[ \t]\n|no\. *\n|, *\n{2}Our", content.text)
        assert not re.search(r"<bdi>\s*</bdi>|<p[^>]*>\s*</p>|>\s*<br>\s*<br>", content.html)


# Date and number


def test_the_date_can_be_stated_and_then_nothing_depends_on_the_day(folder: Path) -> None:
    writer = make_writer(folder, letterhead={"date": date(2026, 11, 25)})
    later = rfc5322_date(1_900_000_000)
    assert writer.content(delivery(), date=DATE) == writer.content(delivery(), date=later)
    assert "25 November 2026" in writer.content(delivery()).text


def test_a_letter_differs_from_day_to_day_in_its_date_alone(folder: Path) -> None:
    writer = make_writer(folder)
    same_day = writer.content(delivery(), date="Sat, 21 Nov 2026 21:59:59 +0000")
    next_day = writer.content(delivery(), date="Sat, 21 Nov 2026 22:00:00 +0000")
    assert same_day == writer.content(delivery(), date=DATE)
    assert next_day.text == same_day.text.replace("21 November", "22 November")
    assert next_day.html == same_day.html.replace("21 November", "22 November")


@pytest.mark.parametrize(
    ("pattern", "number", "shown"),
    [("MA-2026/{n:05d}", 17, "MA-2026/00017"), ("{n}", 1, "1"), ("№ {n:03d}-ж", 123456, "№ 123456-ж")],
)
def test_a_number_is_written_as_its_pattern_says(pattern: str, number: int, shown: str) -> None:
    assert numbered(pattern, number) == shown


@given(st.text())
def test_no_pattern_reaches_into_the_program(pattern: str) -> None:
    with suppress(ValueError):
        assert "7" in numbered(pattern, 7)
        assert pattern.count("{") == pattern.count("}") == 1


@pytest.mark.parametrize("pattern", ["MA", "{n}{n}", "{n.__class__}", "{0}", "{m}", "{n:x}", "{n!r}", "{n:99999999d}"])
def test_a_pattern_that_says_no_number_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="which does not say"):
        numbered(pattern, 1)


# The addressee


@pytest.mark.parametrize(
    ("language", "cells", "lines"),
    [
        ("en", {"city": "Warszawa", "postcode": "00-838", "country": "PL"}, ["00-838 Warszawa", "Poland"]),
        ("lv", {"city": "Rīga", "postcode": "LV-1010"}, ["Rīga, LV-1010"]),
        ("lv", {"city": "Tallinn", "postcode": "10111", "country": "ee"}, ["10111 Tallinn", "Igaunija"]),
        ("en", {"city": "London", "postcode": "N1 9GU"}, ["London", "N1 9GU"]),
        ("en", {"city": "Reno", "postcode": "89501", "country": "US"}, ["Reno 89501", "United States"]),
        ("en", {"city": "Bonn", "country": "Germany"}, ["Bonn", "Germany"]),
        ("en", {"postcode": "N1 9GU", "country": "XX"}, ["N1 9GU", "XX"]),
        ("en", {"street": "1 High St"}, ["1 High St"]),
    ],
)
def test_an_address_is_written_as_its_country_does(
    folder: Path, language: str, cells: dict[str, str], lines: list[str]
) -> None:
    assert head(written(folder, language, cells | {"order": "1"}))[-1] == ["Jānis Bērziņš", *lines]


def test_columns_may_have_other_names(folder: Path) -> None:
    columns = {"position": "Stanowisko", "company": "Firma"}
    header = ("email", "order", "Stanowisko", "Firma", "CITY")
    writer = make_writer(folder, header, columns=columns)
    person = delivery(cells={"order": "1", "Stanowisko": "Prezes", "Firma": "X", "CITY": "Łódź"})
    assert head(writer.content(person, date=DATE))[-1] == ["Jānis Bērziņš", "Prezes", "X", "Łódź"]


def test_a_column_that_is_stated_and_missing_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"\[columns\] position .* 'Stanowisko'") as caught:
        make_writer(folder, columns={"position": "Stanowisko"})
    assert caught.value.next_step


def test_nobody_is_greeted_behind_the_letterhead_either(folder: Path) -> None:
    writer = make_writer(folder)
    (finding,) = writer.check([delivery(name="null")]).findings
    assert finding.code == "name-placeholder"
    assert "null" not in writer.content(delivery(name="null"), date=DATE).text


# Layouts of one's own


def test_a_layout_that_misspells_a_name_is_told_so(folder: Path) -> None:
    for code, said in (
        ("brand.color", "`colour`"),
        ("letterhead.nomber", "`number`"),
        ("addressee.adress", "`address`"),
    ):
        (folder / "templates" / "layouts").mkdir(exist_ok=True)
        (folder / "templates" / "layouts" / "own.html").write_text(f"<p>{{{{ {code} }}}}</p>{{{{ body }}}}")
        with pytest.raises(TemplateError, match=said):
            make_writer(folder, layout="own")  # none is made, so none is kept


def test_a_letter_itself_knows_no_letterhead(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="`letterhead` is not a variable"):
        letter(tmp_path, "{{ letterhead.date }}")


# campaign.toml


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[letterhead]\nnumber = "MA"', r"\$\.letterhead\.number.*does not say"),
        ('[letterhead]\npdf_name = "a/b.pdf"', r"\$\.letterhead\.pdf_name"),
        ('[letterhead]\npdf_name = { en = "letter.exe" }', r"\$\.letterhead\.pdf_name"),
        ('[letterhead]\ndate = "soon"', r"\$\.letterhead\.date"),
        ('[brand]\ncolour = "red"', r"\$\.brand\.colour"),
        ("[brand]\ncolor = 1", "color"),
        ("[brand]\naddress = [1]", r"\$\.brand\.address"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_key(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "campaign.toml").write_text(
        'name = "x"\ntemplate = "sorry"\nrecipients = "a.csv"\n[sender]\nfrom = "a@acme.example"\n'
        f'[relay]\nurl = "smtp+plain://127.0.0.1:25"\n{lines}\n'
    )
    with pytest.raises(CampaignError, match=said):
        read_campaign(tmp_path)


# Leftward writing, and what statements leave behind


def test_values_keep_their_direction_in_a_language_that_is_written_leftwards(folder: Path) -> None:
    content = written(folder, "he", layout="plain")
    assert "<bdi>A-17</bdi>" in content.html
    assert "bdi" not in content.text
    assert "\u05d4\u05d4\u05d6\u05de\u05e0\u05d4 A-17" in content.text
    assert 'dir="rtl"' in content.html
    assert "<bdi>A-17</bdi>" not in written(folder, "en", layout="plain").html


@pytest.mark.parametrize(("customer", "shown"), [({}, ""), ({"plan": "pro"}, "<p>P</p>"), ({"note": "n"}, "<p>N</p>")])
def test_a_paragraph_of_conditions_alone_is_there_only_when_one_holds(
    tmp_path: Path, customer: dict[str, str], shown: str
) -> None:
    body = "{% if customer.plan %}P{% endif %} {% if customer.note %}N{% endif %}"
    assert re.sub(r"(?<=>)\s|\s(?=<)", "", inner_html(letter(tmp_path, body, customer=customer))) == shown
    several = letter(tmp_path, f"One.\n\n{body}\n\nTwo.", customer=customer)
    assert several.text == "\n\n".join(filter(None, ["One.", re.sub("<.*?>", "", shown), "Two."])) + "\n"


def test_sentences_of_a_loop_have_a_space_between_them(tmp_path: Path) -> None:
    rows = [{"order": "1", "plan": "a"}, {"order": "2"}, {"order": "3"}]
    body = "Late:\n{% for row in rows %}\nOrder {{ row.order }} is late.\n{% endfor %}"
    content = letter(tmp_path, body, rows=rows)
    said = "Late: Order 1 is late. Order 2 is late. Order 3 is late."
    assert content.text == f"{said}\n"
    assert " ".join(re.sub("<.*?>", "", inner_html(content)).split()) == said
    inner = "{% for row in rows %}\n{% if row.plan %}\nOrder {{ row.order }} is late.\n{% endif %}\n{% endfor %}"
    assert letter(tmp_path, f"Late:\n{inner}\nBye.", rows=rows).text == "Late: Order 1 is late. Bye.\n"


def test_the_header_of_the_test_campaign_has_every_cell() -> None:
    assert set(json.loads(delivery().rows)[0]) <= set(HEADER)


@pytest.mark.parametrize("name", ["SIA Bērzs", "sia  bērzs"])
def test_a_company_that_stands_for_the_name_is_printed_once(folder: Path, name: str) -> None:
    cells = CELLS | {"position": "", "company": "SIA Bērzs"}
    writer = make_writer(folder)
    text = writer.content(delivery(cells=cells, name=name), date=DATE).text
    assert text.count("SIA Bērzs") == 1
    assert "Jānis Bērziņš\nSIA Bērzs\n" in writer.content(delivery(cells=cells), date=DATE).text
