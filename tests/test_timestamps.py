"""The same moment, for those who read it elsewhere and for whoever sits before the machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from mass_apology.system.timestamps import local_minute, utc_day, utc_minute

LATE = datetime(2026, 11, 20, 23, 12, 59, 900_000, tzinfo=UTC).timestamp()


@pytest.fixture
def in_warsaw(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Warsaw")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_warsaw")
def test_utc_says_so_and_the_local_clock_is_the_machines() -> None:
    assert utc_minute(LATE) == "2026-11-20 23:12 UTC"
    assert utc_day(LATE) == date(2026, 11, 20)
    assert local_minute(LATE) == "2026-11-21 00:12 CET"
    assert local_minute(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()) == "2026-07-01 14:00 CEST"
