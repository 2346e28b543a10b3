"""When the last letter will have left: by the pace of the last minute, the rate and the windows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from mass_apology.flows.watch.situation import clock
from mass_apology.flows.watch.view_model import EndView, WatchState
from mass_apology.pages.words import lasted
from mass_apology.sending.pacing import finish_time, remaining_window
from mass_apology.settings import Rate
from mass_apology.system.timestamps import utc_second

_GOES_ON = frozenset({WatchState.SENDING, WatchState.WAITING})  # by itself


class Course(Struct, frozen=True, kw_only=True):
    """What a forecast is made from."""

    now: float  # Unix seconds
    zone: tzinfo
    state: WatchState
    due: int  # letters, of all waves
    rate: float  # letters a second, over the last minute
    limit: Rate | None  # `relay.rate`
    windows: Sequence[Rate]
    usage: Sequence[tuple[int, int]]  # (minute, letters handed over in it), in order
    waits_until: float | None  # no letter goes before
    finish_by: datetime | None


def forecast(course: Course) -> EndView:
    """The end, as far as it can be told."""
    at = _end(course)
    by = course.finish_by
    in_time = at <= by.timestamp() if at is not None and by is not None else None
    return EndView(
        at=utc_second(at),
        seconds=None if at is None else round(max(0.0, at - course.now), 1),
        finish_by=by,
        in_time=in_time,
        sentence=_sentence(course, at, in_time=in_time),
    )


def _end(course: Course) -> float | None:
    if not course.due or course.state not in _GOES_ON:
        return None
    if course.state is WatchState.WAITING and course.waits_until is None:
        return None  # the pace of before says nothing while, say, the relay is away
    begins = max(course.now, course.waits_until or 0.0)
    measured = begins + course.due / course.rate if course.rate else None
    allowed = _allowed(course, begins)
    if measured is None and course.waits_until is None:
        return None  # nothing has left for a minute, and nobody knows until when
    ends = [end for end in (measured, allowed) if end is not None]
    return max(ends, default=None)


def _allowed(course: Course, begins: float) -> float | None:
    """The earliest end that rate and windows allow."""
    left = [(window, remaining_window(window, course.usage, course.now).remaining) for window in course.windows]
    return finish_time(course.due, course.limit, left, begins)


def _sentence(course: Course, at: float | None, *, in_time: bool | None) -> str:
    if not course.due:
        return "No letter is due."
    if at is not None:
        said = f"The last letter will leave about {clock(at, course.zone, course.now)}, in {lasted(at - course.now)}."
        return said + _against_deadline(course, in_time=in_time)
    if course.state is WatchState.SENDING:
        return "Nobody can tell the end yet: no letter has left in the last minute."
    said = "Nobody can tell the end" if course.state in _GOES_ON else "No end in sight"
    least = _allowed(course, course.now)
    if least is None:
        return f"{said} while nothing is sent."
    return f"{said} while nothing is sent; once it goes on, it takes {lasted(least - course.now)} or more."


def _against_deadline(course: Course, *, in_time: bool | None) -> str:
    if course.finish_by is None or in_time is None:
        return ""
    by = clock(course.finish_by.timestamp(), course.zone, course.now)
    return f" That is before finish_by, {by}." if in_time else f" That is after finish_by, {by}: the rest would not go."
