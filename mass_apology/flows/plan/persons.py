"""Findings about a plan's persons: shared letters, several letters to one person, persons known from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from mass_apology.guards import Commonest
from mass_apology.ledger import Conflict, Kin, Known, Planner, Respelled, Shared
from mass_apology.model import Finding, Severity
from mass_apology.settings import Campaign
from mass_apology.system.timestamps import utc_minute

LINES_NAMED = 10
NAMES_NAMED = 5

_IDENTIFYING = frozenset({"email", "name"})

_EACH = 'one_letter_per = "customer" in campaign.toml'


class Persons:
    """The persons of one plan; ask for findings when all rows are staged."""

    def __init__(self, staging: Planner, campaign: Campaign) -> None:
        self._staging = staging
        self._file = campaign.recipients
        self._identifying = {campaign.columns.address, campaign.columns.name, campaign.columns.key}
        self._each_customer = campaign.one_letter_per == "customer"
        self.crowd = Commonest()
        """The mailbox shared by most persons, and their number; known after ``findings``."""

    def findings(self) -> Iterator[Finding]:
        """Findings from the file alone; rows that contradict each other are still staged."""
        yield from map(self._conflict, self._staging.conflicts())
        for shared in self._staging.shared():
            if shared.persons > self.crowd.letters:
                self.crowd = Commonest(value=shared.address, letters=shared.persons)
            yield self._shared(shared)
        if not self._each_customer:
            yield from map(self._respelled, self._staging.respelled())
        yield from map(self._mailbox if self._each_customer else self._customer, self._staging.repeated())

    def values_findings(self, shown: Callable[[str], Collection[str]]) -> Iterator[Finding]:
        """Warnings about letters that show a column of the first row only, where the rows differ in it.

        ``shown(language)`` are the columns that letters in this language show of the first row only.
        """
        columns = {language: self._facts(shown(language)) for language in self._staging.counts(domains=0).languages}
        if not any(columns.values()):
            return
        for letter in self._staging.of_several_rows():
            differs = [each for each in columns[letter.language] if len({row.get(each) for row in letter.rows}) > 1]
            if differs:
                yield Finding(
                    code="rows-differ",
                    severity=Severity.WARNING,
                    where=self._lines(letter.lines),
                    problem=f"The rows of {letter.address} differ in {' and '.join(differs)}, "
                    "and the letter shows the first row's value only.",
                    advice="Show all of them in the template: {% for row in rows %} … {{ row.… }} … {% endfor %}",
                    line=letter.lines[0],
                    address=letter.address,
                    other_lines=letter.lines[1:],
                )

    def _facts(self, columns: Collection[str]) -> list[str]:
        """``columns`` without those that identify a person, which may be spelled differently in each row."""
        return sorted(
            column for column in columns if column not in self._identifying and column.casefold() not in _IDENTIFYING
        )

    def _conflict(self, conflict: Conflict) -> Finding:
        difference = " and ".join(conflict.differs).replace("_", " ")
        advice = "give the customers different keys" if self._each_customer else f"let each customer have one: {_EACH}"
        return Finding(
            code="rows-conflict",
            severity=Severity.ERROR,
            where=self._lines(conflict.lines),
            problem=f"The rows share one letter but differ in {difference}.",
            advice=f"Make them agree, or {advice}.",
            line=conflict.lines[0],
            address=conflict.address,
            other_lines=conflict.lines[1:],
        )

    def _shared(self, shared: Shared) -> Finding:
        return Finding(
            code="mailbox-shared",
            severity=Severity.WARNING,
            where=self._lines(shared.lines),
            problem=f"{_people(shared.names, shared.persons)} share {shared.address}, and get one letter, "
            "which calls nobody by name.",
            advice=f"If each of them is to have a letter: {_EACH}",
            line=shared.lines[0],
            address=shared.address,
            other_lines=shared.lines[1:],
        )

    def _respelled(self, respelled: Respelled) -> Finding:
        first, *others = respelled.addresses
        return Finding(
            code="address-respelled",
            severity=Severity.INFO,
            where=self._lines(respelled.lines),
            problem=f"{first} is written {' and '.join(others)}, too; it is one mailbox, and gets one letter.",
            advice="Nothing needs to be done: the letter goes to the first spelling.",
            line=respelled.lines[0],
            address=first,
            other_lines=respelled.lines[1:],
        )

    def _mailbox(self, kin: Kin) -> Finding:
        people = _people(
            [name or f"a customer without a name (line {line})" for name, line in _named(kin)], kin.letters
        )
        return Finding(
            code="mailbox-several-letters",
            severity=Severity.WARNING,
            where=self._lines(kin.lines),
            problem=f"{people} have the mailbox {kin.addresses[0]}, which gets {kin.letters} letters.",
            advice="If one letter is enough, take one_letter_per out of campaign.toml.",
            line=kin.lines[0],
            address=kin.addresses[0],
            other_lines=kin.lines[1:],
        )

    def _customer(self, kin: Kin) -> Finding:
        addresses = " and ".join(kin.addresses[:NAMES_NAMED]) + (", …" if kin.letters > NAMES_NAMED else "")
        return Finding(
            code="customer-several-letters",
            severity=Severity.WARNING,
            where=self._lines(kin.lines),
            problem=f"One customer, by the key, has {addresses}, and gets {kin.letters} letters.",
            advice=f"Take the old addresses out of the file, or let each customer have one letter: {_EACH}",
            line=kin.lines[0],
            address=kin.addresses[0],
            other_lines=kin.lines[1:],
        )

    def _lines(self, lines: Sequence[int]) -> str:
        several = "lines" if len(lines) > 1 else "line"
        more = ", …" if len(lines) > LINES_NAMED else ""
        return f"{self._file}, {several} {', '.join(map(str, lines[:LINES_NAMED]))}{more}"


def known_findings(file: str, known: Known, letters: int) -> Iterator[Finding]:
    """Findings about persons of ``file`` that the ledger knows, besides the guard ``already-written``."""
    if known.earlier and letters and not known.known:
        last = f", the last at {utc_minute(known.earlier_at)}" if known.earlier_at is not None else ""
        yield Finding(
            code="nothing-known",
            severity=Severity.WARNING,
            where=file,
            problem=f"{_none_of(letters)} is for anybody known from the {known.earlier:,} that have left{last}.",
            advice="Is it the right file, with the right column of addresses? If these are new people, send.",
        )
    for line, address in known.moved:
        yield Finding(
            code="address-changed",
            severity=Severity.WARNING,
            where=f"{file}, line {line}",
            problem=f"The letter to this customer went to another address than {address}, and is not sent again.",
            advice="If nobody has read it there, write to the customer in a campaign of its own.",
            line=line,
            address=address,
        )


def _named(kin: Kin) -> Iterator[tuple[str, int]]:
    return zip(kin.names, kin.lines, strict=True)


def _none_of(letters: int) -> str:
    return "The letter" if letters == 1 else f"None of these {letters:,} letters"


def _people(names: Sequence[str], count: int) -> str:
    """ "Anna, Bo and Eva", "Anna, Bo, Eva, Jan, Ola and 12 more"."""
    shown = list(names[:NAMES_NAMED])
    last = f"{count - len(shown)} more" if count > len(shown) else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last
