from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, axe_violations
from elements import HOSTILE, Elements, hostile_texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mass_apology.model import Severity
from mass_apology.pages import words
from mass_apology.pages.check_page import (
    CheckPage,
    Fact,
    FindingGroup,
    check_page,
)
from mass_apology.pages.document import reveal_unseen

NINE = 1_795_166_100.0  # 2026-11-20 09:15:00 UTC


def group(severity: Severity = Severity.ERROR, say: Callable[[str], str] = str, **facts: Any) -> FindingGroup:
    given_facts: dict[str, Any] = {
        "severity": severity,
        "code": say(f"{severity.value}-found"),
        "count": 2,
        "examples": [
            (say("affected.csv, line 12"), say("The address is none.")),
            (say("line 40"), say("Nor is this.")),
        ],
        "lines": [12, 40],
        "advice": say("Mend the rows."),
        "override": None,
    }
    return FindingGroup(**given_facts | facts)


def full(say: Callable[[str], str] = str) -> CheckPage:
    """A page with everything on it; every text on it has gone through ``say``."""
    many = group(say=say, count=2000, lines=list(range(2, 1002)), override=say("--allow many"))
    return CheckPage(
        campaign=say("acme-outage"),
        made_at=NINE,
        code=say("amber-river-falcon"),
        verdict=say("Nothing can be sent yet."),
        sendable=False,
        facts=[Fact(name=say("rows"), value=say("2,000 read, 3 merged"))],
        groups=[group(Severity.INFO, say), group(Severity.WARNING, say), many],
    )


def clean() -> CheckPage:
    return replace(full(), sendable=True, verdict="Ready: 1,997 letters.", groups=())


def read(page: CheckPage) -> Elements:
    return Elements("".join(check_page(page)))


def test_the_verdict_the_code_and_the_facts_are_there() -> None:
    text = read(full()).text
    for said in (
        "Nothing can be sent yet.",
        "amber-river-falcon",
        "rows",
        "2,000 read, 3 merged",
        "Made 2026-11-20 09:15:00 UTC.",
    ):
        assert said in text


def test_the_verdict_looks_like_what_it_says() -> None:
    assert read(clean()).found["p", (("class", "lead verdict ready"),)] == 1
    assert read(full()).found["p", (("class", "lead verdict not-ready"),)] == 1


def test_no_plan_no_code() -> None:
    assert "This plan is" not in read(replace(full(), code="")).text


def test_errors_come_first_whatever_the_order() -> None:
    text = read(full()).text
    assert text.index("error-found") < text.index("warning-found") < text.index("info-found")


def test_findings_are_counted_by_severity() -> None:
    assert "2,000 errors of 1 kind, 2 warnings of 1 kind, 2 notes of 1 kind." in read(full()).text
    assert "None: there is nothing to mend." in read(clean()).text


def test_a_group_says_where_what_and_what_to_do() -> None:
    text = read(replace(clean(), groups=[group(override="--allow many")])).text
    for said in (
        "affected.csv, line 12",
        "The address is none.",
        "What to do Mend the rows.",
        "2 times",
        "--allow many",
    ):
        assert said in text


def test_what_cannot_be_overridden_offers_nothing() -> None:
    assert "To send all the same" not in read(replace(clean(), groups=[group()])).text


@pytest.mark.parametrize(
    ("count", "lines", "said"),
    [
        (3, [12, 40, 41], "All 3 lines: 12, 40–41"),
        (2000, list(range(2, 1002)), "The first 1,000 lines"),
        (20, list(range(2, 22)), "All 20 lines"),
    ],
)
def test_lines_beyond_the_examples(count: int, lines: list[int], said: str) -> None:
    assert said in read(replace(clean(), groups=[group(count=count, lines=lines)])).text


def test_lines_are_left_out_where_the_examples_say_them_or_none_are_known() -> None:
    for found in (group(), group(count=9, lines=[])):
        text = read(replace(clean(), groups=[found])).text
        assert "All " not in text
        assert "The first" not in text


@settings(deadline=None)
@given(st.lists(st.integers(1, 300)))
def test_joined_lines_name_exactly_the_lines(lines: list[int]) -> None:
    named: list[int] = []
    for run in filter(None, words.joined_lines(lines).split(", ")):
        first, _, last = run.partition("–")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(set(lines))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
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


# In a browser


@pytest.fixture
def shown(tmp_path: Path, visit: Callable[..., Visit]) -> Callable[..., Visit]:
    def show(page: CheckPage, **how: Any) -> Visit:
        path = tmp_path / "check.html"
        path.write_text("".join(check_page(page)), encoding="utf-8")
        return visit(path, **how)

    return show


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", [full(), clean()], ids=["findings", "clean"])
def test_axe_finds_nothing(shown: Callable[..., Visit], page: CheckPage, scheme: str) -> None:
    opened = shown(page, color_scheme=scheme).page
    opened.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert axe_violations(opened) == ""


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_nothing_scrolls_sideways(shown: Callable[..., Visit], width: int) -> None:
    texts = iter(HOSTILE * 20)
    page = shown(full(lambda _: next(texts)), viewport={"width": width, "height": 700}).page
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = page.eval_on_selector_all(
        "main *", "(all, width) => all.filter(each => each.getBoundingClientRect().right > width + 1).length", width
    )
    assert outside == 0


def test_paper_shows_the_lines_that_the_screen_folds(shown: Callable[..., Visit]) -> None:
    page = shown(full()).page
    lines = page.locator("details p")
    folded = "each => each.checkVisibility({contentVisibilityAuto: true})"
    assert lines.evaluate(folded) is False
    page.emulate_media(media="print")
    assert lines.evaluate(folded) is True
