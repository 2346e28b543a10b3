"""How a spreadsheet shows a number: format codes (ECMA-376 part 1 §18.8.31), as far as they change what is read.

The decimal mark is always a point, and thousands are not separated: both depend on who opens the workbook, and a
letter has its own language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

EXACT = 10.0**15
"""A double, and so every number in a workbook, keeps 15 decimal digits."""

BUILT_IN = {
    **dict.fromkeys((1, 5, 6, 37, 38, 41, 42, 59), "0"),  # the currency of some is that of whoever looks at it
    **dict.fromkeys((3, 61), "#,##0"),
    **dict.fromkeys((2, 7, 8, 39, 40, 43, 44, 60), "0.00"),
    **dict.fromkeys((4, 62), "#,##0.00"),
    **dict.fromkeys((9, 67), "0%"),
    **dict.fromkeys((10, 68), "0.00%"),
    **dict.fromkeys((11, 48), "0.00E+00"),
    **dict.fromkeys((12, 13), "# ?/?"),
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 55, 56), "h:mm:ss"),
    22: "yyyy-mm-dd h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
}
"""The codes that have a number instead of a text (ECMA-376 part 1 §18.8.30); 49 is text and shows all of a number."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\[\]]*)\]|(?P<general>general)|(?P<exponent>E[+-])'
    r"|(?P<half>AM/PM|A/P)|(?P<letter>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")
_COMPARED = {"<": lt, ">": gt, "<=": le, ">=": ge, "=": eq, "<>": ne}
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_LAST_DAY = 2958465  # 9999-12-31
_LONGEST_CODE = 1000  # characters; spreadsheet programs take 255
WIDE = Context(prec=4 * _LONGEST_CODE, rounding=ROUND_HALF_UP)  # holds whatever such a code asks for


class Number(NamedTuple):
    """A number as people see it and as it is stored, both as text."""

    seen: str
    bare: str


class Moment(Enum):
    """What a format shows of a moment."""

    DATE = "date"
    TIME = "time"
    BOTH = "both"
    ELAPSED = "elapsed"


class _Section(NamedTuple):
    """One of the parts between semicolons."""

    holds: tuple[str, float] | None  # the condition in brackets
    tokens: tuple[tuple[str, str], ...]  # kind and text: "literal", "digit", "point", "comma", "percent"
    whole: bool  # all of the number is shown
    odd: bool  # holds something that is not understood


class Format(NamedTuple):
    """A format code that does something to a number."""

    code: str
    moment: Moment | None  # it shows a date or a time
    sections: tuple[_Section, ...]


@lru_cache(maxsize=4096)
def number_format(code: str) -> Format | None:
    """The format, or ``None`` for one that shows the number as it is."""
    if len(code) > _LONGEST_CODE:
        return Format(code, None, (_Section(None, (), whole=False, odd=True),))
    parts = _split(code)
    first = parts[0]
    if moment := _moment(first):
        return Format(code, moment, ())
    sections = tuple(map(_section, parts))
    return None if all(each.whole for each in sections) else Format(code, None, sections)


def time_text(value: date | time | timedelta) -> str:
    """A day, a time of day or a duration as people write it; a moment at midnight is a day, as in most tables."""
    if isinstance(value, timedelta):
        return _hours(round(value.total_seconds()))
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    return value.isoformat()


def _hours(total: int) -> str:
    """Seconds as "26:05:00"."""
    minutes, seconds = divmod(total, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def plain(value: float) -> str:
    """All of the number: 15 digits are what a workbook keeps; more would show how 0.3 is stored."""
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


def shown_number(value: float, style: Format) -> str | None:
    """The number as the format shows it, or ``None`` where the format is not understood."""
    section, negative = _chosen(value, style.sections)
    if section is None or section.odd:
        return None
    if section.whole:
        return plain(value)
    text = _rendered(Decimal(format(abs(value), ".15g")), section.tokens)
    return f"-{text}" if negative and any(digit in text for digit in "123456789") else text


def shown_moment(value: float, moment: Moment, *, since_1904: bool) -> Number | None:
    """A serial number as ISO 8601, elapsed time as hours, minutes and seconds; ``None`` where no calendar has it."""
    if moment is Moment.ELAPSED and abs(value) <= _LAST_DAY:
        text = _hours(round(value * 86400))
        return Number(text, text)
    if moment is Moment.ELAPSED or not 0 <= value < _LAST_DAY + 1:
        return None
    days, seconds = divmod(round(value * 86400), 86400)
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    if moment is Moment.TIME or (days == 0 and not since_1904):
        return Number(clock.isoformat(), clock.isoformat())
    day = _day(days, since_1904=since_1904)
    if day is None:
        return None
    both = datetime.combine(day, clock).isoformat() if clock != time() else day.isoformat()
    return Number(day.isoformat() if moment is Moment.DATE else both, both)


def _day(serial: int, *, since_1904: bool) -> date | None:
    """The serial's day. Day 60 of 1900 is a 29 February that never was: days before it count one less."""
    if since_1904:
        return date(1904, 1, 1) + timedelta(days=serial) if serial <= _LAST_DAY - 1462 else None
    if serial == 60 or serial > _LAST_DAY:
        return None
    return date(1899, 12, 30) + timedelta(days=serial + (serial < 60))


def _split(code: str) -> list[list[re.Match[str]]]:
    """The code's tokens, by section."""
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code):
        if token["letter"] == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _moment(tokens: Sequence[re.Match[str]]) -> Moment | None:
    """What a section shows of a moment: letters outside quotes say it, and ``m`` is both month and minute."""
    if any(token["bracket"] and _ELAPSED.fullmatch(token["bracket"]) for token in tokens):
        return Moment.ELAPSED
    if any(token["general"] for token in tokens):
        return None
    letters = {(token["letter"] or "").lower() for token in tokens}
    if any(token["half"] for token in tokens):
        letters.add("h")
    day, clock = bool(letters & {"y", "d", "g"}), bool(letters & {"h", "s"})
    if day and clock:
        return Moment.BOTH
    if clock:
        return Moment.TIME
    return Moment.DATE if day or "m" in letters else None


def _section(tokens: Sequence[re.Match[str]]) -> _Section:
    found: list[tuple[str, str]] = []
    holds, whole, odd = None, False, False
    for token in tokens:
        if token["general"] or token["exponent"] or token["letter"] == "@":
            whole = True  # powers of ten are a way to be short, and a letter wants the number
        elif (bracket := token["bracket"]) is not None:
            if condition := _CONDITION.fullmatch(bracket):
                holds = (condition[1], float(condition[2]))
            elif bracket.startswith("$"):
                found.append(("literal", bracket[1:].rpartition("-")[0] or bracket[1:].partition("-")[0]))
        elif (literal := token["quoted"] or token["escaped"]) is not None:
            found.append(("literal", literal))
        elif (letter := token["letter"]) is not None:
            kind = _KINDS.get(letter, "literal")
            odd |= letter == "/" and any(each == "digit" for each, _ in found) and _digits_follow(token)
            found.append((kind, letter))
    return _Section(holds, tuple(found), whole=whole, odd=odd)


_KINDS = {**dict.fromkeys("0#?", "digit"), ".": "point", ",": "comma", "%": "percent"}


def _digits_follow(slash: re.Match[str]) -> bool:
    """Whether this is a fraction's stroke: placeholders or a denominator stand behind it, too."""
    return re.match(r"\s*[?#0-9]", slash.string[slash.end() :]) is not None


def _chosen(value: float, sections: Sequence[_Section]) -> tuple[_Section | None, bool]:
    """The section that shows this number, and whether a minus sign has to be added to it."""
    numeric = sections[:3]
    if any(each.holds for each in numeric):
        for each in numeric:
            if each.holds is None or _COMPARED[each.holds[0]](value, each.holds[1]):
                return each, value < 0
        return None, False
    if value < 0 and len(numeric) > 1:
        return numeric[1], False
    if value == 0 and len(numeric) > 2:
        return numeric[2], False
    return numeric[0], value < 0


def _rendered(value: Decimal, tokens: Sequence[tuple[str, str]]) -> str:
    """The digits among the literals."""
    point = next((place for place, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    whole = [place for place, (kind, _) in enumerate(tokens[:point]) if kind == "digit"]
    parts = [place for place, (kind, _) in enumerate(tokens) if kind == "digit" and place > point]
    last = max([*whole, *parts], default=-1)
    thousands = sum(1 for kind, _ in _run(tokens[last + 1 :], "comma"))
    if whole and not parts:
        thousands = sum(1 for kind, _ in _run(tokens[whole[-1] + 1 :], "comma"))
    percent = sum(kind == "percent" for kind, _ in tokens)
    scaled = WIDE.scaleb(value, 2 * percent - 3 * thousands) if whole or parts else value
    rounded = WIDE.quantize(scaled, Decimal(1).scaleb(-len(parts)))
    before, _, after = format(rounded, "f").partition(".")
    written = {
        **_before_the_point(before.lstrip("0"), [(place, tokens[place][1]) for place in whole]),
        **_after_the_point(after, [(place, tokens[place][1]) for place in parts]),
    }
    texts = (_text(place, kind, text, written) for place, (kind, text) in enumerate(tokens))
    return "".join(texts).strip()


def _run(tokens: Sequence[tuple[str, str]], kind: str) -> Sequence[tuple[str, str]]:
    end = next((place for place, (each, _) in enumerate(tokens) if each != kind), len(tokens))
    return tokens[:end]


def _before_the_point(digits: str, places: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Which digits stand at which placeholder, from the right; what is left over stands at the first."""
    written = {}
    for number, (place, holder) in enumerate(reversed(places)):
        digit = digits[len(digits) - 1 - number] if number < len(digits) else "0" if holder == "0" else ""
        written[place] = digit
    if places and len(digits) > len(places):
        written[places[0][0]] = digits[: len(digits) - len(places) + 1]
    return written


def _after_the_point(digits: str, places: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Digits from the left; zeros at the end only where the placeholder asks for them."""
    written = {place: digit for (place, _), digit in zip(places, digits, strict=False)}
    for place, holder in reversed(places):
        if holder == "0" or written.get(place, "0") != "0":
            break
        written[place] = ""
    return written


def _text(place: int, kind: str, text: str, written: dict[int, str]) -> str:
    if kind == "digit":
        return written.get(place, "")
    return "" if kind == "comma" else text
