"""Numbers as they are told: "1 letter is", "48,172 letters are"; percentages."""

from __future__ import annotations

from collections.abc import Sequence


def number(count: int) -> str:
    """``48172`` → "48,172"."""
    return f"{count:,}"


def percent(part: int, whole: int) -> float:
    """A share with one decimal, and 100 only for all of them."""
    return 100.0 if part == whole else min(99.9, round(100 * part / whole, 1))


def counted(count: int, one: str, many: str = "") -> str:
    """``1, "letter"`` → "1 letter"; ``48172, "address"`` → "48,172 addresses"; ``many`` is said where it is given."""
    return f"{number(count)} {one if count == 1 else many or _several(one)}"


def _several(noun: str) -> str:
    if noun.endswith("ry"):
        return noun.removesuffix("y") + "ies"
    return noun + ("es" if noun.endswith("s") else "s")


def enumerated(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def are(count: int) -> str:
    """The verb, where it does not stand next to its noun."""
    return "is" if count == 1 else "are"


def were(count: int) -> str:
    """The same in the past."""
    return "was" if count == 1 else "were"
