"""Campaigns to measure with: the same customers every time, and the shipped letter about an outage."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from bench.workplace import HOST, ROOT

SENDER = "anna@acme.example"
TEMPLATE = "service-outage"
LANGUAGES = ("en", "pl", "ru")
# A name of each language, some of them not ASCII, as life has it.
_NAMES = {
    "en": ("Maria Jones", "Sean O'Brien", "Chloë Baker"),
    "pl": ("Zofia Wójcik", "Łukasz Żak", "Anna Nowak"),
    "ru": ("Олег Морозов", "Мария Соколова", "Anna Ivanova"),
}
_ZONES = {"en": "Europe/London", "pl": "Europe/Warsaw", "ru": "Europe/Riga"}
_DOMAINS = 200
HEADER = ("email", "name", "language", "time_zone", "customer_id", "minutes_down", "credit")
_CAMPAIGN = """\
name = "bench"
template = "{template}"
recipients = "affected.csv"

[sender]
from = "Anna Kowalska <{sender}>"
role = "Head of Operations"
company = "Acme"

[types]
minutes_down = "int"
credit = "decimal"

[relay]
url = "{url}"
rate = "{rate}"
connections = {connections}
{ca_file}
{incident}
"""


class Relay(Struct, frozen=True, kw_only=True):
    """The campaign's ``[relay]``."""

    port: int
    connections: int
    rate: str = "unlimited"
    ca_file: Path | None = None  # with it the relay speaks TLS from the first octet


def make_campaign(folder: Path, letters: int, relay: Relay) -> Path:
    """Write ``campaign.toml`` and ``letters`` customers into a new folder, which is returned."""
    folder.mkdir()
    text = _CAMPAIGN.format(
        template=TEMPLATE,
        sender=SENDER,
        url=f"{'smtps' if relay.ca_file else 'smtp+plain'}://{HOST}:{relay.port}",
        rate=relay.rate,
        connections=relay.connections,
        ca_file=f'ca_file = "{relay.ca_file}"' if relay.ca_file else "",
        incident=_incident(),
    )
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    write_customers(folder / "affected.csv", letters)
    return folder


def _incident() -> str:
    """The facts: those that the template itself gives as examples, in every language that has one of its own."""
    scenario = tomllib.loads((ROOT / "templates" / TEMPLATE / "scenario.toml").read_text(encoding="utf-8"))
    examples = {name: fact["example"] for name, fact in scenario["facts"].items() if "example" in fact}
    tables: dict[str, list[str]] = {"[incident]": []}
    for name, example in examples.items():
        if not isinstance(example, dict):
            tables["[incident]"].append(f"{name} = {_toml(example)}")
            continue
        for language, sentence in example.items():
            tables.setdefault(f"[incident.{language}]", []).append(f"{name} = {_toml(sentence)}")
    return "\n".join("\n".join([head, *lines]) for head, lines in tables.items())


def _toml(value: str | datetime) -> str:
    """A TOML value; JSON's strings are TOML's too."""
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)


def write_customers(path: Path, count: int) -> None:
    """The first ``count`` customers, the same ones every time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(map(_customer, range(count)))


def addresses(count: int) -> Iterator[str]:
    """The addresses of the first ``count`` customers."""
    return map(_address, range(count))


def _address(number: int) -> str:
    return f"customer{number}@mail{number % _DOMAINS}.example.com"


def customer_row(number: int) -> dict[str, str]:
    """The cells of one customer by their columns."""
    return dict(zip(HEADER, _customer(number), strict=True))


def _customer(number: int) -> tuple[str, ...]:
    language = LANGUAGES[number % len(LANGUAGES)]
    names = _NAMES[language]
    return (
        _address(number),
        names[number // len(LANGUAGES) % len(names)],
        language,
        _ZONES[language],
        f"{number:08}",
        str(30 + number % 200),
        f"{number % 50}.{number % 100:02}",
    )
