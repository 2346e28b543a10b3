"""What writing one letter may cost: a bound for each value that an expression builds, and one for all of them together.

Every way in which a template can make a value larger (operators, filters, lists) and every way in which it can repeat
something (loops) is counted here. So no way of combining them takes long or fills the memory.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import wraps
from time import thread_time
from typing import Any

from jinja2 import pass_environment
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS

MAX_TEXT = 10_000
"""Characters of a text, or items of a list, that a template may put together."""

MAX_VALUE = 100_000
"""Characters and items of one value, with all that is in it."""

MAX_NUMBER = 10**30
"""The largest product of whole numbers; chains of multiplications would otherwise fill the memory."""

MAX_BITS = 4096
"""Of any whole number."""

MAX_UNITS = 1_000_000
"""Characters, items and rounds of a loop, in one letter. A letter with a hundred rows takes some thousand."""

MAX_SECONDS = 0.1
"""Of the processor, in one letter: for what costs more than it counts."""

_MOST_PLACES = 9
_PRINTF = re.compile(r"%[-+ 0#]{0,3}[0-9]{0,2}(?:\.[0-9]{0,2})?[sdifeEgGxX]|%%")
_OFTEN = 1_000  # units after which the processor's time is asked for
_SHORT = 1_000  # characters of a text that are not worth a count: what is printed is counted by its pieces


class Work:
    """What one letter has taken so far. One letter is written at a time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Count from nought: a new letter."""
        self._units = self._asked = 0
        self._began = thread_time()

    def fits(self, share: int) -> bool:
        """Whether what has been taken since the last beginning is no more than one of so many parts of a letter may."""
        return self._units * share <= MAX_UNITS

    def spend(self, units: int) -> None:
        """Raises ``SecurityError`` where the letter has taken too much."""
        self._units += units
        if self._units - self._asked < _OFTEN:
            return
        self._asked = self._units
        if self._units > MAX_UNITS or thread_time() - self._began > MAX_SECONDS:
            raise SecurityError("the letter takes too much work: it builds or repeats too much")

    def measured(self, value: Any) -> Any:
        """The value, whose size is now spent; raises ``SecurityError`` where it is larger than ``MAX_VALUE``."""
        if type(value) is not str or len(value) > _SHORT:
            self.spend(weight(value))
        return value

    def counted(self, items: Any, cost: int) -> Any:
        """What a loop goes over, where each round spends ``cost``."""
        if hasattr(items, "__len__"):
            self.spend(len(items) * cost)
            return items
        return self._one_by_one(items, cost)

    def _one_by_one(self, items: Iterable[Any], cost: int) -> Iterator[Any]:
        for item in items:
            self.spend(cost)
            yield item

    def measuring(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The filter, with what it goes over counted and its result measured."""

        @wraps(function)  # with the marks by which Jinja knows what else to pass
        def measured(*given: Any, **named: Any) -> Any:
            for each in given:
                if type(each) is list:
                    self.spend(len(each))
            result = function(*given, **named)
            return self._one_by_one(result, 1) if isinstance(result, Iterator) else self.measured(result)

        return measured


def weight(value: Any) -> int:
    """The characters and items of a value; ``SecurityError`` where they are more than ``MAX_VALUE``."""
    total, within = 0, [value]
    while within:
        each = within.pop()
        if isinstance(each, str):
            total += len(each)
        elif isinstance(each, list | tuple | dict):
            total += 1 + len(each)
            if total <= MAX_VALUE:
                within += [*each, *each.values()] if isinstance(each, dict) else each
        elif isinstance(each, int) and each.bit_length() > MAX_BITS:
            raise SecurityError("a number is too large for a letter")
        else:
            total += 1
        if total > MAX_VALUE:
            raise SecurityError(f"a text or list is longer than the {MAX_VALUE:,} that a letter may hold")
    return total


def bound(size: int) -> None:
    """Raise ``SecurityError`` where a text or list would be longer than ``MAX_TEXT``."""
    if size > MAX_TEXT:
        raise SecurityError(f"a text or list of {size:,} is longer than the {MAX_TEXT:,} that a letter may build")


def replace(text: object, old: str, new: str) -> str:
    """The text with every ``old`` as ``new``, within ``MAX_TEXT``."""
    before = str(text)
    bound(len(before) + before.count(old) * (len(new) - len(old)))
    return before.replace(old, new)


def split(text: object, separator: str | None = None) -> list[str]:
    """The text's words, or what stands between its separators, within ``MAX_TEXT``."""
    whole = str(text)
    bound(len(whole))
    return whole.split(separator)


def rounded(value: Any, precision: object = 0, method: Any = "common") -> Any:
    """Jinja's ``round``, to so many places as a letter shows."""
    if not isinstance(precision, int) or not 0 <= precision <= _MOST_PLACES:
        raise SecurityError(f"`round` takes 0 to {_MOST_PLACES} places in a letter")
    return FILTERS["round"](value, precision, method)


def formatted(pattern: object, *values: Any) -> str:
    """Jinja's ``format``, `"%.2f" | format(x)`, of a width and with places that a letter shows."""
    text = str(pattern)
    if "%" in _PRINTF.sub("", text):
        raise SecurityError(f"`format` cannot use {text!r} in a letter; `%s`, `%d`, `%5.2f` and `%%` can be used")
    whole = text % values
    bound(len(whole))
    return whole


@pass_environment
def total(environment: Any, items: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Jinja's ``sum``, of numbers only: a sum of lists copies them again and again."""
    if not isinstance(start, int | float | Decimal):
        raise SecurityError("`sum` adds up numbers only in a letter")
    return FILTERS["sum"](environment, items, attribute, start)


def add(left: Any, right: Any) -> Any:
    """``+``, bounded for texts and lists."""
    if isinstance(left, str | list | tuple):
        bound(len(left) + len(right))
    return operator.add(left, right)


def multiply(left: Any, right: Any) -> Any:
    """``*`` for numbers; whole numbers stay below ``MAX_NUMBER``."""
    if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
        raise SecurityError("texts and lists cannot be multiplied in a letter")
    product = operator.mul(left, right)
    if isinstance(product, int) and abs(product) > MAX_NUMBER:
        raise SecurityError("the product is too large for a letter")
    return product


def remainder(left: Any, right: Any) -> Any:
    """``%`` for numbers; on a text it would be a format of any width."""
    if isinstance(left, str):
        raise SecurityError("`%` cannot format a text in a letter")
    return operator.mod(left, right)


def power(_left: Any, _right: Any) -> Any:
    """``**`` has no use in a letter and no bound in memory."""
    raise SecurityError("`**` cannot be used in a letter")
