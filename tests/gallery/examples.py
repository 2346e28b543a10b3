"""Example data for every shipped letter: the campaign, the company and its customers, as users would write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

import msgspec

from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import Column, Scenario, load_scenario
from mass_apology.letter.template_files import available_languages, shipped_templates
from mass_apology.model import Delivery
from mass_apology.settings import Campaign, ColumnType

TEMPLATES = shipped_templates()
LOGO = Path(__file__).with_name("logo.png")

NAMES = MappingProxyType(
    {
        "de": "Katrin Hoffmann",
        "el": "Μαρία Παπαδοπούλου",
        "en": "Mary Fletcher",
        "es": "Lucía Romero",
        "et": "Mari Tamm",
        "lv": "Anna Ozola",
        "pl": "Anna Nowak",
        "ru": "Анна Смирнова",
    }
)
CELLS: Mapping[str, str] = MappingProxyType(
    {
        "amount": "149.90",
        "appointment": "2026-11-27T09:30Z",
        "code": "K7QX-42MD",
        "contract_number": "C-2026-118",
        "conversation_at": "2026-11-20T13:40Z",
        "currency": "EUR",
        "days_waited": "18",
        "documents_affected": "3",
        "enquiry_number": "Q-4411",
        "invoice": "2026-11-0173",
        "minutes_down": "192",
        "minutes_late": "75",
        "minutes_waited": "42",
        "order": "A-2026-11873",
        "order_number": "A-2026-11873",
        "serial_number": "SN-4471-09",
        "ticket": "84213",
    }
)
CELLS_BY_TYPE = MappingProxyType(
    {
        ColumnType.TEXT: "A-17",
        ColumnType.INT: "192",
        ColumnType.DECIMAL: "12.50",
        ColumnType.DATE: "2026-11-20",
        ColumnType.DATETIME: "2026-11-20T09:12Z",
        ColumnType.BOOL: "yes",
    }
)
DATA_EXPOSED = MappingProxyType(
    {
        "de": "Name, E-Mail-Adresse",
        "el": "όνομα, διεύθυνση ηλεκτρονικού ταχυδρομείου",
        "en": "name, e-mail address",
        "es": "nombre, dirección de correo electrónico",
        "et": "nimi, e-posti aadress",
        "lv": "vārds, e-pasta adrese",
        "pl": "imię i nazwisko, adres e-mail",
        "ru": "имя, адрес электронной почты",
    }
)
"""The one column whose cells are in the customer's own language."""

ADDRESSEE = MappingProxyType(
    {
        "position": "Head of Purchasing",
        "company": "Northern Harbour Ltd",
        "street": "14 Quay Street",
        "postcode": "LV-1010",
        "city": "Riga",
        "country": "LV",
    }
)
SENDER = MappingProxyType({"from": "Anna Kowalska <anna@acme.example>"})
MORE_OF_THE_SENDER = MappingProxyType(
    {"role": "COO", "company": "Acme", "phone": "+48 22 555 01 23", "url": "https://acme.example"}
)
BRAND = MappingProxyType(
    {
        "logo": LOGO.name,
        "logo_alt": "Acme",
        "colour": "#d65c1c",
        "footer": "Acme · Warszawa · Rīga · Tallinn",
        "legal_name": "Acme sp. z o.o.",
        "registration_number": "0000123456",
        "vat_number": "PL5250001234",
        "address": ["ul. Prosta 1", "00-001 Warszawa"],
        "email": "help@acme.example",
    }
)


@cache
def described(scenario: str) -> Scenario:
    """The scenario's file."""
    return load_scenario(scenario, [TEMPLATES])


@cache
def writer(scenario: str, layout: str, *, complete: bool) -> Writer:
    """What writes the scenario's letters, in every language: with all facts, or with the required ones only."""
    header = ("email", "name", "gender", *ADDRESSEE, *described(scenario).columns)
    campaign = _campaign(scenario, layout, complete=complete)
    return Writer(campaign, folder=LOGO.parent, directories=[TEMPLATES], header=header)


def customer(scenario: str, language: str, *, complete: bool, number: int = 0) -> Delivery:
    """A customer who speaks the language; where not ``complete``, nothing is known but what the scenario requires.

    Customers of different ``number`` differ in their names and figures.
    """
    columns = described(scenario).columns
    cells = {name: _cell(name, each, language, number) for name, each in columns.items() if complete or each.required}
    name = _name(language, number) if complete else ""
    person = {"name": name, "gender": "f", **ADDRESSEE} if complete else {}
    return Delivery(
        id=1,
        address="mary@customer.example",
        name=name,
        language=language,
        time_zone="Europe/Warsaw" if complete else "",
        lines="[2]",
        rows=json.dumps([cells | person]),
        message_id="<5b1d0c9e7f3a4c26@acme.example>",
        number=number + 1,
    )


def _name(language: str, number: int) -> str:
    given, _, family = NAMES.get(language, NAMES["en"]).partition(" ")
    return f"{given} {ascii_uppercase[number % 26]}. {family}" if number else f"{given} {family}"


def _cell(name: str, column: Column, language: str, number: int) -> str:
    if name == "data_exposed":
        return DATA_EXPOSED.get(language, DATA_EXPOSED["en"])
    cell = CELLS.get(name, CELLS_BY_TYPE[column.type])
    return str(Decimal(cell) + number) if column.type in (ColumnType.INT, ColumnType.DECIMAL) else cell


def _campaign(scenario: str, layout: str, *, complete: bool) -> Campaign:
    languages = available_languages(scenario, [TEMPLATES])
    settings = {
        "name": "gallery",
        "template": scenario,
        "recipients": "affected.csv",
        "languages": languages,
        "layout": layout,
        "columns": {"gender": "gender"},
        "types": {name: each.type for name, each in described(scenario).columns.items()},
        "incident": _facts(described(scenario), languages, complete=complete),
        "sender": {**SENDER, **MORE_OF_THE_SENDER} if complete else {**SENDER},
        "relay": {"url": "-"},
    }
    company = {"brand": {**BRAND}, "letterhead": {"date": "2026-11-21", "number": "MA-2026/{n:05d}"}}
    return msgspec.convert(settings | company if complete else settings, Campaign)


def _facts(scenario: Scenario, languages: tuple[str, ...], *, complete: bool) -> dict[str, Any]:
    """``[incident]``, from the scenario's examples."""
    facts = {name: fact for name, fact in scenario.facts.items() if complete or fact.required}
    plain = {name: fact.example for name, fact in facts.items() if not fact.is_translated}
    told = {name: fact.example for name, fact in facts.items() if fact.is_translated}
    return plain | {
        language: {name: example[language] for name, example in told.items() if language in example}
        for language in languages
    }
