"""From when to when, since when and until when, in each language's words and cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from letter_files import render, template, write

from mass_apology.languages import SHIPPED, Spans
from mass_apology.letter.localise import Localiser

WRITERS = {each: Localiser(SHIPPED[each]) for each in ("el", "en", "et", "fr", "lv", "pl", "ru", "de", "es", "sv")}
ZONE = "Europe/Tallinn"
NOVEMBER = (date(2026, 11, 2), date(2026, 11, 20))
YEARS_END = (date(2026, 12, 30), date(2027, 1, 2))
HOURS = (datetime(2026, 11, 20, 9, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, 24, tzinfo=UTC))
NIGHT = (datetime(2026, 11, 20, 21, 12, tzinfo=UTC), datetime(2026, 11, 20, 23, 5, tzinfo=UTC))
CLOCK_CHANGED = (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC))

SPANS = {
    "en": (
        "from 2 to 20 November 2026",
        "from 30 December 2026 to 2 January 2027",
        "from 11:12 to 14:24 EET",
        "from 23:12 on 20 November to 01:05 EET on 21 November 2026",
        "from 01:30 EEST to 04:00 EET",
    ),
    "et": (
        "2. novembrist kuni 20. novembrini 2026",
        "30. detsembrist 2026 kuni 2. jaanuarini 2027",
        "kell 11:12–14:24",
        "20. novembrist kell 23:12 kuni 21. novembrini 2026 kell 01:05",
        "kell 01:30 EEST–04:00 EET",
    ),
    "el": (
        "από τις 2 έως τις 20 Νοεμβρίου 2026",
        "από τις 30 Δεκεμβρίου 2026 έως τις 2 Ιανουαρίου 2027",
        "από τις 11:12 έως τις 14:24 EET",
        "από τις 20 Νοεμβρίου στις 23:12 έως τις 21 Νοεμβρίου 2026 στη 01:05 EET",
        "από τη 01:30 EEST έως τις 04:00 EET",
    ),
    "lv": (
        "no 2026. gada 2. līdz 20. novembrim",
        "no 2026. gada 30. decembra līdz 2027. gada 2. janvārim",
        "no plkst. 11:12 līdz 14:24 EET",
        "no 2026. gada 20. novembra plkst. 23:12 līdz 21. novembra plkst. 01:05 EET",
        "no plkst. 01:30 EEST līdz 04:00 EET",
    ),
    "pl": (
        "od 2 do 20 listopada 2026 r.",
        "od 30 grudnia 2026 r. do 2 stycznia 2027 r.",
        "od godz. 11:12 do 14:24 EET",
        "od 20 listopada, godz. 23:12, do 21 listopada 2026 r., godz. 01:05 EET",
        "od godz. 01:30 EEST do 04:00 EET",
    ),
    "ru": (
        "со 2 по 20 ноября 2026 года",
        "с 30 декабря 2026 года по 2 января 2027 года",
        "с 11:12 до 14:24 EET",
        "с 23:12 20 ноября до 01:05 EET 21 ноября 2026 года",
        "с 01:30 EEST до 04:00 EET",
    ),
    "de": (
        "vom 2. bis zum 20. November 2026",
        "vom 30. Dezember 2026 bis zum 2. Januar 2027",
        "von 11:12 Uhr bis 14:24 Uhr OEZ",
        "vom 20. November, 23:12 Uhr, bis zum 21. November 2026, 01:05 Uhr OEZ",
        "von 01:30 Uhr OESZ bis 04:00 Uhr OEZ",
    ),
    "es": (
        "del 2 al 20 de noviembre de 2026",
        "del 30 de diciembre de 2026 al 2 de enero de 2027",
        "entre las 11:12 y las 14:24 EET",
        "desde las 23:12 del 20 de noviembre hasta la 01:05 EET del 21 de noviembre de 2026",
        "entre la 01:30 EEST y las 04:00 EET",
    ),
    "fr": (
        "du 2 au 20 novembre 2026",
        "du 30 décembre 2026 au 2 janvier 2027",
        "de 11:12 à 14:24 EET",
        "du 20 novembre à 23:12 au 21 novembre 2026 à 01:05 EET",
        "de 01:30 EEST à 04:00 EET",
    ),
    "sv": (  # nobody has described it here
        "2 – 20 november 2026",
        "30 december 2026 – 2 januari 2027",
        "11:12 – 14:24 EET",
        "20 november, 23:12 – 21 november 2026, 01:05 EET",
        "01:30 EEST – 04:00 EET",
    ),
}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(("language", "expected"), SPANS.items())
def test_what_both_ends_share_is_said_once(language: str, expected: tuple[str, ...]) -> None:
    spans = (NOVEMBER, YEARS_END, HOURS, NIGHT, CLOCK_CHANGED)
    assert tuple(plain(WRITERS[language].from_to(*each, ZONE)) for each in spans) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "from 1 February to 1 November 2026"),
        ("et", "1. veebruarist kuni 1. novembrini 2026"),
        ("el", "από την 1η Φεβρουαρίου έως την 1η Νοεμβρίου 2026"),
        ("lv", "no 2026. gada 1. februāra līdz 1. novembrim"),
        ("fr", "du 1er février au 1er novembre 2026"),
        ("pl", "od 1 lutego do 1 listopada 2026 r."),
        ("ru", "с 1 февраля по 1 ноября 2026 года"),
        ("de", "vom 1. Februar bis zum 1. November 2026"),
        ("es", "del 1 de febrero al 1 de noviembre de 2026"),
    ],
)
def test_months_of_one_year(language: str, expected: str) -> None:
    assert plain(WRITERS[language].from_to(date(2026, 2, 1), date(2026, 11, 1))) == expected


@pytest.mark.parametrize(
    ("language", "since", "until", "until_then"),
    [
        ("en", "since 2 November 2026", "until 2 November 2026", "until 01:05 EET on 21 November 2026"),
        ("et", "alates 2. novembrist 2026", "kuni 2. novembrini 2026", "kuni 21. novembrini 2026 kell 01:05"),
        ("el", "από τις 2 Νοεμβρίου 2026", "έως τις 2 Νοεμβρίου 2026", "έως τις 21 Νοεμβρίου 2026 στη 01:05 EET"),
        (
            "lv",
            "kopš 2026. gada 2. novembra",
            "līdz 2026. gada 2. novembrim",
            "līdz 2026. gada 21. novembra plkst. 01:05 EET",
        ),
        ("fr", "depuis le 2 novembre 2026", "jusqu’au 2 novembre 2026", "jusqu’au 21 novembre 2026 à 01:05 EET"),
        ("pl", "od 2 listopada 2026 r.", "do 2 listopada 2026 r.", "do 21 listopada 2026 r., godz. 01:05 EET"),
        (
            "es",
            "desde el 2 de noviembre de 2026",
            "hasta el 2 de noviembre de 2026",
            "hasta la 01:05 EET del 21 de noviembre de 2026",
        ),
        (
            "de",
            "seit dem 2. November 2026",
            "bis zum 2. November 2026",
            "bis zum 21. November 2026, 01:05 Uhr OEZ",
        ),
        ("ru", "со 2 ноября 2026 года", "по 2 ноября 2026 года", "до 01:05 EET 21 ноября 2026 года"),
    ],
)
def test_since_and_until_say_the_year(language: str, since: str, until: str, until_then: str) -> None:
    writer = WRITERS[language]
    assert plain(writer.since(NOVEMBER[0])) == since
    assert plain(writer.until(NOVEMBER[0])) == until
    assert plain(writer.until(NIGHT[1], ZONE)) == until_then


def test_since_a_moment() -> None:
    found = {each: plain(WRITERS[each].since(NIGHT[1], ZONE)) for each in ("en", "ru", "lv")}
    assert found == {
        "en": "since 01:05 EET on 21 November 2026",
        "ru": "с 01:05 EET 21 ноября 2026 года",
        "lv": "kopš 2026. gada 21. novembra plkst. 01:05 EET",
    }


@pytest.mark.parametrize("language", sorted(SPANS))
def test_one_day_is_said_as_the_day_of_an_event(language: str) -> None:
    day = date(2026, 5, 1)
    assert WRITERS[language].from_to(day, day) == WRITERS[language].on_date(day)


@given(
    st.sampled_from(sorted(SPANS)),
    st.dates(date(2000, 1, 1), date(2098, 1, 1)),
    st.integers(min_value=1, max_value=800),
)
def test_every_span_says_both_days_and_their_years(language: str, day: date, days: int) -> None:
    end = day + timedelta(days=days)
    said = WRITERS[language].from_to(day, end)
    assert str(day.day) in said
    assert str(end.day) in said
    assert {str(day.year), str(end.year)} <= set(said.replace(".", " ").split())
    assert said.count(str(end.year)) == (1 if day.year != end.year else said.count(str(day.year)))


def test_a_moment_and_a_day_are_two_days() -> None:
    assert WRITERS["en"].from_to(NIGHT[0], date(2026, 11, 22), ZONE) == "from 20 to 22 November 2026"


@pytest.mark.parametrize("span", [NOVEMBER, HOURS])
def test_an_end_before_its_beginning_is_refused(span: tuple[date, date]) -> None:
    with pytest.raises(ValueError, match="comes before its beginning"):
        WRITERS["en"].from_to(*reversed(span))


@pytest.mark.parametrize("wrong", ["2026-11-20", 5, None])
def test_what_is_no_day_is_refused(wrong: object) -> None:
    english = WRITERS["en"]
    for tried in (english.since, english.until, lambda day: english.from_to(NOVEMBER[0], day)):
        with pytest.raises(ValueError, match="is not a date"):
            tried(wrong)  # type: ignore[arg-type]  # what a template may do


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ("days", "from {day}"),
        ("times", "from {time} to {to_time} on {day}"),
        ("since_day", "since {}"),
        ("dated", "r."),
    ],
)
def test_a_form_that_would_lose_a_day_is_refused(form: str, wrong: str) -> None:
    english = SHIPPED["en"].spans
    assert english
    with pytest.raises(ValueError, match=f"`{form}`"):
        msgspec.convert(msgspec.to_builtins(english) | {form: wrong}, Spans)


def test_a_letter_says_it_in_the_recipients_zone(tmp_path: Path) -> None:
    body = (
        "{{ incident.started_at | from_to(incident.ended_at) | capfirst }}, it was down for {{ name }}.\n\n"
        "{{ customer.since | from_to(customer.until) | capfirst }} for you, and {{ incident.ended_at | until }}."
    )
    write(tmp_path, body)
    made = template(tmp_path, ended_at=HOURS[1])
    customer = {"since": YEARS_END[0], "until": YEARS_END[1]}
    for zone, hours in (("", "09:12 to 12:24 UTC"), (ZONE, "11:12 to 14:24 EET"), ("", "09:12 to 12:24 UTC")):
        text = " ".join(render(made, customer, time_zone=zone).text.split())
        assert text.startswith(f"From {hours}, it was down for Ann. From 30 December 2026 to 2 January 2027 for you")


def test_a_letter_whose_span_ends_first_cannot_be_written(tmp_path: Path) -> None:
    write(tmp_path, "{{ incident.started_at | from_to(incident.ended_at) }}")
    with pytest.raises(Exception, match="comes before its beginning"):
        render(template(tmp_path, ended_at=datetime(2026, 11, 19, tzinfo=UTC)))
