"""Hours, weekdays and follow-ups as campaign.toml writes them: read, and every mistake in them said at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import count

from mass_apology.countries import is_country
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.settings import FollowUpSettings, QuietSettings, ScheduleSettings, parse_duration
from mass_apology.type_errors import refused

DAY = 86400
"""Seconds of a day without a change of the clock."""

WORKING = "working"
"""The weekdays that are not the weekend of the recipient's country."""

_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9]) ?- ?([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9-]*")
_WAVE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESEND = re.compile(r"resend-[0-9]+")
_LONGEST_NAME = 60

# A letter that is still on its way may yet be accepted; one that was withheld, or that was reported as abuse, was
# stopped for a reason that holds for the next one too.
_NEVER = frozenset({Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.WITHHELD, Status.COMPLAINED})
_ONCE_ACCEPTED = frozenset({Status.ACCEPTED, Status.BOUNCED})


def parse_hours(text: str) -> tuple[tuple[int, int], ...]:
    """``"22:00-02:00, 08:00-12:00"`` → stretches of a day in seconds: ``((0, 7200), (28800, 43200), (79200, 86400))``.

    They are in order and do not touch; an end is the first second after. Raises ``ValueError`` whose text completes
    the sentence "`key` …".
    """
    stretches: list[tuple[int, int]] = []
    for part in text.split(","):
        start, end = _range_of_hours(part.strip())
        stretches += [(start, end)] if start < end else [(start, DAY), (0, end)]
    return _joined(stretches)


def _range_of_hours(text: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(text)
    if not match:
        raise ValueError(f"holds {text!r}, which is no range of hours; '08:00-20:00' is")
    start, end = (int(hour) * 3600 + int(minute) * 60 for hour, minute in (match.group(1, 2), match.group(3, 4)))
    if start >= DAY or end > DAY:
        raise ValueError(f"holds {text!r}, but a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise ValueError(f"holds {text!r}, which is empty; write 00:00-24:00 for the whole day")
    return start, end


def _joined(stretches: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def parse_weekdays(text: str) -> frozenset[int] | None:
    """``"mon-fri"``, ``"sun-thu"``, ``"mon, wed"`` → days, Monday being 0; ``None`` for ``"working"``.

    Raises ``ValueError`` whose text completes the sentence "`key` …".
    """
    if text == WORKING:
        return None
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = (each.strip() for each in part.lower().partition("-"))
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            raise ValueError(f"holds {part.strip()!r}, which is no weekday; 'mon-fri', 'mon, wed' and 'working' are")
        start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last if dash else first)
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)


def wave_names(follow_ups: Sequence[FollowUpSettings]) -> list[str]:
    """The waves' names, in order: as given, or the template's with the follow-up's number, which counts from 1."""
    return [each.name or f"{each.template}-{number}" for number, each in enumerate(follow_ups, start=1)]


def problems(schedule: ScheduleSettings, follow_ups: Sequence[FollowUpSettings]) -> Iterator[str]:
    """What cannot be used, as sentences without a full stop that name the key's path."""
    yield from refused(parse_hours, schedule.hours, "$.schedule.hours")
    yield from refused(parse_weekdays, schedule.weekdays, "$.schedule.weekdays")
    if schedule.default_country and not is_country(schedule.default_country):
        yield (
            f"`$.schedule.default_country` is {schedule.default_country!r}, which is no country's code of two letters "
            "(ISO 3166-1); 'PL' is one"
        )
    for number, quiet in enumerate(schedule.quiet):
        yield from _quiet_problems(quiet, f"$.schedule.quiet[{number}]")
    names = wave_names(follow_ups)
    for number, follow_up in enumerate(follow_ups):
        yield from _follow_up_problems(follow_up, f"$.follow_up[{number}]")
        yield from _name_problems(names[number], [FIRST_WAVE, *names[:number]], f"$.follow_up[{number}].name")
        yield from _chain_problems(follow_up.from_wave, names, number)


def _quiet_problems(quiet: QuietSettings, key: str) -> Iterator[str]:
    if (quiet.from_.tzinfo is None) != (quiet.to.tzinfo is None):
        yield f"`{key}` has an offset at one end only; write it at both, or at neither for each recipient's own clock"
    elif quiet.to <= quiet.from_:
        yield f"`{key}.to` is not later than `{key}.from`"


def _follow_up_problems(follow_up: FollowUpSettings, key: str) -> Iterator[str]:
    if not _TEMPLATE.fullmatch(follow_up.template):
        yield f"`{key}.template` is {follow_up.template!r}, but a template's name has only a-z, 0-9 and '-'"
    if (follow_up.after is None) == (follow_up.at is None):
        which = "neither `after` nor `at`" if follow_up.after is None else "both `after` and `at`"
        yield f"`{key}` has {which}, but needs one of them to say when its letters are due"
    if follow_up.after is not None:
        yield from refused(parse_duration, follow_up.after, f"{key}.after")
    yield from _moment_problems(follow_up.at, follow_up.not_after, key)
    yield from _status_problems(follow_up, f"{key}.to")


def _moment_problems(at: datetime | None, not_after: datetime | None, key: str) -> Iterator[str]:
    without_offset = [
        name for name, moment in (("at", at), ("not_after", not_after)) if moment is not None and moment.tzinfo is None
    ]
    for name in without_offset:
        yield f"`{key}.{name}` has no offset; write 2026-11-20T17:00:00Z, or +01:00 instead of Z"
    if at is not None and not_after is not None and not without_offset and not_after < at:
        yield f"`{key}.not_after` is before `{key}.at`, so that nobody could be written to"


def _status_problems(follow_up: FollowUpSettings, key: str) -> Iterator[str]:
    if not follow_up.to:
        yield f"`{key}` is empty, so that nobody could be written to"
    for status in dict.fromkeys(follow_up.to):
        if status in _NEVER:
            yield f"`{key}` holds {status.value}, but such a letter is still on its way or was stopped for a reason"
        elif follow_up.after is not None and status not in _ONCE_ACCEPTED:
            yield (
                f"`{key}` holds {status.value}, but `after` counts from an accepted letter, which these never had; "
                "use `at` for them"
            )


def is_wave_name(name: str) -> bool:
    """Whether a wave may be called so."""
    return bool(_WAVE.fullmatch(name)) and len(name) <= _LONGEST_NAME


def resend_wave(taken: Collection[str]) -> str:
    """What the next letter is called that somebody gets once more, who has letters of these waves."""
    return next(name for number in count(1) if (name := f"resend-{number}") not in taken)


def is_resend_wave(name: str) -> bool:
    """Whether letters are called so that went once more; no other wave is."""
    return _RESEND.fullmatch(name) is not None


def _name_problems(name: str, taken: Sequence[str], key: str) -> Iterator[str]:
    if not is_wave_name(name):
        yield f"`{key}` is {name!r}, but a wave's name is words of a-z and 0-9 with '-' between, 60 characters at most"
    if is_resend_wave(name):
        yield f"`{key}` is {name!r}, as letters are called that `resend` sends once more; give it another name"
    if name in taken:
        yield f"`{key}` is {name!r}, which another wave is called; give this one a name of its own"


def _chain_problems(from_wave: str, names: Sequence[str], number: int) -> Iterator[str]:
    key = f"$.follow_up[{number}].from_wave"
    if from_wave in (FIRST_WAVE, *names[:number]):
        return
    if from_wave in names[number:]:
        yield f"`{key}` is {from_wave!r}, which is not an earlier wave; a follow-up stands below the one it follows"
    else:
        known = ", ".join(repr(name) for name in (FIRST_WAVE, *names[:number]))
        yield f"`{key}` is {from_wave!r}, but no wave is called so; before this one there are {known}"
