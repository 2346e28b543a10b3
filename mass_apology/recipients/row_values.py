"""Turns rows of texts into recipients: every row is checked completely, and all its errors are reported at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from mass_apology.control_characters import turns_what_follows
from mass_apology.model import Finding, Recipient, Severity, Withheld
from mass_apology.names import clickable
from mass_apology.recipients.about_nobody import Header, RepeatedHeader, totals_problem, totals_word
from mass_apology.recipients.address import envelope_address
from mass_apology.recipients.cells import (
    BIDI_OVERRIDE,
    CONTROL,
    CONTROL_BUT_LAYOUT,
    Flaw,
    converted,
    row_finding,
    shown,
    time_zone,
)
from mass_apology.recipients.cleaning import Cleaner
from mass_apology.recipients.column_layout import (
    Batch,
    Chunk,
    Layout,
    Roles,
    listed,
)
from mass_apology.recipients.column_watch import ColumnWatch
from mass_apology.recipients.damage import Damage
from mass_apology.recipients.gender_notes import GenderNotes
from mass_apology.recipients.identity import identify, identify_unusable
from mass_apology.recipients.languages import LanguageNotes, language
from mass_apology.recipients.leading_zeros import LeadingZeros
from mass_apology.recipients.made_columns import ColumnMaker
from mass_apology.recipients.row_table import RowTable
from mass_apology.recipients.several_addresses import SeveralAddresses, several, undecided
from mass_apology.recipients.where import Where
from mass_apology.recipients.written_notes import NumberNotes
from mass_apology.recipients.written_values import Plain, file_readers, plain_texts
from mass_apology.settings import Campaign

_HEADERS_TOLD = 100  # headers inside a file that are reported; more would only take memory
_LONGEST_NAME = 200  # characters
_ENCODED_WORD = re.compile(r"=\?")  # RFC 2047: a mail program would decode it to an arbitrary text

_Cells = Sequence[str]


class RowChecks:
    """The checks of every row of one file. ``read`` makes one and passes it each chunk."""

    def __init__(  # noqa: PLR0913, PLR0917 (the parts of one reading, named at the one call)
        self,
        file: str,
        layout: Layout,
        roles: Roles,
        campaign: Campaign,
        where: Where | None,
        watch: ColumnWatch,
        damage: Damage,
    ) -> None:
        self._file = file
        self._layout = layout
        self._maker = ColumnMaker(file, layout)
        self._addresses = layout.sources(roles.address)
        named = " or ".join(self._addresses)
        self._several = SeveralAddresses(file, roles.address, named, campaign.values.several_addresses)
        self._watch = watch
        self._damage = damage
        self._cleaner = Cleaner(file)
        self._languages = LanguageNotes(file, roles.language)
        gender = campaign.columns.gender
        self._genders = GenderNotes(file, gender if gender in layout.header else None, campaign.values.gender)
        self._zeros = LeadingZeros(file, campaign.types)
        self._headers: list[Finding] = []  # headers inside the file that name other columns
        self._roles = roles
        self._where = where
        self._each_customer = campaign.one_letter_per == "customer"
        has_types = layout.kind != "csv"
        self._readers = file_readers(campaign.types, campaign.time_zone, campaign.csv, has_types=has_types)
        self._plain = plain_texts(campaign.types, campaign.csv, has_types=has_types)
        self._numbers = NumberNotes(file, campaign.types, campaign.csv)

    def batch(self, chunk: Chunk) -> Batch:
        """Check the chunk's rows: recipients, and findings about the others."""
        chosen, rows, passed_over = self._chosen(chunk)
        table, lines = self._several.settled(rows, chosen)
        columns = table.texts
        self._languages.see(columns, lines)
        self._genders.see(columns, lines)
        self._zeros.see(columns, lines)
        self._numbers.see(columns)
        cells = _CheckedCells(table)
        cells.flaws += self._damage.flaws(columns, lines)
        people = self._people(cells)
        sound = [True] * len(lines)
        for flaw in cells.flaws:
            sound[flaw.row] = False
        each = [self._finding(flaw, lines[flaw.row], columns) for flaw in cells.flaws]
        found = {(one.line, one.where, one.problem): one for one in each}.values()  # once, however many it writes to
        misfits = len({finding.line for finding in chunk.misfits})
        findings = sorted([*chunk.misfits, *found], key=lambda finding: finding.line or 0)
        counted = sum(sound) + len({lines[flaw.row] for flaw in cells.flaws})  # a row counts once for each address
        fields = {lines[flaw.row]: people[-1][flaw.row] for flaw in cells.flaws}
        return Batch(
            recipients=[
                _recipient(self._each_customer, *person) for person in compress(zip(lines, *people, strict=True), sound)
            ],
            findings=findings,
            withheld=list(_withheld(findings, fields, each_customer=self._each_customer)),
            rows_read=len(chunk.lines) - passed_over + misfits + counted - len(chosen),
            rows_chosen=counted + misfits,
        )

    def findings(self) -> list[Finding]:
        """The findings about the whole file; call it after the last chunk."""
        of_columns = (self._languages, self._genders, self._zeros, self._numbers)
        watches = (self._maker, self._several, self._watch, self._damage, *of_columns)
        noted = [finding for each in watches for finding in each.findings()]
        return [*self._cleaner.findings(), *self._headers, *noted]

    def _chosen(self, chunk: Chunk) -> tuple[list[int], RowTable, int]:
        """The lines and cells of the rows that ``where`` includes, and the number of rows that do not count as rows."""
        for code, mended in chunk.mended.items():
            self._cleaner.note(code, mended)
        in_file, lines = self._cleaner.cleaned(chunk.columns, chunk.lines), chunk.lines
        nobody = self._no_rows(in_file, lines)
        if nobody:
            kept = [row not in nobody for row in range(len(lines))]
            in_file = {column: list(compress(cells, kept)) for column, cells in in_file.items()}
            lines = list(compress(lines, kept))
        table = RowTable(self._maker.made(in_file, lines), self._readers)
        self._watch.see(table.texts, lines)
        if self._where is not None:
            chosen = self._where.chosen(table)
            table, lines = table.chosen(chosen), list(compress(lines, chosen))
        return lines, table, len(nobody)

    def _no_rows(self, columns: Mapping[str, _Cells], lines: Sequence[int]) -> set[int]:
        """The positions of empty rows and of repeated headers."""
        found: dict[str, list[int]] = {"rows-empty": [], "header-repeated": []}
        first, *others = (columns[column] for column in self._addresses)
        addresses = map(" ".join, zip(first, *others, strict=True)) if others else first
        odd = [row for row, address in enumerate(addresses) if "@" not in address]
        repeated = RepeatedHeader(tuple(columns))
        for row in odd:
            values = [cells[row] for cells in columns.values()]
            if not any(values):
                found["rows-empty"].append(row)
            elif (kind := repeated.kind(values)) is Header.AS_IT_IS:
                found["header-repeated"].append(row)
            elif kind is Header.ANOTHER and len(self._headers) < _HEADERS_TOLD:
                self._headers.append(self._other_header(lines[row], values))
        for code, rows in found.items():
            self._cleaner.note(code, [lines[row] for row in rows])
        return {row for rows in found.values() for row in rows}

    def _other_header(self, line: int, values: Sequence[str]) -> Finding:
        return Finding(
            code="header-changed",
            severity=Severity.ERROR,
            where=f"{self._file}, line {line}",
            problem=f"The line holds column names, and not those of the first line: {listed(values)}.",
            advice="The rows below it would be read into wrong columns: make two files of it, or one with one header.",
        )

    def _people(self, cells: _CheckedCells) -> tuple[Sequence[Any], ...]:
        """The arguments of ``_recipient`` after the line, each for all rows; errors are added to the flaws."""
        roles = self._roles
        cells.find_controls({roles.address, roles.name, roles.language, roles.time_zone, roles.key})
        cells.find(roles.address, _ENCODED_WORD, "encoded-word", "holds '=?', which mail programs decode")
        if roles.name is not None:
            cells.find_name_flaws(roles.name, roles.address)
        cells.find_totals(roles.address)
        cells.find_several(roles.address)
        cells.require(roles.address, "address-missing")
        cells.require(roles.key, "key-missing")
        people = (
            cells.convert(roles.address, envelope_address, "address-invalid"),
            cells.stripped(roles.name),
            cells.convert(roles.language, language, "language-invalid"),
            cells.convert(roles.time_zone, time_zone, "time-zone-unknown"),
            cells.stripped(roles.key),
            cells.fields(self._plain),
        )
        cells.check_values()
        cells.keep_only_totals()
        return people

    def _finding(self, flaw: Flaw, line: int, columns: Mapping[str, _Cells]) -> Finding:
        return row_finding(
            file=self._file,
            line=line,
            address=columns[self._roles.address][flaw.row],
            code=flaw.code,
            problem=flaw.problem,
            column=" or ".join(self._layout.sources(flaw.column)),
        )


class _CheckedCells:
    """The cells of one batch, and the flaws found so far. ``RowChecks.batch`` makes one for each chunk."""

    def __init__(self, table: RowTable) -> None:
        self._table = table
        self._columns = table.texts
        self.flaws: list[Flaw] = []

    def find_controls(self, of_one_line: set[str | None]) -> None:
        """Find control characters; columns of several lines may hold tab and line feed."""
        for column, cells in self._columns.items():
            if not "".join(cells).isprintable():
                pattern = CONTROL if column in of_one_line else CONTROL_BUT_LAYOUT
                self.find(column, pattern, "control-character", "holds a control character")
                if pattern is CONTROL_BUT_LAYOUT:
                    self._find_turned(column)

    def _find_turned(self, column: str) -> None:
        """Find values that would change the direction of the text around them; a name may hold no such mark at all."""
        for index, cell in enumerate(self._columns[column]):
            if turns_what_follows(cell):
                problem = f"The value '{shown(cell)}' turns the direction of writing of what follows it."
                self.flaws.append(Flaw(index, "bidi-override", column, problem))

    def find(self, column: str, pattern: re.Pattern[str], code: str, problem: str) -> None:
        """Find cells that the pattern matches; ``problem`` completes the sentence "The value '…' …"."""
        cells = self._columns[column]
        if not pattern.search("".join(cells)):  # one search for the batch; a match across two cells is harmless
            return
        hits = ((index, cell) for index, cell in enumerate(cells) if pattern.search(cell))
        self.flaws.extend(Flaw(index, code, column, f"The value '{shown(cell)}' {problem}.") for index, cell in hits)

    def find_name_flaws(self, column: str, address: str) -> None:
        """Find names that must not stand in a header or after "Dear"."""
        self.find(column, _ENCODED_WORD, "encoded-word", "holds '=?', which mail programs decode")
        self.find(column, BIDI_OVERRIDE, "bidi-override", "holds characters that turn the direction of writing")
        for index, (cell, own) in enumerate(zip(self._columns[column], self._columns[address], strict=True)):
            if (link := clickable(cell)) and cell.strip().casefold() != own.strip().casefold():
                problem = f"The value '{shown(cell)}' holds '{shown(link)}', which mail programs make a link of."
                self.flaws.append(Flaw(index, "name-is-link", column, problem))
            if len(cell) > _LONGEST_NAME:
                problem = (
                    f"The name '{shown(cell)}' has {len(cell)} characters, and at most {_LONGEST_NAME} are allowed."
                )
                self.flaws.append(Flaw(index, "name-too-long", column, problem))

    def find_several(self, column: str) -> None:
        """Find cells of several addresses that the campaign does not settle, in place of what they are flawed by."""
        found = {row: cell for row, cell in enumerate(self._columns[column]) if several(cell)}
        self.flaws = [flaw for flaw in self.flaws if flaw.row not in found or flaw.column != column]
        self.flaws += [Flaw(row, "address-several", column, undecided(cell)) for row, cell in found.items()]

    def find_totals(self, address: str) -> None:
        """Find rows without an address that are a sum or a row count."""
        for row, cell in enumerate(self._columns[address]):
            if "@" not in cell and (word := totals_word([cells[row] for cells in self._columns.values()])):
                self.flaws.append(Flaw(row, "totals-row", address, totals_problem(word)))

    def keep_only_totals(self) -> None:
        """Drop the other flaws of a row of totals."""
        totals = {flaw.row for flaw in self.flaws if flaw.code == "totals-row"}
        self.flaws = [flaw for flaw in self.flaws if flaw.code == "totals-row" or flaw.row not in totals]

    def require(self, column: str | None, code: str) -> None:
        """Find empty cells in a column that must be filled."""
        if column is not None:
            problem = f"The cell in column '{shown(column)}' is empty."
            empty = (row for row, cell in enumerate(self._columns[column]) if not cell)
            self.flaws.extend(Flaw(row, code, column, problem) for row in empty)

    def stripped(self, column: str | None) -> list[str]:
        """The column's cells without outer blanks; all empty if ``column`` is ``None``."""
        if column is None:
            return [""] * len(next(iter(self._columns.values())))
        return [cell.strip() for cell in self._columns[column]]

    def convert(self, column: str | None, convert: Callable[[str], str], code: str) -> list[str]:
        """Convert the stripped cells; the result is "" for an empty or flawed cell."""
        if column is None:
            return self.stripped(None)
        cells = self.stripped(column)
        read = converted(cells, convert)
        self._add_new(read.flaws(cells, code, column))
        return [value or "" for value in read.values]

    def check_values(self) -> None:
        """Find values that are not of their column's declared type."""
        for column in self._table.typed:
            flaws = self._table.values(column).flaws(self._columns[column], "value-invalid", column)
            self._add_new([flaw._replace(problem=f"In column '{shown(column)}': {flaw.problem}") for flaw in flaws])

    def fields(self, plain: Mapping[str, Plain]) -> list[dict[str, str]]:
        """Column → cell of each row, without empty cells; cells of the columns in ``plain`` are made plain by it."""
        names = tuple(self._columns)
        made_plain = {
            column: [cell and to_plain(cell) for cell in self._columns[column]] for column, to_plain in plain.items()
        }
        rows = zip(*{**self._columns, **made_plain}.values(), strict=True)
        return [
            {name: cell for name, cell in zip(names, row, strict=True) if cell}
            if "" in row
            else dict(zip(names, row, strict=True))
            for row in rows
        ]

    def _add_new(self, flaws: Sequence[Flaw]) -> None:
        """Add flaws of cells without one: a control character also makes an address invalid, but is reported once."""
        flawed = {(flaw.row, flaw.column) for flaw in self.flaws}
        self.flaws.extend(flaw for flaw in flaws if (flaw.row, flaw.column) not in flawed)


def _recipient(  # noqa: PLR0913, PLR0917 (one argument for each field)
    each_customer: bool,  # noqa: FBT001 (private, and called once)
    line: int,
    address: str,
    name: str,
    language: str,
    time_zone: str,
    key: str,
    row: Mapping[str, str],
) -> Recipient:
    identity, mailbox, customer, person = identify(address, name, key, each_customer=each_customer)
    return Recipient(
        identity=identity,
        mailbox=mailbox,
        customer=customer,
        person=person,
        address=address,
        name=name,
        language=language,
        time_zone=time_zone,
        line=line,
        row=row,
    )


def _withheld(
    findings: Iterable[Finding], fields: Mapping[int, Mapping[str, str]], *, each_customer: bool
) -> Iterator[Withheld]:
    """The rows of these findings, with their ``fields`` by line; rows of a wrong structure have no fields.

    With ``each_customer``, the owner of a flawed row of a shared mailbox cannot be known.
    """
    withheld: set[int] = set()
    for finding in findings:
        if finding.line is not None and finding.line not in withheld:
            withheld.add(finding.line)
            row = fields.get(finding.line, {})
            identity = None if each_customer else identify_unusable(finding.address)
            yield Withheld(
                line=finding.line, address=finding.address, reason=finding.problem, identity=identity, row=row
            )
