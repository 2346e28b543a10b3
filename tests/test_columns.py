"""Declared column types read exactly what they name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mass_apology.columns import EXAMPLES, parser, readers
from mass_apology.settings import ColumnType


@pytest.mark.parametrize("kind", ColumnType)
def test_every_type_has_an_example_that_it_reads(kind: ColumnType) -> None:
    assert parser(kind, "UTC")(EXAMPLES[kind]) is not None


def test_values_are_read() -> None:
    assert parser(ColumnType.INT, "UTC")("-192") == -192
    assert parser(ColumnType.DECIMAL, "UTC")("12.50") == Decimal("12.50")
    assert parser(ColumnType.DATE, "UTC")("2026-11-20") == date(2026, 11, 20)
    assert parser(ColumnType.DATETIME, "UTC")("2026-11-20T09:12Z") == datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
    assert parser(ColumnType.TEXT, "UTC")("NA") == "NA"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *(
            (each, True)
            for each in ("TRUE", "yes", "Y", "1", "t", "tak", "да", "ДА", "ναι", "jah", "jā", "ja", "WAHR", "on")
        ),
        *((each, True) for each in ("PRAWDA", "ИСТИНА", "TÕENE", "oui", "sí", "taip", "Áno")),
        *(
            (each, False)
            for each in ("FALSE", "no", "N", "0", "f", "nie", "нет", "όχι", "ΟΧΙ", "ei", "nē", "nein", "off")
        ),
        *((each, False) for each in ("FAŁSZ", "ЛОЖЬ", "VÄÄR", "APLAMS", "non", "não", "ne", "nem")),
    ],
)
def test_yes_and_no_are_read_in_many_languages(text: str, told: bool) -> None:
    assert parser(ColumnType.BOOL, "UTC")(text) is told


@pytest.mark.parametrize("text", ["maybe", "2", "yes!", "n/a", "-", "trueish", "no, thanks", "x"])
def test_anything_else_is_neither_yes_nor_no(text: str) -> None:
    with pytest.raises(ValueError, match="is neither yes nor no"):
        parser(ColumnType.BOOL, "UTC")(text)


def test_a_moment_without_an_offset_is_in_the_campaigns_time_zone() -> None:
    moment = parser(ColumnType.DATETIME, "Europe/Warsaw")("2026-11-20 09:12")
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ColumnType.INT, "1_000"),
        (ColumnType.INT, "٣"),
        (ColumnType.INT, " 7"),
        (ColumnType.INT, "7.0"),
        (ColumnType.INT, "9" * 5000),
        (ColumnType.DECIMAL, "NaN"),
        (ColumnType.DECIMAL, "1e9"),
        (ColumnType.DECIMAL, "12,50"),
        (ColumnType.DATE, "20.11.2026"),
        (ColumnType.DATE, "2026-02-30"),
        (ColumnType.DATETIME, "yesterday"),
    ],
)
def test_what_merely_looks_like_one_is_refused(kind: ColumnType, text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parser(kind, "UTC")(text)


def test_a_text_is_read_once_however_many_cells_hold_it() -> None:
    types = {"since": ColumnType.DATE, "plan": ColumnType.TEXT}
    one, other = readers(types, "UTC"), readers(types, "UTC")
    assert one.keys() == {"since"}
    assert one["since"]("2026-11-20") is other["since"]("2026-11-20")
    assert one["since"]("2026-11-21") == date(2026, 11, 21)
