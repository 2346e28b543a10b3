"""Chooses letters of a plan for a preview or test: all, those of some rows or addresses, or a sample."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.flows.operator import OnProgress
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import Delivery, read_lines, read_rows
from mass_apology.recipients import Segments
from mass_apology.sampling import SIZE, Case, Sampler


class Choice(Struct, frozen=True, kw_only=True):
    """The letters that a person wants to see."""

    everyone: bool = False  # all letters
    lines: tuple[int, ...] = ()  # letters of these lines of the recipients file
    addresses: tuple[str, ...] = ()  # letters to these addresses
    sample: int = SIZE  # otherwise so many letters; more if there are more kinds of letters


class Kind(Struct, frozen=True, kw_only=True):
    """The properties by which letters of one language differ."""

    segments: tuple[str, ...]  # the campaign's segments that the recipient is in
    variant: tuple[str, ...]  # the template's conditions that hold


class Kinds:
    """Determines the kind of each letter."""

    def __init__(self, writer: Writer, segments: Segments) -> None:
        self._writer = writer
        self._segments = segments

    def of(self, letters: Sequence[Delivery], rows: Sequence[Sequence[Mapping[str, str]]] | None = None) -> list[Kind]:
        """The kind of each letter; ``rows`` are its decoded rows, if the caller has them."""
        rows = rows or [read_rows(letter.rows) for letter in letters]
        return [
            Kind(segments=segments, variant=self._writer.variant(letter))
            for letter, segments in zip(letters, self._segments.of(rows), strict=True)
        ]


def choose(
    letters: Callable[[], Iterator[list[Delivery]]], choice: Choice, kinds: Kinds, total: int, on_progress: OnProgress
) -> Collection[int] | None:
    """The ids of the chosen letters; ``None`` means all.

    ``letters()`` yields the plan's letters in batches. Raises ``InputError`` if a row or an address has no letter.
    """
    if choice.everyone:
        return None
    if choice.lines or choice.addresses:
        return _chosen(letters(), choice)
    return _sample(letters(), choice.sample, kinds, total, on_progress)


def _chosen(letters: Iterator[list[Delivery]], choice: Choice) -> set[int]:
    lines = {line: f"row {line}" for line in choice.lines}
    addresses = {address.casefold(): address for address in choice.addresses}
    found: set[int] = set()
    met: set[object] = set()
    for letter in (letter for batch in letters for letter in batch):
        keys: set[object] = {line for line in read_lines(letter.lines) if line in lines} if lines else set()
        address = letter.address.casefold()
        if address in addresses:
            keys.add(address)
        if keys:
            found.add(letter.id)
            met |= keys
    unmet = [name for key, name in (lines | addresses).items() if key not in met]
    if unmet:
        raise InputError(
            f"There is no letter for {', '.join(unmet)}.",
            next_step="Rows are numbered by their lines in the file, whose header is line 1; bad rows have no letter: "
            "mass-apology check",
        )
    return found


def _sample(
    letters: Iterator[list[Delivery]], size: int, kinds: Kinds, total: int, on_progress: OnProgress
) -> set[int]:
    sampler = Sampler(size)
    seen = 0
    for batch in letters:
        rows = [read_rows(letter.rows) for letter in batch]
        for letter, kind, its_rows in zip(batch, kinds.of(batch, rows), rows, strict=True):
            stratum = (letter.language, " ".join(kind.segments), "\n".join(kind.variant))
            values = {column: len(value) for row in its_rows for column, value in row.items()}
            sampler.add(Case(id=letter.id, stratum=stratum, values=values))
        seen += len(batch)
        on_progress("choosing letters", seen, total)
    return set(sampler.choose())
