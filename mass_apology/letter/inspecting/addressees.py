"""One letter's addressee → what a person should know before it goes: a name that greets nobody, a shared mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from mass_apology.model import Delivery, Finding, Severity
from mass_apology.names import Judgement, Kind, Readers, readers

SHOWN = 60
"""How many characters of a name are shown in a sentence."""

_GREETS = "so the letter greets without a name"


class _Told(Struct, frozen=True, kw_only=True):
    """What is said of a kind of name."""

    code: str
    severity: Severity
    problem: str  # what follows "The name “…” "
    advice: str


_OF_PERSON = "Correct the name in the file if it is a person's; nothing needs to be done otherwise."
_CORRECT = "Correct the cell, or leave it empty."

_NAMES: Mapping[Kind, _Told] = MappingProxyType(
    {
        Kind.REVERSED: _Told(
            code="name-reversed",
            severity=Severity.INFO,
            problem="has the family name first; the letter greets “{greeted}”",
            advice="Nothing needs to be done where that is right; otherwise write the name as it is said.",
        ),
        Kind.ORGANISATION: _Told(
            code="name-is-company",
            severity=Severity.INFO,
            problem=f"is no single person's, {_GREETS}",
            advice=_OF_PERSON,
        ),
        Kind.SEVERAL: _Told(
            code="name-of-several",
            severity=Severity.INFO,
            problem=f"may be of several people, {_GREETS}",
            advice=_OF_PERSON,
        ),
        Kind.INITIALS: _Told(
            code="name-initials", severity=Severity.INFO, problem=f"has initials only, {_GREETS}", advice=_OF_PERSON
        ),
        Kind.WRONG_CASE: _Told(
            code="name-case",
            severity=Severity.WARNING,
            problem=f"has capitals where there are none, or the reverse, {_GREETS}",
            advice="Write the names as people write them. Only they know: McDonald, van der Berg.",
        ),
        Kind.REPEATED: _Told(
            code="name-repeated", severity=Severity.WARNING, problem=f"says the same twice, {_GREETS}", advice=_CORRECT
        ),
        Kind.SYMBOLS: _Told(
            code="name-symbols",
            severity=Severity.WARNING,
            problem=f"holds signs that are in no name, {_GREETS}",
            advice=_CORRECT,
        ),
        Kind.NUMBER: _Told(
            code="name-is-number",
            severity=Severity.WARNING,
            problem=f"is a number or a code, {_GREETS}",
            advice="Is it the right column? See [columns] name in campaign.toml. Otherwise leave the cell empty.",
        ),
        Kind.TITLE: _Told(
            code="name-is-title", severity=Severity.WARNING, problem=f"is a title alone, {_GREETS}", advice=_CORRECT
        ),
        Kind.PLACEHOLDER: _Told(
            code="name-placeholder",
            severity=Severity.WARNING,
            problem=f"stands for a missing one, {_GREETS}",
            advice="Leave the cell empty.",
        ),
        Kind.REMARK: _Told(
            code="name-remark",
            severity=Severity.WARNING,
            problem=f"holds a greeting, or a remark that is not for the customer to read, {_GREETS}",
            advice="Leave the name alone in the cell. Is the letter fit for this customer, where the remark is true?",
        ),
        Kind.ADDRESS: _Told(
            code="name-is-address",
            severity=Severity.WARNING,
            problem=f"is an e-mail address, {_GREETS}",
            advice="Is it the right column? See [columns] name in campaign.toml. Otherwise leave the cell empty.",
        ),
        Kind.LINK: _Told(  # rows are refused for it; a ledger from before may hold one
            code="name-is-link",
            severity=Severity.WARNING,
            problem=f"is one that mail programs link, {_GREETS}",
            advice=_CORRECT,
        ),
    }
)

_MAILBOXES: Mapping[Readers, _Told] = MappingProxyType(
    {
        Readers.SEVERAL: _Told(
            code="role-address",
            severity=Severity.INFO,
            problem="is a mailbox that several people may read",
            advice="Is the letter fit for all of them? It may tell what only one customer should know.",
        ),
        Readers.NOBODY: _Told(
            code="noreply-address",
            severity=Severity.WARNING,
            problem="is a mailbox that nobody reads",
            advice="Find the customer's own address: this letter reaches nobody.",
        ),
    }
)


Where = Callable[[Delivery], str]
"""Whose letter it is: "affected.csv, line 12"."""


def addressee_findings(where: Where, delivery: Delivery, judged: Judgement) -> Iterator[Finding]:
    """What is to be said of a letter's name, ``judged``, and of its address."""
    if name := _NAMES.get(judged.kind):
        problem = name.problem.replace("{greeted}", _short(judged.greeted))
        yield _finding(name, f"The name “{_short(delivery.name)}” {problem}.", where, delivery)
    if mailbox := _MAILBOXES.get(readers(delivery.address)):
        yield _finding(mailbox, f"{delivery.address} {mailbox.problem}.", where, delivery)


def greeting_findings(where: Where, delivery: Delivery, judged: Judgement, text: str) -> Iterator[Finding]:
    """A letter that prints in its first line, without ``salutation``, a name that nobody is greeted with."""
    first = text.lstrip().partition("\n")[0].strip()
    if judged.kind in _GREETED or delivery.name not in first or delivery.name == judged.greeted:
        return
    told = _Told(
        code="name-greeted",
        severity=Severity.ERROR if not judged.shown else Severity.WARNING,
        problem="",
        advice="Write {{ salutation }} in the template, which leaves such a name out; or correct the cell.",
    )
    yield _finding(told, f"The letter begins “{_short(first)}”, which is no greeting for anybody.", where, delivery)


_GREETED = frozenset({Kind.NONE, Kind.PERSON})


def _short(name: str) -> str:
    text = name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _finding(told: _Told, problem: str, where: Where, delivery: Delivery) -> Finding:
    return Finding(
        code=told.code,
        severity=told.severity,
        where=where(delivery),
        problem=problem,
        advice=told.advice,
        line=delivery.first_line,
        address=delivery.address,
    )
