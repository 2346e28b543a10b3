from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mass_apology.model import Status
from mass_apology.pages import charts
from mass_apology.pages.charts import Bucket, gather
from mass_apology.pages.document import page_file

STATUS_COUNTS = st.dictionaries(st.sampled_from(Status), st.integers(0, 10**6))
SOME_COUNTS = STATUS_COUNTS.filter(lambda counts: any(counts.values()))
MOMENTS = st.floats(0, 4e9)
LENGTHS = st.sampled_from([1, 60, 3600])
BUCKETS = st.lists(st.builds(Bucket, at=MOMENTS, seconds=LENGTHS, counts=STATUS_COUNTS), max_size=30)
NINE = 1_795_166_100  # 2026-11-20 09:15:00 UTC, a Friday


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 (our own markup)


def drawn(svg: str) -> list[ElementTree.Element]:
    return list(parsed(svg).iter())


def rects(svg: str) -> list[ElementTree.Element]:
    return [element for element in drawn(svg) if element.tag == "rect"]


def labels(svg: str, *, anchor: str) -> list[str]:
    return [each.text or "" for each in drawn(svg) if each.tag == "text" and each.get("text-anchor") == anchor]


def timeline(*buckets: tuple[float, dict[Status, int]]) -> charts.Timeline:
    gathered = gather(Bucket(at=at, seconds=1, counts=counts) for at, counts in buckets)
    assert gathered is not None
    return gathered


def chart(*buckets: tuple[float, dict[Status, int]]) -> str:
    return charts.timeline_chart(timeline(*buckets), name="t", title="Letters over time")


@settings(deadline=None)
@given(BUCKETS)
def test_gathering_loses_no_letter_and_stays_drawable(buckets: list[Bucket]) -> None:
    gathered = gather(buckets)
    before: Counter[Status] = Counter()
    for bucket in buckets:
        before.update(bucket.counts)
    if gathered is None:
        assert not before.total()
        return
    after: Counter[Status] = Counter()
    for step in gathered.steps:
        after.update(step.counts)
        assert (step.at - gathered.start) % gathered.seconds == 0
        assert 0 <= (step.at - gathered.start) // gathered.seconds < gathered.length
    assert +after == +before
    assert gathered.seconds >= max(bucket.seconds for bucket in buckets if any(bucket.counts.values()))
    assert gathered.length <= charts.MOST_STEPS


@settings(deadline=None)
@given(MOMENTS, st.floats(0, 1e9))
def test_a_step_is_the_shortest_that_will_do(first: float, lasting: float) -> None:
    seconds = charts.step_seconds(first, first + lasting)
    assert lasting / seconds < charts.MOST_STEPS
    assert seconds == 1 or lasting / seconds > charts.MOST_STEPS / 5  # neighbours differ by a factor below four


@pytest.mark.parametrize(
    ("lasting", "words"),
    [
        (0, "1 second"),
        (59, "1 second"),
        (60, "2 seconds"),
        (600, "15 seconds"),
        (3600, "2 minutes"),
        (86400, "30 minutes"),
        (7 * 86400, "3 hours"),
        (50 * 86400, "1 day"),
        (300 * 86400, "1 week"),
        (900 * 86400, "4 weeks"),
    ],
)
def test_steps_from_seconds_to_weeks(lasting: int, words: str) -> None:
    start = 1_794_787_200  # 2026-11-16 00:00:00 UTC, a Monday
    assert charts.step_words(charts.step_seconds(start, start + lasting)) == words


def test_what_is_known_by_the_minute_is_not_drawn_by_the_second() -> None:
    gathered = gather([Bucket(at=NINE, counts={Status.ACCEPTED: 50})])
    assert gathered is not None
    assert (gathered.seconds, gathered.length) == (60, 1)


def test_weeks_begin_on_mondays() -> None:
    found = timeline((NINE, {Status.ACCEPTED: 1}), (NINE + 300 * 86400, {Status.BOUNCED: 1}))
    assert charts.step_moment(found, found.start) == "2026-11-16"


@settings(deadline=None)
@given(st.integers(1, 10**9))
def test_the_grid_holds_everything_and_wastes_little(top: int) -> None:
    step = charts.round_step(top)
    assert step * charts.MOST_LINES >= top
    assert step == 1 or step * charts.MOST_LINES < 2.5 * top
    assert re.fullmatch("[125]0*", str(step))


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=10))
def test_a_bar_is_divided_in_proportion_and_everything_is_seen(counts: list[int]) -> None:
    found = charts.widths(counts, 100.0)
    assert sum(found) == pytest.approx(100, abs=charts.THINNEST * len(counts))
    assert min(found) >= charts.THINNEST
    for count, width in zip(counts, found, strict=True):
        assert width == pytest.approx(100 * count / sum(counts), abs=charts.THINNEST * len(counts))


@settings(deadline=None)
@given(SOME_COUNTS)
def test_a_share_bar_fills_its_width(counts: dict[Status, int]) -> None:
    svg = charts.share_bar(counts, name="s", title="Letters by status")
    segments = rects(svg)
    assert [each.get("class") for each in segments] == [status.value for status in charts.present(counts)]
    x = 0.0
    for each in segments:
        assert float(each.attrib["x"].rstrip("%")) == pytest.approx(x, abs=0.01)
        x += float(each.attrib["width"].rstrip("%"))
    assert x == pytest.approx(100, abs=charts.THINNEST * len(segments))


def test_a_share_bar_speaks_to_a_screen_reader() -> None:
    svg = parsed(charts.share_bar({Status.ACCEPTED: 1200, Status.IN_DOUBT: 1}, name="s", title="Stand"))
    assert svg.get("role") == "img"
    assert [svg[0].text, svg[1].text] == ["Stand", "1,200 accepted, 1 in doubt"]
    assert svg.get("aria-labelledby") == f"{svg[0].get('id')} {svg[1].get('id')}"


def test_a_size_bar_is_as_long_as_its_part_of_the_largest() -> None:
    (half,) = rects(charts.size_bar({Status.ACCEPTED: 50}, largest=100))
    assert half.get("width") == "50%"
    assert rects(charts.size_bar({}, largest=0)) == []


def test_a_timeline_is_drawn_to_scale() -> None:
    svg = chart((NINE, {Status.ACCEPTED: 100, Status.DEFERRED: 50}), (NINE + 3, {Status.ACCEPTED: 200}))
    accepted, deferred, later = rects(svg)
    assert [accepted.get("class"), deferred.get("class"), later.get("class")] == ["ACCEPTED", "DEFERRED", "ACCEPTED"]
    assert float(accepted.attrib["height"]) == 2 * float(deferred.attrib["height"])
    assert float(later.attrib["height"]) == 2 * float(accepted.attrib["height"])
    top_of_accepted = float(accepted.attrib["y"])
    assert float(deferred.attrib["y"]) + float(deferred.attrib["height"]) == pytest.approx(top_of_accepted)
    assert float(later.attrib["x"].rstrip("%")) - float(accepted.attrib["x"].rstrip("%")) == pytest.approx(75)


def test_one_refusal_among_thousands_is_seen() -> None:
    _, refused = rects(chart((NINE, {Status.ACCEPTED: 50_000, Status.REFUSED: 1})))
    assert float(refused.attrib["height"]) == charts.LOWEST


def test_a_timeline_says_what_it_shows() -> None:
    svg = chart((NINE, {Status.ACCEPTED: 3}), (NINE + 1200, {Status.ACCEPTED: 1411, Status.REFUSED: 2}))
    title, description = parsed(svg)[:2]
    assert title.text == "Letters over time"
    assert description.text == (
        "From 2026-11-20 09:15:00 UTC to 2026-11-20 09:35:00 UTC, in steps of 30 seconds. "
        "The most letters in a step: 1,411 accepted, 2 refused, at 2026-11-20 09:35:00 UTC."
    )
    assert "2026-11-20 09:35:00 UTC: 1,411 accepted, 2 refused" in [each.text for each in drawn(svg)]


@pytest.mark.parametrize(
    ("lasting", "expected"),
    [
        (2, ["09:15:00", "09:15:01", "09:15:02", "09:15:03"]),
        (1200, ["09:15", "09:20", "09:25", "09:30", "09:35"]),
        (86400, ["12:00", "18:00", "21 Nov", "06:00"]),
        (20 * 86400, ["23 Nov", "30 Nov", "7 Dec"]),
    ],
)
def test_the_time_axis_has_round_labels(lasting: int, expected: list[str]) -> None:
    svg = chart((NINE, {Status.ACCEPTED: 1}), (NINE + lasting, {Status.ACCEPTED: 1}))
    assert labels(svg, anchor="middle") == expected


def test_the_letters_axis_has_round_labels() -> None:
    assert labels(chart((NINE, {Status.ACCEPTED: 1411})), anchor="end") == ["0", "500", "1,000", "1,500"]


@pytest.mark.parametrize(("most", "top"), [(1, "1"), (3, "3"), (5, "6"), (21, "30"), (201, "300"), (1600, "2,000")])
def test_the_letters_axis_ends_at_the_first_line_above_all_bars(most: int, top: str) -> None:
    svg = chart((NINE, {Status.ACCEPTED: most}))
    (bar,) = rects(svg)
    assert labels(svg, anchor="end")[-1] == top
    assert float(bar.attrib["height"]) == pytest.approx(charts._PLOT * most / int(top.replace(",", "")), abs=0.01)


@pytest.mark.parametrize(
    ("zone", "lasting", "expected", "first"),
    [
        ("Asia/Kathmandu", 1200, ["15:00", "15:05", "15:10", "15:15", "15:20"], "2026-11-20 15:00:00 +0545"),
        ("Europe/Warsaw", 86400, ["12:00", "18:00", "21 Nov", "06:00"], "2026-11-20 10:00 CET"),
        ("America/New_York", 20 * 86400, ["23 Nov", "30 Nov", "7 Dec"], "2026-11-20 00:00 EST"),
    ],
)
def test_a_timeline_is_round_by_its_own_clock(zone: str, lasting: int, expected: list[str], first: str) -> None:
    buckets = [Bucket(at=NINE + after, seconds=1, counts={Status.ACCEPTED: 1}) for after in (0, lasting)]
    gathered = gather(buckets, ZoneInfo(zone))
    assert gathered is not None
    svg = charts.timeline_chart(gathered, name="t", title="Letters over time")
    assert labels(svg, anchor="middle") == expected
    assert charts.step_moment(gathered, gathered.start) == first


@settings(deadline=None)
@given(BUCKETS)
def test_every_timeline_stays_within_its_frame(buckets: list[Bucket]) -> None:
    gathered = gather(buckets)
    if gathered is None:
        return
    svg = charts.timeline_chart(gathered, name="t", title="Letters over time")
    height = float(parsed(svg).attrib["height"])
    for each in rects(svg):
        assert 0 <= float(each.attrib["x"].rstrip("%")) <= 100
        assert -len(Status) * charts.LOWEST <= float(each.attrib["y"]) < height
    assert 1 <= len(labels(svg, anchor="middle")) <= charts.MOST_MARKS + 1


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colours(css: str, *, dark: bool) -> dict[str, str]:
    light, _, rest = re.sub("screen and ", "", css).partition("@media (prefers-color-scheme: dark)")
    part = rest.partition("\n}\n")[0] if dark else light
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))


@pytest.mark.parametrize("dark", [False, True])
def test_every_status_has_a_colour_that_stands_out(dark: bool) -> None:
    paper = luminance(colours(page_file("document.css"), dark=dark)["paper"])
    found = colours(page_file("charts.css"), dark=dark)
    assert set(found) == {status.value for status in Status}
    assert len(set(found.values())) == len(Status)
    for status, colour in found.items():
        darker, lighter = sorted((luminance(colour), paper))
        assert (lighter + 0.05) / (darker + 0.05) >= 3, status
        assert f".{status} {{ fill: var(--{status}); }}" in page_file("charts.css")
