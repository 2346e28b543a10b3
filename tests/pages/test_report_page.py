from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from browser import Visit, axe_violations
from elements import HOSTILE, Elements, hostile_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mass_apology.model import Status
from mass_apology.pages import report_page as page
from mass_apology.pages import words
from mass_apology.pages.charts import Bucket
from mass_apology.pages.document import reveal_unseen
from mass_apology.pages.report_page import (
    Evidence,
    ReplyGroup,
    ReportPage,
    Share,
    Unreached,
    report_page,
)

NINE = 1_795_166_100.0  # 2026-11-20 09:15:00 UTC

COUNTS = st.dictionaries(st.sampled_from(Status), st.integers(0, 10**6))

EMPTY = ReportPage(
    campaign="acme-outage",
    zone=UTC,
    made_at=NINE,
    program="mass-apology 1.0",
    started_at=None,
    ended_at=None,
    counts={},
    due=0,
    timeline=(),
    domains=(),
    languages=(),
    replies=(),
    unreached=(),
    unreached_total=0,
    in_doubt=(),
    waiting_for_answer=0,
    evidence=(),
    notes=(),
)


def person(number: int, status: Status = Status.REFUSED, **facts: Any) -> Unreached:
    given_facts: dict[str, Any] = {
        "line": str(number),
        "name": f"Customer {number}",
        "address": f"customer.{number}@acme.example",
        "language": "en",
        "status": status,
        "why": "550 5.1.1 No such user",
        "at": NINE + number,
        "attempts": 1,
    }
    return Unreached(**given_facts | facts)


def full(say: Callable[[str], str] = str) -> ReportPage:
    """A page with everything on it; every text on it has gone through ``say``."""
    counts = {Status.ACCEPTED: 48_101, Status.REFUSED: 52, Status.WITHHELD: 19, Status.IN_DOUBT: 3, Status.DEFERRED: 7}
    people = [
        person(each, name=say("Anna"), address=say("anna@acme.example"), language=say("pl"), why=say("no such user"))
        for each in range(30)
    ]
    return ReportPage(
        campaign=say("acme-outage"),
        zone=UTC,
        made_at=NINE + 9000,
        program=say("mass-apology 1.0"),
        started_at=NINE,
        ended_at=NINE + 2412,
        counts=counts,
        due=7,
        timeline=[Bucket(at=NINE + 60 * each, counts={Status.ACCEPTED: 1000 + each}) for each in range(40)],
        domains=[Share(name=say(f"d{each}.example"), counts=counts) for each in range(30)],
        languages=[Share(name=say("en"), counts=counts)],
        replies=[ReplyGroup(status=Status.REFUSED, code=550, text=say("No such user"), count=52)],
        unreached=people,
        unreached_total=71,
        in_doubt=people[:3],
        waiting_for_answer=0,
        evidence=[Evidence(name=say("plan"), value=say("9f86d081" * 8))],
        notes=[say("09:20 UTC: paused by the breaker")],
    )


def read(page: ReportPage) -> Elements:
    return Elements("".join(report_page(page)))


def lead(counts: Mapping[Status, int]) -> str:
    html = "".join(report_page(replace(EMPTY, counts=counts)))
    found = re.search(r'<p class="lead">(.*?)</p>', html)
    assert found
    return re.sub("<[^>]*>", "", found[1])


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "Nobody has been written to: no letters have been planned."),
        ({Status.ACCEPTED: 1}, "Of 1 customer, 1 letter was accepted by our mail server."),
        (
            {Status.ACCEPTED: 48_101, Status.REFUSED: 59, Status.WITHHELD: 12},
            "Of 48,172 customers, 48,101 letters were accepted by our mail server; "
            "71 people were not reached: see below.",
        ),
        (
            {Status.ACCEPTED: 5, Status.COMPLAINED: 1, Status.BOUNCED: 1, Status.IN_DOUBT: 2},
            "Of 9 customers, 6 letters were accepted by our mail server and have not come back; "
            "2 letters are in doubt; 1 person was not reached: see below.",
        ),
        (
            {Status.PLANNED: 3, Status.DEFERRED: 1, Status.HANDING_OVER: 1},
            "Of 5 customers, 0 letters were accepted by our mail server; 5 letters are still due or on the way.",
        ),
    ],
)
def test_the_first_sentence(counts: Mapping[Status, int], sentence: str) -> None:
    assert lead(counts) == sentence


@settings(deadline=None)
@given(COUNTS)
def test_the_parts_of_the_first_sentence_make_the_whole(counts: dict[Status, int]) -> None:
    whole, *parts = [int(found.replace(",", "")) for found in re.findall(r"[\d,]*\d", lead(counts))] or [0]
    assert whole == sum(parts) == sum(counts.values())


def test_accepted_is_never_called_delivered() -> None:
    assert "delivered" not in read(full()).text


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(Status), st.integers(1, 9), min_size=1))
def test_each_status_that_occurs_is_explained_once(counts: dict[Status, int]) -> None:
    text = read(replace(EMPTY, counts=counts)).text
    for status, meaning in words.MEANINGS.items():
        assert text.count(meaning) == (status in counts)


def test_every_status_has_a_meaning() -> None:
    assert set(words.MEANINGS) == set(Status)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_never_rounded_to_nothing_or_to_everything(part: int, rest: int) -> None:
    said = words.percent(part, part + rest)
    assert (said == "0 %") == (part == 0)
    assert (said == "100 %") == (part > 0 and rest == 0)
    shown = float(re.sub("[^0-9.]", "", said))
    assert shown == pytest.approx(100 * part / max(1, part + rest), abs=0.0101)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(48_101, 48_172, "99.85 %"), (1, 10**6, "< 0.01 %"), (999_999, 10**6, "> 99.99 %"), (9999, 10_000, "99.99 %")],
)
def test_shares(part: int, whole: int, said: str) -> None:
    assert words.percent(part, whole) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.6, "1 min"), (2412, "40 min 12 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (-1, "0 s")],
)
def test_how_long_it_took(seconds: float, said: str) -> None:
    assert words.lasted(seconds) == said


def test_when_it_was() -> None:
    assert "No letter has been tried yet." in read(EMPTY).text
    begun = read(replace(EMPTY, started_at=NINE)).text
    assert "The sending began 2026-11-20 09:15:00 UTC and has not ended." in begun
    assert "From 2026-11-20 09:15:00 UTC to 2026-11-20 09:55:12 UTC, 40 min 12 s." in read(full()).text


def test_times_are_by_the_campaigns_clock() -> None:
    text = read(replace(full(), zone=ZoneInfo("Europe/Warsaw"))).text
    assert "From 2026-11-20 10:15:00 CET to 2026-11-20 10:55:12 CET, 40 min 12 s." in text
    assert ", in CET." in text
    assert not re.search(r"\d\d:\d\d:\d\d UTC", text)


def test_nobody_unreached_is_said() -> None:
    assert "Nobody: there is no one" in read(EMPTY).text


def test_how_many_of_the_unreached_are_shown_and_where_all_of_them_are() -> None:
    text = read(full()).text
    assert "71 people; 30 of them shown here." in text
    assert "mass-apology report --unreached letters.csv" in text
    alone = read(replace(EMPTY, unreached=[person(1)], unreached_total=1)).text
    assert "1 person." in alone


def test_a_person_is_shown_with_all_that_is_known() -> None:
    text = read(replace(EMPTY, unreached=[person(12, attempts=3)], unreached_total=1)).text
    for known in ("Customer 12", "customer.12@acme.example", "line 12 · en", "refused", "550 5.1.1 No such user"):
        assert known in text
    assert "2026-11-20 09:15:12 UTC · 3 attempts" in text


def test_a_row_without_name_and_address_is_still_a_row() -> None:
    bare = person(7, Status.WITHHELD, name="", address="", language="", at=None, attempts=0, why="The row is empty.")
    text = read(replace(EMPTY, unreached=[bare], unreached_total=1)).text
    assert "no name, no address" in text
    assert "line 7" in text


def test_in_doubt_comes_with_its_explanation_and_the_way_on() -> None:
    text = read(replace(EMPTY, counts={Status.IN_DOUBT: 2}, in_doubt=[person(1, Status.IN_DOUBT)])).text
    assert "2 people; 1 of them shown here." in text
    assert "never sent again by themselves" in text
    assert "mass-apology send --resend-in-doubt" in text
    assert "--resend-in-doubt" not in read(EMPTY).text


def test_letters_still_due_come_with_the_command_that_goes_on() -> None:
    assert "7 letters are still due. To go on with the sending: mass-apology send" in read(full()).text


def test_a_reply_code_is_said_once() -> None:
    groups = [
        ReplyGroup(status=Status.REFUSED, code=550, text="550 5.1.1 No such user", count=2),
        ReplyGroup(status=Status.REFUSED, code=552, text="5.2.2 Mailbox full", count=1),
        ReplyGroup(status=Status.EXPIRED, code=None, text="connection closed", count=1),
    ]
    text = read(replace(EMPTY, replies=groups)).text
    assert "550 550" not in text
    assert "552 5.2.2 Mailbox full" in text
    assert "None" not in text


def test_more_domains_than_rows_are_added_up() -> None:
    shares = [Share(name=f"d{each}.example", counts={Status.ACCEPTED: 10}) for each in range(page.MOST_SHARES)]
    small = [Share(name=f"small{each}.example", counts={Status.ACCEPTED: 1, Status.REFUSED: 1}) for each in range(1200)]
    html = "".join(report_page(replace(EMPTY, domains=[*small, *shares])))
    row = re.search(r"<th scope=\"row\">1,200 others.*?</tr>", html)
    assert row
    assert re.findall(r'<td class="number[^"]*">([^<]*)', row[0]) == ["2,400", "1,200", "1,200", "0"]
    assert "small1.example" not in html
    widths = [float(width) for width in re.findall(r'width="([0-9.]+)%" height="5"', html)]
    assert max(widths) <= 100


def test_a_letter_without_language_is_a_row_too() -> None:
    assert "not stated" in read(replace(EMPTY, languages=[Share(name="", counts={Status.WITHHELD: 2})])).text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(st.lists(hostile_texts(), min_size=1, max_size=8))
def test_no_value_becomes_markup(texts: list[str]) -> None:
    said = 0

    def hostile(_: str) -> str:
        nonlocal said
        said += 1
        return texts[said % len(texts)]

    page = read(full(hostile))
    assert page.found == read(full()).found
    shown = page.text.replace("\n", "")
    assert reveal_unseen(shown) == shown


def test_a_long_value_leaves_room_for_the_others() -> None:
    page = read(replace(EMPTY, campaign="x" * 10_240, notes=["y" * 10_240]))
    assert "x" * words.LONGEST_VALUE + "… (10,240 characters)" in page.text
    assert "x" * 10_240 + ": report" in page.text  # the title, of which a browser shows what it has room for
    assert "y" * words.LONGEST_SENTENCE + "… (10,240 characters)" in page.text
    assert "y" * (words.LONGEST_SENTENCE + 1) not in page.text


def test_the_page_streams() -> None:
    assert max(map(len, report_page(replace(full(), unreached=[person(each) for each in range(5000)])))) < 20_000


# In a browser


@pytest.fixture
def shown(tmp_path: Path, visit: Callable[..., Visit]) -> Callable[..., Visit]:
    def show(page: ReportPage, **how: Any) -> Visit:
        path = tmp_path / "report.html"
        path.write_text("".join(report_page(page)), encoding="utf-8")
        return visit(path, **how)

    return show


def hostile_page() -> ReportPage:
    texts = iter(HOSTILE * 100)
    return full(lambda _: next(texts))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(shown: Callable[..., Visit], scheme: str) -> None:
    page = shown(full(), color_scheme=scheme).page
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert axe_violations(page) == ""


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_nothing_scrolls_sideways(shown: Callable[..., Visit], width: int) -> None:
    page = shown(hostile_page(), viewport={"width": width, "height": 700}).page
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = page.eval_on_selector_all(
        "main *", "(all, width) => all.filter(each => each.getBoundingClientRect().right > width + 1).length", width
    )
    assert outside == 0


def test_a_number_is_never_broken(shown: Callable[..., Visit]) -> None:
    page = shown(full(), viewport={"width": 375, "height": 700}).page
    wrapping = page.eval_on_selector_all("td.number", "all => all.map(each => getComputedStyle(each).whiteSpace)")
    assert set(wrapping) == {"nowrap"}


def test_paper_shows_what_the_screen_folds(shown: Callable[..., Visit]) -> None:
    page = shown(full()).page
    last = page.locator("#unreached tbody tr").last
    folded = "each => each.checkVisibility({contentVisibilityAuto: true})"
    assert last.evaluate(folded) is False
    page.emulate_media(media="print")
    assert last.evaluate(folded) is True
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_links_in_the_first_sentence_lead_somewhere(shown: Callable[..., Visit]) -> None:
    page = shown(full()).page
    targets = page.eval_on_selector_all(".lead a", "all => all.map(each => each.getAttribute('href'))")
    assert targets == ["#in-doubt", "#unreached"]
    for target in targets:
        assert page.locator(target).count() == 1
