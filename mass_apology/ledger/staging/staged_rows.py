"""Rows of the statements of staging.sql → the values of ``ledger.staged``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.json import Decoder

from mass_apology.ledger.staged import Again, Kin
from mass_apology.model import Status

_NAMED = 10  # so many of several letters are kept as examples


def in_order(statement: str, *, by_priority: bool) -> str:
    """The statement with letters in the order in which they leave: that of the file, or of their priorities first.

    Without priorities nothing needs to be sorted, which takes a second for a million letters.
    """
    order = "staged.priority DESC, staged.id" if by_priority else "staged.id"
    return statement.replace("ORDER BY staged.id", f"ORDER BY {order}")


def again(row: tuple[Any, ...]) -> Again:
    """A row of the statement "written"."""
    lines, name, address, status, at = row
    return Again(lines=numbers(lines), name=name, address=address, status=Status(status), at=at)


def kin(letters: Iterable[tuple[Any, ...]]) -> Kin:
    """Letters that belong together: rows of one of the statements "…-repeated"."""
    first: list[tuple[Any, ...]] = []
    count = 0
    for count, letter in enumerate(letters, start=1):
        if count <= _NAMED:
            first.append(letter)
    return Kin(
        addresses=tuple(address for _, address, _, _ in first),
        names=tuple(name for _, _, name, _ in first),
        lines=tuple(numbers(lines)[0] for _, _, _, lines in first),
        letters=count,
    )


texts = Decoder(tuple[str, ...]).decode
"""JSON arrays as the plan's tables hold them."""

numbers = Decoder(tuple[int, ...]).decode
"""So are these."""
