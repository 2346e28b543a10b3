"""Charts as SVG text. Pure: counts in, markup out. Every number in a chart is also in a table of its page.

Widths are percentages and heights pixels, without a view box: a chart then fills a phone as well as a sheet of paper,
and its lettering keeps its size. Colours are classes, one for each status, so that a page follows light and dark. Sizes
are attributes, not styles: the page's policy admits no inline style.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from html import escape

from msgspec import Struct

from mass_apology.model import Status
from mass_apology.pages.words import moment, present, status_word
from mass_apology.quantities import counted, number

MOST_STEPS = 60  # bars of a timeline: some four pixels each on a phone
MOST_MARKS = 8  # labels of its time axis
MOST_LINES = 4  # lines of its grid, without the base line
THINNEST = 0.6  # per cent of a share bar's width: one refusal among a million letters is still visible
LOWEST = 1.5  # pixels of a timeline's height, for the same reason

_PLOT = 168  # pixels between the base line and the highest line of the grid
_ABOVE = 14  # room for half a label, and for segments drawn at their lowest height
_BELOW = 26  # room for the time axis
_DAY = 86400
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY  # the first Monday after the Unix epoch, a Thursday
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, _DAY, 2 * _DAY, _WEEK)


class Bucket(Struct, frozen=True, kw_only=True):
    """The letters that came into each status in one period. ``report`` makes it, charts draw it."""

    at: float  # Unix seconds: its start
    seconds: int = 60  # its length: one of the steps of a timeline
    counts: Mapping[Status, int]  # letters that came into this status


class Timeline(Struct, frozen=True, kw_only=True):
    """Buckets gathered into steps of one length that begin at times that are round in its zone."""

    zone: timezone  # that of the first step, also where clocks change later: a step is as long as another
    seconds: int  # the length of a step
    start: int  # Unix seconds: the first step's
    length: int  # steps from the first to the last, the empty ones included
    steps: tuple[Bucket, ...]  # the steps with letters, in order


def gather(buckets: Iterable[Bucket], zone: tzinfo = UTC) -> Timeline | None:
    """Buckets in any order as at most ``MOST_STEPS`` steps; ``None`` where nothing happened.

    No step is shorter than a bucket: what is known by the minute is not drawn by the second.
    """
    counts = [bucket for bucket in buckets if any(bucket.counts.values())]
    if not counts:
        return None
    first, last = min(bucket.at for bucket in counts), max(bucket.at for bucket in counts)
    fixed = _as_at(zone, first)
    offset = _offset(fixed)
    seconds = step_seconds(first, last, shortest=max(bucket.seconds for bucket in counts), offset=offset)
    gathered: dict[int, Counter[Status]] = {}
    for bucket in counts:
        gathered.setdefault(_floor(bucket.at, seconds, offset), Counter()).update(bucket.counts)
    start = _floor(first, seconds, offset)
    return Timeline(
        zone=fixed,
        seconds=seconds,
        start=start,
        length=(_floor(last, seconds, offset) - start) // seconds + 1,
        steps=tuple(Bucket(at=at, seconds=seconds, counts=gathered[at]) for at in sorted(gathered)),
    )


def step_seconds(first: float, last: float, *, most: int = MOST_STEPS, shortest: int = 1, offset: int = 0) -> int:
    """The shortest round step of which ``most`` or fewer hold both moments: 1 s, 2 s, … 1 day, 1 week, 2 weeks, …

    ``offset``: seconds by which the clock that makes them round is before UTC.
    """
    return next(
        seconds
        for seconds in _longer_and_longer()
        if seconds >= shortest and (_floor(last, seconds, offset) - _floor(first, seconds, offset)) // seconds < most
    )


def round_step(top: int) -> int:
    """Letters between two grid lines: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * MOST_LINES >= top:
                return step
        power *= 10


def step_words(seconds: int) -> str:
    """``600`` → "10 minutes"."""
    for size, unit in ((_WEEK, "week"), (_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def count_words(counts: Mapping[Status, int]) -> str:
    """ "412 accepted, 3 deferred", in the order in which statuses are shown."""
    return ", ".join(f"{number(counts[status])} {status_word(status)}" for status in present(counts))


def step_moment(timeline: Timeline, at: float) -> str:
    """A step's start, as exactly as the steps are long: "2026-11-20 10:12 CET"."""
    if timeline.seconds < 60:
        return moment(at, timeline.zone)
    shown = "%Y-%m-%d" if timeline.seconds >= _DAY else "%Y-%m-%d %H:%M %Z"
    return datetime.fromtimestamp(at, timeline.zone).strftime(shown)


def widths(counts: Sequence[int], width: float) -> list[float]:
    """Divide a width among counts of at least 1. None gets less than ``THINNEST``; the larger ones give way for it."""
    whole = sum(counts)
    thin = [count * width <= THINNEST * whole for count in counts]
    left = width - THINNEST * sum(thin)
    large = sum(count for count, is_thin in zip(counts, thin, strict=True) if not is_thin)
    return [
        THINNEST if is_thin else max(THINNEST, left * count / large)
        for count, is_thin in zip(counts, thin, strict=True)
    ]


def swatch(status: Status) -> str:
    """A square in the status's colour, for the place before its name."""
    return f'<svg class="swatch" width="12" height="12" aria-hidden="true">{_box(status, "0", "0", "12", "12")}</svg>'


def share_bar(counts: Mapping[Status, int], *, name: str, title: str) -> str:
    """One bar, divided by status. ``name`` makes its ids unique in the page."""
    return (
        f'<svg class="share" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" height="28">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(count_words(counts)) or "None."}</desc>'
        f"{''.join(_segments(counts, 100.0, height=28))}</svg>"
    )


def size_bar(counts: Mapping[Status, int], *, largest: int) -> str:
    """A thin bar below a row's name, as long as the row's part of the largest row; its numbers stand in the row."""
    width = 100 * sum(counts.values()) / max(1, largest)
    return (
        '<svg class="size" aria-hidden="true" width="100%" height="5">'
        f"{''.join(_segments(counts, width, height=5))}</svg>"
    )


def timeline_chart(timeline: Timeline, *, name: str, title: str) -> str:
    """Stacked bars, a step each: how many letters came into which status when. ``name`` makes its ids unique."""
    most = max(sum(step.counts.values()) for step in timeline.steps)
    line = round_step(most)
    lines = -(-most // line)
    return (
        f'<svg class="timeline" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" '
        f'height="{_ABOVE + _PLOT + _BELOW}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(_described(timeline))}</desc>'
        f"{''.join(_grid(line, lines))}{''.join(_bars(timeline, line * lines))}{''.join(_time_axis(timeline))}</svg>"
    )


def _longer_and_longer() -> Iterator[int]:
    yield from _STEPS
    weeks = 2
    while True:
        yield weeks * _WEEK
        weeks *= 2


def _as_at(zone: tzinfo, at: float) -> timezone:
    """The zone with the offset and the name that it has at that moment."""
    then = datetime.fromtimestamp(at, zone)
    return timezone(then.utcoffset() or timedelta(0), then.tzname() or "UTC")


def _offset(zone: timezone) -> int:
    return int(zone.utcoffset(None).total_seconds())


def _floor(at: float, seconds: int, offset: int) -> int:
    """The start of the step that holds this moment; weeks begin on Mondays."""
    start = (_MONDAY if seconds % _WEEK == 0 else 0) - offset
    return int((at - start) // seconds) * seconds + start


def _segments(counts: Mapping[Status, int], width: float, *, height: int) -> Iterator[str]:
    """The parts of a bar of that width, in per cent, side by side in the order in which statuses are shown."""
    shown = present(counts)
    x = 0.0
    for status, wide in zip(shown, widths([counts[status] for status in shown], width), strict=True):
        yield _box(status, f"{_short(x)}%", "0", f"{_short(wide)}%", str(height))
        x += wide


def _box(status: Status, x: str, y: str, width: str, height: str) -> str:
    return f'<rect class="{status.value}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def _described(timeline: Timeline) -> str:
    steps = timeline.steps
    most = max(steps, key=lambda step: sum(step.counts.values()))
    return (
        f"From {step_moment(timeline, steps[0].at)} to {step_moment(timeline, steps[-1].at)}, in steps of "
        f"{step_words(timeline.seconds)}. The most letters in a step: {count_words(most.counts)}, at "
        f"{step_moment(timeline, most.at)}."
    )


def _grid(line: int, lines: int) -> Iterator[str]:
    """Lines at round numbers of letters, labelled left of the plot; the highest bar ends below the highest line."""
    for index in range(lines + 1):
        y = _short(_ABOVE + _PLOT - index * _PLOT / lines)
        kind = "grid" if index else "base"
        yield f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        yield f'<text class="label" x="-8" y="{y}" dy="4" text-anchor="end">{number(index * line)}</text>'


def _bars(timeline: Timeline, top: int) -> Iterator[str]:
    """Each step's bar; ``top`` letters would fill the plot."""
    width = 100 / timeline.length
    for step in timeline.steps:
        left = (step.at - timeline.start) / timeline.seconds * width
        yield f"<g><title>{step_moment(timeline, step.at)}: {count_words(step.counts)}</title>"
        yield from _stack(step, top, left + width * 0.08, width * 0.84)
        yield "</g>"


def _stack(step: Bucket, top: int, x: float, width: float) -> Iterator[str]:
    y = float(_ABOVE + _PLOT)
    for status in present(step.counts):
        height = max(LOWEST, step.counts[status] * _PLOT / top)
        y -= height
        yield _box(status, f"{_short(x)}%", _short(y), f"{_short(width)}%", _short(height))


def _time_axis(timeline: Timeline) -> Iterator[str]:
    """Labels at round times. Every second one is ``minor``: it is left out where the page is narrow."""
    whole = timeline.length * timeline.seconds
    for index, (at, label) in enumerate(_time_labels(timeline.start, timeline.start + whole, timeline.zone)):
        x = _short(100 * (at - timeline.start) / whole)
        kind = "label minor" if index % 2 else "label"
        yield f'<line class="base" x1="{x}%" x2="{x}%" y1="{_ABOVE + _PLOT}" y2="{_ABOVE + _PLOT + 5}"/>'
        yield f'<text class="{kind}" x="{x}%" y="{_ABOVE + _PLOT + 20}" text-anchor="middle">{label}</text>'


def _time_labels(start: int, end: int, zone: timezone) -> Sequence[tuple[int, str]]:
    """Round moments from start to end, both included where they are round, with their labels."""
    offset = _offset(zone)
    step = step_seconds(start, end, most=MOST_MARKS, offset=offset)
    first = _floor(start, step, offset)
    moments = range(first if first == start else first + step, end + 1, step)
    return [(at, _time_label(datetime.fromtimestamp(at, zone), step)) for at in moments]


def _time_label(when: datetime, step: int) -> str:
    """A time of day, or at midnight the day."""
    if when.hour == when.minute == when.second == 0:
        return f"{when.day} {when:%b}"
    return when.strftime("%H:%M:%S" if step < 60 else "%H:%M")


def _short(length: float) -> str:
    return f"{length:.3f}".rstrip("0").rstrip(".")
