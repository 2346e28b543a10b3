"""The letters handed over in each step of time, as bars of one SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from mass_apology.pages.charts import round_step, step_words
from mass_apology.quantities import counted, number

MOST_BARS = 60
_PLOT = 120  # pixels between the base line and the highest line of the grid
_ABOVE = 14
_BELOW = 24


def rate_chart(steps: Sequence[tuple[datetime, int]], seconds: int, zone: tzinfo) -> str:
    """``steps``: starts of steps with letters, and how many; of so many seconds each. The last ones are shown."""
    if not steps:
        return ""
    last = steps[-1][0].timestamp()
    first = max(steps[0][0].timestamp(), last - (MOST_BARS - 1) * seconds)
    shown = [(at.astimezone(zone), letters) for at, letters in steps if at.timestamp() >= first]
    length = int((last - first) // seconds) + 1
    top = max(letters for _, letters in shown)
    line = round_step(top)
    lines = -(-top // line)
    body = [*_grid(line, lines), *_bars(shown, first, seconds, (length, line * lines)), *_axis(shown)]
    title = f"Letters in each {step_words(seconds).removeprefix('1 ')}"
    return (
        f'<svg class="timeline rate" role="img" aria-labelledby="rate-title rate-desc" width="100%" '
        f'height="{_ABOVE + _PLOT + _BELOW}"><title id="rate-title">{title}</title>'
        f'<desc id="rate-desc">{_described(shown, seconds)}</desc>{"".join(body)}</svg>'
    )


def _described(steps: Sequence[tuple[datetime, int]], seconds: int) -> str:
    at, most = max(steps, key=lambda step: step[1])
    return (
        f"From {_clock(steps[0][0])} to {_clock(steps[-1][0])}, in steps of {step_words(seconds)}. The most: "
        f"{counted(most, 'letter')}, at {_clock(at)}. The last: {counted(steps[-1][1], 'letter')}."
    )


def _grid(line: int, lines: int) -> list[str]:
    drawn = []
    for index in range(lines + 1):
        y = _ABOVE + _PLOT - index * _PLOT / lines
        kind = "grid" if index else "base"
        drawn.append(f'<line class="{kind}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        label = number(index * line)
        drawn.append(f'<text class="label" x="-8" y="{y:.1f}" dy="4" text-anchor="end">{label}</text>')
    return drawn


def _bars(steps: Sequence[tuple[datetime, int]], first: float, seconds: int, size: tuple[int, int]) -> list[str]:
    """``size``: steps, and letters that fill the plot."""
    length, top = size
    width = 100 / length
    drawn = []
    for at, letters in steps:
        x = (at.timestamp() - first) / seconds * width + width * 0.1
        height = max(1.5, letters * _PLOT / top)
        drawn.append(
            f'<rect class="ACCEPTED" x="{x:.3f}%" y="{_ABOVE + _PLOT - height:.1f}" width="{width * 0.8:.3f}%" '
            f'height="{height:.1f}"><title>{_clock(at)}: {counted(letters, "letter")}</title></rect>'
        )
    return drawn


def _axis(steps: Sequence[tuple[datetime, int]]) -> list[str]:
    y = _ABOVE + _PLOT + 18
    first, last = steps[0][0], steps[-1][0]
    ends = [(first, "0", "start")] if first == last else [(first, "0", "start"), (last, "100%", "end")]
    return [f'<text class="label" x="{x}" y="{y}" text-anchor="{anchor}">{_clock(at)}</text>' for at, x, anchor in ends]


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
