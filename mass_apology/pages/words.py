"""Formats numbers, times, statuses and values for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from msgspec import Struct

from mass_apology.model import NOT_REACHED, REACHED, Status
from mass_apology.pages.document import harmless
from mass_apology.quantities import counted, number

LONGEST_VALUE = 200
LONGEST_SENTENCE = 1200
"""Most characters of a name, and of a sentence, on a page."""

MEANINGS: Mapping[Status, str] = MappingProxyType(
    {
        Status.ACCEPTED: "The relay, the mail server that sends for us, took the letter and is responsible for it from "
        "there (SMTP reply 250). This is not proof that the letter was put into the mailbox, or read.",
        Status.COMPLAINED: "The relay took the letter, and its reader later reported it as unwanted mail.",
        Status.HANDING_OVER: "The letter was on its way to the relay when this report was made.",
        Status.PLANNED: "The letter is due and has not been tried yet.",
        Status.DEFERRED: "The relay could not take the letter yet. Nothing has left, and it is tried again.",
        Status.IN_DOUBT: "The letter was handed over and no answer came: the relay may have it or not.",
        Status.REFUSED: "The relay will never take a letter to this address; its answer is given.",
        Status.EXPIRED: "The letter could not be handed over in time, and was given up. Nothing has left.",
        Status.BOUNCED: "The relay took the letter, and it was later reported to be undeliverable.",
        Status.WITHHELD: "No letter was tried: the row cannot be used, the address must not be written to, or a person "
        "stopped it.",
    }
)
"""What each status says about a letter, in the order in which the statuses are shown: the reached first."""


class Sums(Struct, frozen=True, kw_only=True):
    """The number of people in each situation; everyone is in exactly one."""

    accepted: int  # by the relay, and not known to have come back
    not_reached: int
    in_doubt: int
    still_due: int  # or on the way

    @property
    def all(self) -> int:
        return self.accepted + self.not_reached + self.in_doubt + self.still_due


def sums(counts: Mapping[Status, int]) -> Sums:
    """Sum the statuses into the situations of the page's headline."""
    accepted = sum(counts.get(status, 0) for status in REACHED)
    not_reached = sum(counts.get(status, 0) for status in NOT_REACHED)
    in_doubt = counts.get(Status.IN_DOUBT, 0)
    return Sums(
        accepted=accepted,
        not_reached=not_reached,
        in_doubt=in_doubt,
        still_due=sum(counts.values()) - accepted - not_reached - in_doubt,
    )


def present(counts: Mapping[Status, int]) -> list[Status]:
    """The statuses that occur, in the order in which statuses are shown."""
    return [status for status in MEANINGS if counts.get(status)]


def status_word(status: Status) -> str:
    """``Status.IN_DOUBT`` → "in doubt"."""
    return status.value.lower().replace("_", " ")


def equation(counts: Mapping[Status, int]) -> str:
    """ "31 people = 28 accepted + 2 refused + 1 withheld": everybody is in exactly one status."""
    parts = " + ".join(f"{number(counts[status])} {status_word(status)}" for status in present(counts))
    return f"{counted(sum(counts.values()), 'person', 'people')} = {parts or 'nobody'}"


def percent(part: int, whole: int) -> str:
    """A percentage with two decimals, never rounded to 0 or 100: "99.85 %", "< 0.01 %", "> 99.99 %"."""
    if part in {0, whole}:
        return "100 %" if part else "0 %"
    hundredths = min(9999, round(part * 10_000 / whole))
    if hundredths == 9999 and part * 10_000 > whole * 9999:
        return "> 99.99 %"
    return f"{hundredths / 100:.2f} %" if hundredths else "< 0.01 %"


def moment(at: float, zone: tzinfo = UTC) -> str:
    """Unix seconds → "2026-11-20 10:12:30 CET"."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def timed(at: float, zone: tzinfo = UTC) -> str:
    """Unix seconds → a ``time`` element that says the moment."""
    return f'<time datetime="{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}">{moment(at, zone)}</time>'


def lasted(seconds: float) -> str:
    """``75`` → "1 min 15 s"; two units at most."""
    left, parts = max(0, round(seconds)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or "0 s"


def value(text: str, longest: int = LONGEST_VALUE) -> str:
    """An untrusted text as harmless HTML, at a length that leaves room for others.

    It is isolated, so that a right-to-left name does not turn around what follows it. Nothing stays nothing.
    """
    if len(text) <= longest:
        return f"<bdi>{harmless(text)}</bdi>" if text else ""
    return f"<bdi>{harmless(text[:longest])}</bdi>… ({number(len(text))} characters)"


def sentence(text: str) -> str:
    """As ``value``, for what may be a few sentences."""
    return value(text, LONGEST_SENTENCE)


def joined_lines(lines: Iterable[int]) -> str:
    """``[4, 5, 6, 9]`` → "4–6, 9"; in rising order, each once."""
    runs: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
