"""A letter on paper: what it says, that values are only ever text, and that the same letter has the same octets."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
from datetime import date
from functools import partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from formal_campaign import CELLS, DATE, HEADER, SETTINGS, delivery, make_writer, parts, png, write_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from mass_apology.errors import MessageError
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.pdf.pdf_blocks import (
    Block,
    Run,
    read_blocks,
    words,
)
from mass_apology.letter.pdf.typesetting import Sheet, Typesetter
from mass_apology.letter.render_pool import RenderPool
from mass_apology.letter.template_files import shipped_templates
from mass_apology.settings import Campaign

pytestmark = pytest.mark.slow

PAPER = {"number": "MA-2026/{n:05d}", "pdf": True, "pdf_name": {"lv": "vēstule.pdf"}}
NASTY = [
    "#panic()",
    "*bold* _it_ `code` $x$ @ref <label> = Heading",
    '") #read("/etc/passwd") ("',
    "\\u{41} \\ \\n",
    "[link](http://evil.example)",
    "// comment /* */",
    '{"json": 1}',
    "<b>O'Neil & Sons</b>",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="module")
def writer(folder: Path) -> Writer:
    return make_writer(folder, letterhead=PAPER)


def pdf(writer: Writer, language: str = "en", **changes: Any) -> bytes:
    message = writer.write(delivery(language, **changes), date=DATE, eightbit=True)
    data: bytes = parts(message)["application/pdf"].get_content()
    return data


def pages(data: bytes) -> list[str]:
    """The text of each page, each word after one blank."""
    reader = pytest.importorskip("pypdf").PdfReader(BytesIO(data))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def sheet(**changes: Any) -> Sheet:
    whole: dict[str, Any] = {
        "language": "en",
        "direction": "ltr",
        "title": "Sorry",
        "author": "Acme",
        "day": date(2026, 11, 20),
        "company": "Acme",
        "particulars": (),
        "colour": "#7a1f5a",
        "logo": "",
        "logo_alt": "",
        "date": "20 November 2026",
        "number": "",
        "addressee": (),
        "blocks": (Block(kind="paragraph", runs=(Run(text="We are sorry."),)),),
    }
    return Sheet(**(whole | changes))


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter({"sign": png(60, 20)}, None)


# In the message


def test_each_letter_goes_along_as_a_pdf_of_its_own(folder: Path) -> None:
    (folder / "terms.txt").write_text("terms")
    writer = make_writer(folder, letterhead=PAPER, message={"attachments": ["terms.txt"]})
    for language, name in (("en", "letter.pdf"), ("lv", "vēstule.pdf"), ("he", "letter.pdf")):
        for eightbit in (True, False):
            found = parts(writer.write(delivery(language), date=DATE, eightbit=eightbit))
            assert list(found) == [
                *("multipart/mixed", "multipart/alternative", "text/plain"),
                *("multipart/related", "text/html", "image/png", "application/pdf"),
            ] or list(found)[-2:] == ["application/pdf", "text/plain"]
            enclosed = found["application/pdf"]
            assert (enclosed.get_filename(), enclosed.get_content_disposition()) == (name, "attachment")
            assert enclosed.get_content().startswith(b"%PDF-1.7")
            names = [part.get_filename() for part in found["multipart/mixed"].iter_attachments()]
            assert names == [name, "terms.txt"]


def test_it_says_what_the_letter_says(writer: Writer) -> None:
    (page,) = pages(pdf(writer))
    order = ("Acme sp. z o.o.", "VAT no. PL5250000000", "21 November 2026", "Our ref. MA-2026/00017", "Jānis Bērziņš")
    told = (
        *order,
        "Head of Operations",
        "Rīga, LV-1010",
        "Dear Jānis Bērziņš,",
        "Order A-17 is late.",
        "Anna Kowalska",
    )
    assert [page.find(words) for words in told] == sorted(page.find(words) for words in told)
    assert page.find(told[0]) >= 0
    (latvian,) = pages(pdf(writer, "lv"))
    assert "Pasūtījums A-17 kavējas." in latvian
    assert "2026. gada 21. novembris" in latvian


@pytest.mark.parametrize("nasty", NASTY)
def test_a_value_is_text_and_never_code(writer: Writer, nasty: str) -> None:
    person = {"cells": CELLS | {"order": nasty, "position": nasty, "company": nasty}}
    (page,) = pages(pdf(writer, **person))
    assert page.replace(" ", "").count(nasty.replace(" ", "")) == 3  # twice above the letter, and once in it


def test_a_value_is_no_link(writer: Writer) -> None:
    reader = pytest.importorskip("pypdf").PdfReader(BytesIO(pdf(writer, name="https://evil.example")))
    assert "/Annots" not in reader.pages[0]


# The same letter, the same octets


def test_a_process_of_its_own_makes_the_same_octets(folder: Path) -> None:
    campaign = msgspec.convert(SETTINGS | {"letterhead": PAPER}, Campaign)
    directories = (folder / "templates", shipped_templates())
    recipe = partial(Writer, campaign, folder=folder, directories=directories, header=HEADER)

    async def write() -> list[bytes]:
        async with RenderPool(recipe, processes=1) as render_pool:
            return [each.data for each in await render_pool.write([delivery(), delivery("he")], now=1e9, eightbit=True)]

    first = asyncio.run(write())
    assert first == asyncio.run(write())
    assert first[0] == recipe().write(delivery(), date="Sun, 09 Sep 2001 01:46:40 +0000", eightbit=True).data


def test_another_letter_between_changes_nothing(writer: Writer) -> None:
    before = pdf(writer)
    assert pdf(writer, name="Somebody Else") != before
    assert pdf(writer) == before


# What cannot be


def test_a_character_that_no_font_has_is_found_before_anything_is_sent(writer: Writer) -> None:
    many = [delivery(id=each, name=f"Ann {each}") for each in range(100)]
    assert writer.check(many).findings == []
    (finding,) = writer.check([*many, delivery(name="Ann 漢")]).findings
    assert finding.code == "letter-fails"
    assert "漢" in finding.problem
    assert "pdf_fonts" in finding.advice
    with pytest.raises(MessageError, match="漢"):
        writer.write(delivery(cells=CELLS | {"order": "漢"}), date=DATE, eightbit=True)


def test_a_folder_of_fonts_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(MessageError, match="no folder 'fonts'"):
        make_writer(folder, letterhead=PAPER | {"pdf_fonts": "fonts"})
    (folder / "none").mkdir()
    assert pdf(make_writer(folder, letterhead=PAPER | {"pdf_fonts": "none"}))


def test_without_the_extra_there_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MessageError, match="needs the extra `letter`") as caught:
        make_writer(folder, letterhead=PAPER, name="without")
    assert "with its extra `letter`" in caught.value.next_step
    assert make_writer(folder, name="without").check([delivery()]).findings == []


def test_any_layout_can_go_along_as_a_pdf(folder: Path) -> None:
    writer = make_writer(folder, layout="plain", letterhead=PAPER)
    (page,) = pages(pdf(writer))
    assert "Our ref. MA-2026/00017" in page
    assert writer.check([delivery()]).findings == []


def test_the_folder_for_the_source_and_the_pictures_goes_with_the_typesetter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Typesetter({"sign": png(9, 9)}, None)
    (folder,) = tmp_path.iterdir()
    assert sorted(each.name for each in folder.rglob("*")) == ["letter.typ", "pictures", "sign"]
    del made
    gc.collect()
    assert list(tmp_path.iterdir()) == []


# The paper


def test_it_is_tagged_and_says_its_language_and_title(writer: Writer) -> None:
    reader = pytest.importorskip("pypdf").PdfReader(BytesIO(pdf(writer, "lv")))
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("lv", True)
    assert reader.metadata.title == "Atvainojamies"
    assert reader.metadata.author == "Acme sp. z o.o."
    assert reader.metadata.creation_date_raw == "D:20261121000000Z"
    assert b"pdfuaid:part" in reader.xmp_metadata.stream.get_data()
    assert [round(float(side)) for side in reader.pages[0].mediabox] == [0, 0, 595, 842]  # A4


def _left_edge(typesetter: Typesetter, **changes: Any) -> float:
    """Where the leftmost line begins, in points."""
    reader = pytest.importorskip("pypdf").PdfReader(BytesIO(typesetter.pdf(sheet(**changes))))
    lefts: list[float] = []

    def visit(text: str, user: list[float], matrix: list[float], _font: Any, _size: Any) -> None:
        if text.strip():
            lefts.append(user[0] * matrix[4] + user[4])

    reader.pages[0].extract_text(visitor_text=visit)
    return min(lefts)


def test_margins_are_three_centimetres_and_one_and_a_half(typesetter: Typesetter) -> None:
    centimetre = 72 / 2.54
    long = (Block(kind="paragraph", runs=(Run(text="We are sorry. " * 60),)),)
    assert _left_edge(typesetter, blocks=long) == pytest.approx(3 * centimetre, abs=1)
    leftwards = _left_edge(typesetter, blocks=long, language="he", direction="rtl")
    assert 1.5 * centimetre - 1 <= leftwards < 3 * centimetre


@pytest.mark.parametrize("size", [(60, 20), (20, 60), (900, 30)])
def test_the_logo_begins_where_the_words_do(size: tuple[int, int]) -> None:
    made = Typesetter({"sign": png(*size)}, None).pdf(sheet(logo="sign", logo_alt="Acme"))
    lefts: list[float] = []
    widths: list[float] = []

    def visit(operator: bytes, _operands: Any, user: list[float], _text: Any) -> None:
        if operator == b"Do":
            lefts.append(user[4])
            widths.append(user[0])

    pytest.importorskip("pypdf").PdfReader(BytesIO(made)).pages[0].extract_text(visitor_operand_before=visit)
    centimetre = 72 / 2.54
    assert lefts == [pytest.approx(3 * centimetre, abs=1)]
    assert widths[0] <= 16.5 / 2 * centimetre + 1


def test_an_image_that_there_is_not_is_its_words(typesetter: Typesetter) -> None:
    html = '<p>See <img src="cid:sing" alt="Our sign" /> here.</p>'  # check finds it in the letter itself
    (page,) = pages(typesetter.pdf(sheet(blocks=read_blocks(html))))
    assert "See Our sign here." in page


def test_a_word_wider_than_its_line_is_cut(typesetter: Typesetter) -> None:
    name = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
    (page,) = pages(typesetter.pdf(sheet(addressee=(name, "Łukasz Brzęczyszczykiewicz"))))
    assert name not in page
    assert name in page.replace(" ", "")
    assert "Łukasz Brzęczyszczykiewicz" in page


def test_further_pages_are_numbered(typesetter: Typesetter) -> None:
    assert len(pages(typesetter.pdf(sheet()))) == 1
    many = tuple(Block(kind="paragraph", runs=(Run(text=f"Paragraph {each}. " * 12),)) for each in range(80))
    first, *others = pages(typesetter.pdf(sheet(blocks=many)))
    assert len(others) >= 2
    assert not first.endswith(f"1/{len(others) + 1}")
    assert [page.endswith(f"{number}/{len(others) + 1}") for number, page in enumerate(others, 2)] == [True] * len(
        others
    )


def test_everything_that_markdown_has_can_be_set(typesetter: Typesetter) -> None:
    html = (
        "<h2>What <em>happened</em></h2><p>One<br />two <strong>and <code>x_y</code></strong></p>"
        '<ul>\n<li>tight</li>\n<li>\n<p>loose</p>\n<ol start="7"><li>seven</li><li>eight</li></ol>\n</li>\n</ul>'
        "<blockquote>\n<p>said</p>\n</blockquote><hr /><pre><code>a  b\n c\n</code></pre>"
        '<table><thead><tr><th>Order</th><th style="text-align:right">Sum</th></tr></thead>'
        "<tbody><tr><td>A-1</td><td>12.50</td></tr><tr><td></td><td>7</td></tr></tbody></table>"
        '<p><a href="https://acme.example/?a=1&amp;b=2">our page</a> <img src="cid:sign" alt="Our sign" /></p>'
        "<h6>Deep</h6><p> \n </p>"
    )
    made = typesetter.pdf(sheet(blocks=read_blocks(html)))
    (page,) = pages(made)
    for said in (
        "What happened",
        "two and x_y",
        "tight",
        "loose",
        "7. seven",
        "8. eight",
        "said",
        "Order Sum",
        "12.50",
    ):
        assert said in page
    reader = pytest.importorskip("pypdf").PdfReader(BytesIO(made))
    (link,) = (each.get_object() for each in reader.pages[0]["/Annots"])
    assert link["/A"]["/URI"] == "https://acme.example/?a=1&b=2"
    assert [image.image.size for image in reader.pages[0].images] == [(60, 20)] if _has_pillow() else True


def _has_pillow() -> bool:
    try:
        import PIL  # noqa: F401 (only whether it is there)
    except ImportError:
        return False
    return True


# Blocks


def test_blocks_are_what_the_html_says() -> None:
    assert read_blocks("<p>We  are\n <strong>sorry</strong> .</p>") == (
        Block(kind="paragraph", runs=(Run(text="We are "), Run(text="sorry", styles=("strong",)), Run(text=" ."))),
    )
    (found,) = read_blocks("<ol start='3'><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ol>")
    assert (found.kind, found.start, [each.kind for each in found.blocks]) == ("list", 3, ["item", "item"])
    assert [each.kind for each in found.blocks[1].blocks] == ["paragraph", "list"]
    assert read_blocks("<p> <br /> </p><p></p>\n") == ()
    assert [each.level for each in read_blocks("<h3>a</h3><h6>b</h6><h1>c</h1><h4>d</h4>")] == [1, 2, 1, 2]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1))
def test_any_words_come_through_as_they_are(text: str) -> None:
    for html in ("<p>{}</p>", "<ul><li>{}</li></ul>", "<table><tr><td>{}</td></tr></table>", "<h2><em>{}</em></h2>"):
        assert words(read_blocks(html.format(escape(text)))) == text


LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_categories=["Cc"]), max_size=40)


@settings(max_examples=40)
@given(LATIN, LATIN)
def test_no_name_stops_the_typesetting(typesetter: Typesetter, name: str, said: str) -> None:
    made = typesetter.pdf(sheet(addressee=(name,), title=said or "x", blocks=read_blocks(f"<p>{escape(said)}</p>")))
    assert made.startswith(b"%PDF-")


def test_the_rows_of_the_test_campaign_are_json() -> None:
    assert json.loads(delivery().rows)[0] == CELLS
