"""The preview as people use it, in a real browser: keys, filters, search, views, links, and hostile letters."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from browser import Visit, axe_violations
from playwright.sync_api import Page, expect
from sample_letters import COMPANY, letter, write_page

pytestmark = pytest.mark.slow

LETTERS = 40
WIDE = {"viewport": {"width": 1600, "height": 900}}
NARROW = {"viewport": {"width": 375, "height": 700}}

Visiting = Callable[..., Visit]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("preview") / "preview.html"
    return write_page(path, map(letter, range(1, LETTERS + 1)), planned=2050)


def _position(page: Page) -> str:
    return page.locator("#position").inner_text()


def _name(page: Page) -> str:
    return page.locator("#name").inner_text()


def test_shows_the_plan_and_its_first_letter(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    expect(page.get_by_role("heading", level=1)).to_have_text("acme-outage")
    expect(page.locator(".facts")).to_contain_text("calm-otter-seven-lantern")
    expect(page.locator("#extent")).to_have_text("40 of 2,050")
    expect(page.locator(".notes")).to_have_text("One row is set aside.")
    expect(page.locator("#subject")).to_have_text("What happened to you, Ann Lee 1")
    expect(page.locator("#address")).to_have_text("<c1@mail.example>")
    expect(page.locator("#where")).to_have_text("letter 1, line 2")
    expect(page.frame_locator("#pane-html iframe").locator("p").first).to_have_text("Dear Ann Lee 1,")
    expect(page.frame_locator("#pane-html iframe").locator("img")).to_have_js_property("naturalWidth", 1)


def test_keys_step_through_the_letters_and_the_step_is_announced(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    for key, position in [("j", 2), ("ArrowDown", 3), ("k", 2), ("End", 40), ("j", 40), ("ArrowUp", 39), ("Home", 1)]:
        page.keyboard.press(key)
        assert _position(page) == f"{position} of 40"
    page.keyboard.press("PageDown")
    expect(page.locator("#announcement")).to_have_text("Letter 11 of 40: Ann Lee 11")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_attribute("aria-posinset", "11")
    expect(page.locator("#list")).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    expect(chosen).to_be_in_viewport()


def test_buttons_step_and_end_at_the_ends(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    page.get_by_role("button", name="Next").click()
    assert _position(page) == "2 of 40"
    page.get_by_role("option", name="Łucja Żak 4").click()
    assert _name(page) == "Łucja Żak 4"
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()


def test_the_slash_goes_to_the_search_and_escape_empties_it(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("lucja zak 1")
    expect(page.locator("#count")).to_have_text("5 of 40 letters")  # 10, 12, 14, 16, 18
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_focused()
    assert _position(page) == "1 of 5"
    page.keyboard.press("End")
    assert _name(page) == "Łucja Żak 18"
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#count")).to_have_text("40 letters")
    assert _name(page) == "Łucja Żak 18"


def test_search_finds_by_name_and_address(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    for search, found in [("c7@mail", "Ann Lee 7"), ("ŁUCJA 8", "Łucja Żak 8"), ("40", "Łucja Żak 40")]:
        page.locator("#search").fill(search)
        expect(page.get_by_role("option", name=found)).to_be_visible()


def test_search_finds_a_line_of_the_file(visit: Visiting, tmp_path: Path) -> None:
    page = visit(write_page(tmp_path / "p.html", [letter(1), letter(2, line=777)], planned=2)).page
    page.locator("#search").fill("777")
    expect(page.locator("#count")).to_have_text("1 of 2 letters")
    assert _name(page) == "Łucja Żak 2"


def test_where_nothing_is_found_the_page_says_so(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.locator("#search").fill("nobody")
    expect(page.locator("#nothing")).to_be_visible()
    expect(page.locator("#shown")).to_be_hidden()
    expect(page.locator("#announcement")).to_have_text("No letter matches")
    assert axe_violations(page) == ""
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("40 letters")
    expect(page.locator("#shown")).to_be_visible()


def test_each_filter_says_and_leaves_its_number_of_letters(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    for facet, choice, count in _CHOICES:
        page.get_by_label(facet, exact=True).select_option(label=choice)
        expect(page.locator("#count")).to_have_text(f"{count} of 40 letters")
        assert _position(page) == f"1 of {count}"
        page.get_by_role("button", name="Show all").click()


_CHOICES = [
    ("Language", "pl (20)", 20),
    ("Domain", "mail.example (20)", 20),
    ("Segment", "pro (10)", 10),
    ("Segment", "In no segment (30)", 30),
    ("Finding", "name-company (13)", 13),
    ("Finding", "No finding (27)", 27),
    ("Sentences", "You were cut off (8)", 8),
]


def test_filters_work_together_and_their_counts_follow(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.get_by_label("Language", exact=True).select_option(label="pl (20)")
    page.get_by_label("Finding", exact=True).select_option(label="Any finding (6)")
    expect(page.locator("#count")).to_have_text("6 of 40 letters")
    expect(page.locator("#filters-on")).to_have_text("(2 on)")
    assert _name(page) == "Łucja Żak 6"


def test_findings_stand_above_the_letter_and_are_marked_in_it(visit: Visiting, file: Path) -> None:
    page = visit(file, address="#letter=3").page
    expect(page.locator("#findings li")).to_have_text(
        "warningThe name looks like a company's. Look at the row. name-company"
    )
    marks = page.frame_locator("#pane-html iframe").locator("mark")
    assert " ".join("".join(marks.all_text_contents()).split()) == "sorry for the outage"
    assert marks.first.get_attribute("title") == COMPANY.problem
    page.get_by_role("tab", name="Text").click()
    assert page.locator("#pane-text mark").all_text_contents() == ["sorry for\nthe outage"]


def test_marks_words_across_elements_and_lines_wherever_they_stand(visit: Visiting, tmp_path: Path) -> None:
    html = "<p>one <i>tw</i>o\n three. one two <b>three</b></p><p>one</p>"
    finding = COMPANY.__class__(
        severity=COMPANY.severity, code="c", problem="p", advice="a", marks=("one two three", "tw", " ", "")
    )
    path = write_page(tmp_path / "p.html", [letter(1, html=html, findings=(finding,))], planned=1)
    body = visit(path).page.frame_locator("#pane-html iframe").locator("body")
    expect(body).to_have_text("one two three. one two threeone")
    assert body.evaluate("b => [...b.querySelectorAll('mark mark')].map(m => m.textContent)") == ["tw", "tw"]
    outer = body.evaluate(
        "b => [...b.querySelectorAll('mark')].filter(m => !m.parentElement.closest('mark'))"
        ".map(m => m.textContent).join('').replace(/\\s+/g, ' ')"
    )
    assert outer == "one two threeone two three"


def test_views_show_text_headers_and_source(visit: Visiting, file: Path) -> None:
    page = visit(file, address="#letter=2").page
    page.get_by_role("tab", name="Text").click()
    expect(page.locator("#pane-text pre")).to_contain_text("Dear Łucja Żak 2,")
    page.get_by_role("tab", name="Headers").click()
    expect(page.locator("#pane-headers tr").first).to_contain_text("Anna Król <anna@acme.example>")
    expect(page.locator("#pane-headers tr").first).to_contain_text("=?utf-8?q?Anna_Kr=C3=B3l?=")
    expect(page.locator("#pane-headers tr").nth(1)).to_contain_text("c2@poczta.example")
    page.get_by_role("tab", name="Source").click()
    expect(page.locator("#pane-source pre")).to_contain_text("From: =?utf-8?q?Anna_Kr=C3=B3l?=")
    expect(page.locator("#pane-headers")).to_be_hidden()


def test_the_phone_is_320_pixels_wide(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.keyboard.press("3")
    frame = page.frame_locator("#pane-phone iframe")
    assert frame.locator("html").evaluate("() => innerWidth") == 320
    expect(frame.locator("p").first).to_have_css("color", "rgb(1, 2, 3)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_letters_colours_are_those_of_the_view_whatever_the_viewer_prefers(
    visit: Visiting, file: Path, scheme: str
) -> None:
    page = visit(file, color_scheme=scheme).page
    expect(page.frame_locator("#pane-html iframe").locator("body")).to_have_css(
        "background-color", "rgb(255, 255, 255)"
    )
    page.keyboard.press("4")
    expect(page.frame_locator("#pane-dark iframe").locator("body")).to_have_css("background-color", "rgb(10, 20, 30)")


def test_tabs_follow_the_arrow_keys(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.get_by_role("tab", name="HTML").focus()
    for key, name in [("ArrowRight", "Text"), ("ArrowLeft", "HTML"), ("ArrowLeft", "Source"), ("Home", "HTML")]:
        page.keyboard.press(key)
        tab = page.get_by_role("tab", name=name)
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
    assert _position(page) == "1 of 40"


def test_side_by_side_shows_several_views_and_each_can_be_switched(visit: Visiting, file: Path) -> None:
    page = visit(file, **WIDE).page
    page.get_by_role("button", name="Side by side").click()
    assert page.locator(".pane h3").all_inner_texts() == ["HTML", "Text", "Phone"]
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Text").click()
    assert page.locator(".pane h3").all_inner_texts() == ["HTML", "Phone", "Dark"]
    assert axe_violations(page) == ""
    page.set_viewport_size({"width": 900, "height": 800})
    expect(page.get_by_role("tab", name="HTML")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(1)


def test_a_link_shows_what_its_sender_saw(visit: Visiting, file: Path) -> None:
    page = visit(file, address="#letter=18&view=text").page
    assert _name(page) == "Łucja Żak 18"
    expect(page.locator("#pane-text pre")).to_contain_text("Łucja Żak 18")
    page.get_by_label("Language", exact=True).select_option(label="pl (20)")
    page.locator("#search").fill("zak 2")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    fragment = page.evaluate("location.hash")
    again = visit(file, address=fragment).page
    assert (_name(again), _position(again)) == (_name(page), _position(page)) == ("Łucja Żak 12", "2 of 8")
    expect(again.locator("#search")).to_have_value("zak 2")
    expect(again.locator("#pane-text")).to_be_visible()


def test_a_link_to_several_views_shows_them(visit: Visiting, file: Path) -> None:
    page = visit(file, address="#letter=5&view=html.dark&side=1", **WIDE).page
    assert page.locator(".pane h3").all_inner_texts() == ["HTML", "Dark"]


@pytest.mark.parametrize(
    "address", ["#letter=999", "#letter=", "#view=nonsense&language==xx&finding=toString&letter=x"]
)
def test_a_link_to_what_is_not_here_says_so_and_shows_the_first_letter(
    visit: Visiting, file: Path, address: str
) -> None:
    page = visit(file, address=address).page
    expect(page.locator("#missing")).to_contain_text("is not in this file.")
    assert _position(page) == "1 of 40"
    page.keyboard.press("j")
    expect(page.locator("#missing")).to_be_hidden()


def test_stepping_leaves_no_trail_in_the_browsers_history(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    before = page.evaluate("history.length")
    for _ in range(5):
        page.keyboard.press("j")
    page.frame_locator("#pane-html iframe").locator("p").first.wait_for()
    assert page.evaluate("history.length") == before


def test_help_opens_and_single_keys_can_be_switched_off(visit: Visiting, file: Path) -> None:
    page = visit(file).page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == ""
    page.get_by_label("Use single keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert _position(page) == "1 of 40"
    page.locator("#list").focus()
    page.keyboard.press("ArrowDown")
    assert _position(page) == "2 of 40"


def test_on_a_phone_the_list_and_the_letter_are_shown_in_turn(visit: Visiting, file: Path) -> None:
    page = visit(file, **NARROW).page
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("button", name="All letters").click()
    expect(page.locator("#list")).to_be_focused()
    page.get_by_role("option", name="Ann Lee 5").click()
    expect(page.locator("#list")).to_be_hidden()
    expect(page.locator("#letter")).to_be_focused()
    assert _name(page) == "Ann Lee 5"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visiting, file: Path, scheme: str) -> None:
    page = visit(file, address="#letter=3", color_scheme=scheme, **WIDE).page
    assert axe_violations(page) == ""
    for key in "s456":
        page.keyboard.press(key)
    assert page.locator(".pane h3").count() == 6
    assert axe_violations(page) == ""
    page.set_viewport_size(NARROW["viewport"])
    assert axe_violations(page) == ""
    page.get_by_role("button", name="All letters").click()
    assert axe_violations(page) == ""


_ALARM = "\u202e\u2066<script>alert(1)</script></script><img src=x onerror=alert(2)>\"' onfocus=alert(3) 👩‍💻 "
_HOSTILE_HTML = """<!doctype html><html><head><base href="https://evil.example/">
<link rel=stylesheet href=//evil.example/a>
<meta http-equiv=refresh content="0;url=https://evil.example/"><script>alert(1)</script>
<style>@import url(https://evil.example/b); p { background: url("https://evil.example/c") }</style></head>
<body onload="alert(2)" background="https://evil.example/d"><p style="background:url(//evil.example/e)">Still here</p>
<a href="javascript:alert(3)" ping="https://evil.example/p">one</a> <a href="https://evil.example/f" target=_top>two</a>
<svg><a xlink:href="https://evil.example/s"><text y="9">three</text></a><image href="https://evil.example/i"/></svg>
<img src="https://evil.example/g" srcset="https://evil.example/h 2x"><img src=x onerror="alert(4)"><img src="cid:no">
<iframe src="https://evil.example/j"></iframe><object data="https://evil.example/k"></object>
<form action="https://evil.example/l"><button formaction="javascript:alert(5)">send</button></form>
<video src="https://evil.example/m" poster="https://evil.example/n" autoplay></video></body></html>"""


def test_a_hostile_letter_is_only_looked_at(visit: Visiting, tmp_path: Path) -> None:
    hostile = letter(
        1,
        **dict.fromkeys(("name", "address", "language", "domain", "text", "source"), _ALARM),
        subject=_ALARM * 100,
        segments=(_ALARM,),
        variant=(_ALARM,),
        html=_HOSTILE_HTML,
        findings=(
            COMPANY.__class__(severity=COMPANY.severity, code=_ALARM, problem=_ALARM, advice=_ALARM, marks=("Still",)),
        ),
    )
    looked = visit(write_page(tmp_path / "p.html", [hostile], planned=1), **WIDE)
    page = looked.page
    frame = page.frame_locator("#pane-html iframe")
    expect(frame.locator("p")).to_have_text("Still here")
    for link in frame.locator("a").all():
        link.click()
    frame.locator("button").click(force=True)
    expect(frame.locator("a").nth(1)).to_have_attribute("title", "https://evil.example/f")
    for key in "23456s":
        page.keyboard.press(key)
    assert "⟨U+202E⟩⟨U+2066⟩" in _name(page)
    assert axe_violations(page) == ""
    # A browser says what its policy stopped in the HTML even though that is only parsed, and shown without it.
    looked.complaints[:] = [each for each in looked.complaints if "Content Security Policy" not in each]


def test_hostile_values_in_a_well_made_letter_are_not_even_complained_of(visit: Visiting, tmp_path: Path) -> None:
    hostile = letter(1, name=_ALARM, html=f"<p>Dear {escape(_ALARM)}, we are sorry</p>", text=_ALARM, source=_ALARM)
    page = visit(write_page(tmp_path / "p.html", [hostile], planned=1), **WIDE).page
    for key in "s456":
        page.keyboard.press(key)
    expect(page.frame_locator("#pane-dark iframe").locator("p")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#pane-source pre")).to_contain_text("⟨U+202E⟩⟨U+2066⟩<script>alert(1)")


def test_a_name_of_ten_thousand_letters_leaves_room_for_the_letter(visit: Visiting, tmp_path: Path) -> None:
    long = letter(1, name="Ł" * 10_000, subject="Ó " * 5_000, address="a" * 10_000)
    for size in (WIDE, NARROW):
        page = visit(write_page(tmp_path / "p.html", [long, letter(2)], planned=2), **size).page
        box = page.locator("#pane-html iframe").bounding_box()
        assert box is not None
        assert box["height"] > 300
        assert page.evaluate("document.documentElement.scrollWidth") <= size["viewport"]["width"]


def test_no_letters_at_all_is_no_error(visit: Visiting, tmp_path: Path) -> None:
    page = visit(write_page(tmp_path / "p.html", [], planned=0)).page
    expect(page.locator("#nothing")).to_be_visible()
    expect(page.locator("#extent")).to_have_text("0")
    page.keyboard.press("j")
    page.keyboard.press("2")
    assert axe_violations(page) == ""


def test_two_thousand_letters_are_all_there_and_few_are_drawn(visit: Visiting, tmp_path: Path) -> None:
    many = (letter(number, html="<p>" + "word " * 1200) for number in range(1, 2001))
    page = visit(write_page(tmp_path / "p.html", many, planned=2000)).page
    expect(page.locator("#count")).to_have_text("2,000 letters")
    assert page.locator("[role=option]").count() < 60
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    expect(page.get_by_role("option", name="Łucja Żak 1000")).to_be_visible()
    page.keyboard.press("End")
    assert _position(page) == "2,000 of 2,000"
    expect(page.locator("[role=option][aria-selected=true]")).to_be_in_viewport()
    page.locator("#search").fill("c1999@")
    expect(page.locator("#count")).to_have_text("1 of 2,000 letters")
