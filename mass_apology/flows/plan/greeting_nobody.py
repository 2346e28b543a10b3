"""Finds name columns that campaign.toml does not use, so that letters would greet nobody by name."""

from __future__ import annotations

from collections.abc import Sequence

from mass_apology.flows.init.column_matching import match, plain
from mass_apology.model import Finding, Severity
from mass_apology.settings import Campaign

# Words in the names of columns with people's names, and words in the names of columns with other names.
_NAMES = (
    "name names fullname firstname lastname surname forename vorname nachname nom prenom nombre apellido apellidos "
    "nome cognome imie nazwisko nimi eesnimi perekonnanimi vards uzvards имя фамилия фио ονομα επωνυμο ονοματεπωνυμο "
    "vardas pavarde"
)
_OTHERS = (
    "company product firm file user login domain host server plan service brand event shop store city street country "
    "region item article account tariff project school bank branch department team campaign template list tag display "
    "sheet pet firma firmy produktu uslugi ettevotte toote uznemuma produkta компании товара услуги εταιρειας προιοντος"
)
_OF_NAMES, _OF_OTHERS = frozenset(_NAMES.split()), frozenset(_OTHERS.split())


def findings(campaign: Campaign, header: Sequence[str], *, letters: int, unnamed: int) -> list[Finding]:
    """A finding if at least half of the ``letters`` are ``unnamed`` and the file has columns that look like names."""
    if unnamed == 0 or 2 * unnamed < letters or "name" in campaign.columns.released:
        return []
    used = campaign.columns.name or "name"
    columns = _name_columns([column for column in header if column.casefold() != used.casefold()])
    if not columns:
        return []
    listed = " and ".join(f"'{column}'" for column in columns)
    return [
        Finding(
            code="name-unstated",
            severity=Severity.WARNING,
            where="campaign.toml, [columns] name",
            problem=f"{_of(unnamed, letters)} nobody by name, though the file has {_column(columns)} {listed}.",
            advice=_advice(columns),
        )
    ]


def _name_columns(header: Sequence[str]) -> list[str]:
    """Columns with whole names, or else with parts of names, judged by the columns' own names."""
    matches = match(header, {})
    whole = [column for each in matches.found if each.role == "name" for column in each.columns]
    parts = [column for doubt in matches.doubts if doubt.role == "name" for column in doubt.columns]
    taken = {column for each in matches.found if each.role != "name" for column in each.columns}
    return whole or parts or [column for column in header if column not in taken and _is_of_names(column)]


def _is_of_names(column: str) -> bool:
    words = set(plain(column).split())
    return not words.isdisjoint(_OF_NAMES) and words.isdisjoint(_OF_OTHERS)


def _of(unnamed: int, letters: int) -> str:
    if unnamed == letters:
        return "The letter greets" if letters == 1 else f"All {letters:,} letters greet"
    return f"{unnamed:,} of {letters:,} letters {'greets' if unnamed == 1 else 'greet'}"


def _column(columns: Sequence[str]) -> str:
    return "the column" if len(columns) == 1 else "the columns"


def _advice(columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return f"Write it there: name = '{columns[0]}'. If nobody is to be greeted by name, nothing needs to be done."
    several = ", ".join(f"'{column}'" for column in columns)
    return f"Write them there, in the order of the name: name = [{several}]. Or name the one that is to be used."
