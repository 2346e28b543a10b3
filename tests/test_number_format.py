"""Number formats of workbooks: no code is too odd, and what is shown has the number's digits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.typed_files.number_format import (
    Moment,
    number_format,
    plain,
    shown_moment,
    shown_number,
    time_text,
)

CODES = st.text(st.sampled_from('0#?.,%;"[]\\_*@E+-/<>=$hmsdy €Ggeneral9 ')) | st.text()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(code=CODES, value=NUMBERS)
def test_any_code_shows_a_number_or_says_that_it_is_not_understood(code: str, value: float) -> None:
    style = number_format(code)
    if style is not None and style.moment is None:
        assert isinstance(shown_number(value, style), str | None)


@given(value=NUMBERS, moment=st.sampled_from(Moment), since_1904=st.booleans())
def test_any_serial_is_a_moment_or_none(value: float, moment: Moment, since_1904: bool) -> None:
    shown_moment(value, moment, since_1904=since_1904)


@given(value=st.integers(0, 10**14), width=st.integers(1, 15))
def test_leading_zeros_are_those_that_are_shown(value: int, width: int) -> None:
    style = number_format("0" * width)
    assert style is not None
    assert shown_number(float(value), style) == f"{value:0{width}}"


@given(value=st.decimals(min_value=-(10**9), max_value=10**9, places=3), places=st.integers(0, 6))
def test_so_many_decimals_are_shown_as_the_format_says(value: Decimal, places: int) -> None:
    style = number_format(f"0.{'0' * places}" if places else "0")
    assert style is not None
    shown = Decimal(shown_number(float(value), style) or "x")
    assert abs(shown - value) <= Decimal(1).scaleb(-places) / 2
    assert -shown.as_tuple().exponent == places  # type: ignore[operator]


@given(value=st.integers(-(10**15) + 1, 10**15 - 1))
def test_all_of_a_number_is_plain(value: int) -> None:
    assert plain(float(value)) == str(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20), "2026-11-20"),  # noqa: DTZ001 (a table's moments have no zone)
        (datetime(2026, 11, 20, 9, 12), "2026-11-20T09:12:00"),  # noqa: DTZ001
        (datetime(2026, 11, 20, tzinfo=UTC), "2026-11-20T00:00:00+00:00"),
        (time(9, 12), "09:12:00"),
        (timedelta(hours=26, minutes=5, seconds=0.4), "26:05:00"),
    ],
)
def test_times_read_as_people_write_them(value: date | time | timedelta, text: str) -> None:
    assert time_text(value) == text
