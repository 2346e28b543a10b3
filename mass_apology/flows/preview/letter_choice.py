"""Which letters of a plan to look at."""

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
    """What a person asked to see: everyone, or certain rows and addresses, or else a sample."""

    everyone: bool = False
    lines: tuple[int, ...] = ()  # of the recipients file
    addresses: tuple[str, ...] = ()
    sample: int = SIZE  # letters; more where there are more kinds of letters than these


class Kind(Struct, frozen=True, kw_only=True):
    """What sets a letter apart from others."""

    segments: tuple[str, ...]
    variant: tuple[str, ...]  # the optional parts that it has


class Kinds:
    """Tells of which kind letters are."""

    def __init__(self, writer: Writer, segments: Segments) -> None:
        self._writer = writer
        self._segments = segments

    def of(self, letters: Sequence[Delivery], rows: Sequence[Sequence[Mapping[str, str]]] | None = None) -> list[Kind]:
        """The kind of each letter; ``rows`` are theirs, where they have been decoded already."""
        rows = rows or [read_rows(letter.rows) for letter in letters]
        return [
            Kind(segments=segments, variant=self._writer.variant(letter))
            for letter, segments in zip(letters, self._segments.of(rows), strict=True)
        ]


def choose(
    letters: Callable[[], Iterator[list[Delivery]]], choice: Choice, kinds: Kinds, total: int, on_progress: OnProgress
) -> Collection[int] | None:
    """The ids of the chosen letters; ``None`` where all are.

    ``letters`` gives the plan's, in batches. Raises ``InputError`` where a row or an address has no letter.
    """
    if choice.everyone:
        return None
    if choice.lines or choice.addresses:
        return _asked_for(letters(), choice)
    return _sample(letters(), choice.sample, kinds, total, on_progress)


def _asked_for(letters: Iterator[list[Delivery]], choice: Choice) -> set[int]:
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
