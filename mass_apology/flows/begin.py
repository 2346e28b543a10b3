"""A campaign's folder from a template and a file of customers: campaign.toml with every fact explained."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from mass_apology import recipients
from mass_apology.campaign import FILE_NAME
from mass_apology.errors import CampaignError, OutputError
from mass_apology.letter.scenario import Fact, FactType, Scenario, load_scenario
from mass_apology.letter.templates import available_languages, shipped_templates
from mass_apology.settings import ColumnType

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_ADDRESS_NAMES = ("email", "e-mail", "mail", "address", "email address", "e-mail address", "email_address")
_KEY_NAMES = ("customer_id", "customer id", "customer", "account_id", "user_id", "id")


class Made(Struct, frozen=True, kw_only=True):
    """What ``init`` made."""

    folder: Path
    recipients: str  # the copied file's name
    columns: tuple[str, ...]


def init(name: str, template: str, recipients_file: Path) -> Made:
    """Make the folder ``name`` here, with a copy of the file and a campaign.toml to fill in.

    Raises ``MassApologyError`` where the template or the file cannot be used; then nothing is left behind.
    """
    if not _NAME.fullmatch(name):
        raise CampaignError(
            f"{name!r} cannot be a campaign's name.",
            next_step="Use letters, digits, '.', '_' and '-': it becomes a folder and part of every Message-ID.",
        )
    shipped = (shipped_templates(),)
    languages = available_languages(template, shipped)
    scenario = load_scenario(template, shipped)
    header = recipients.header(recipients_file)
    folder = Path(name)
    text = _campaign_toml(name, template, recipients_file.name, languages, scenario, header)
    try:
        folder.mkdir(mode=0o700)
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
        shutil.copyfile(recipients_file, folder / recipients_file.name)
        (folder / recipients_file.name).chmod(0o600)
    except FileExistsError:
        raise OutputError(
            f"{folder} exists already.", next_step="Choose another name, or work on: mass-apology check -C " + name
        ) from None
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(
            f"{folder} cannot be made: {error.strerror or error}.",
            next_step="Make room or rights here, then run it again.",
        ) from error
    return Made(folder=folder, recipients=recipients_file.name, columns=header)


def _campaign_toml(
    name: str, template: str, file: str, languages: Sequence[str], scenario: Scenario, header: Sequence[str]
) -> str:
    """The file to fill in. What has no sensible default is a comment, so that no example is ever sent by mistake."""
    lines = [
        "# One incident's letters. docs/campaign.md explains every key. When the facts are in: mass-apology check",
        f"name = {toml(name)}",
        f"template = {toml(template)}",
        f"recipients = {toml(file)}",
        f"# There are letters in: {', '.join(languages)}. Customers of other languages get the first of these:",
        f"languages = {toml(_fallbacks(languages))}",
        "# where = \"plan == 'pro' and minutes_down > 30\"  # chooses rows",
        *_columns(header),
        *_types(scenario, header),
        *_incident(scenario, languages),
        "",
        "[sender]",
        'from = "Your Name <you@example.org>"  # the person who answers for it',
        '# role = "Head of Operations"',
        '# company = "Acme"',
        '# phone = "+48 22 000 00 00"',
        "",
        "[relay]",
        'url = "smtp+starttls://user@smtp.example.org:587"  # or smtps://user@host:465',
        '# password = "file:relay-password"  # else the environment variable MASS_APOLOGY_PASSWORD',
        'rate = "10/s"  # what the relay allows',
    ]
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """A value as TOML writes it: text, numbers, moments, lists of these."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fallbacks(languages: Sequence[str]) -> list[str]:
    return ["en"] if "en" in languages else list(languages[:1])


def _columns(header: Sequence[str]) -> Iterator[str]:
    """The columns' parts: the address where it can be told, the customer's number as a proposal."""
    by_name = {name.casefold(): name for name in header}
    address = next((by_name[each] for each in _ADDRESS_NAMES if each in by_name), None)
    key = next((by_name[each] for each in _KEY_NAMES if each in by_name), None)
    yield ""
    yield f"[columns]  # of the file: {', '.join(header)}"
    yield f"address = {toml(address)}" if address else '# address = "…"  # which column holds the e-mail address?'
    if key:
        yield f"key = {toml(key)}  # rows with one key are one customer and get one letter"


def _types(scenario: Scenario, header: Sequence[str]) -> Iterator[str]:
    """The columns that the letter can use and the file has."""
    usable = {name: column for name, column in scenario.columns.items() if name in header}
    declared = {name: column for name, column in usable.items() if column.type is not ColumnType.TEXT}
    if declared:
        yield ""
        yield "[types]"
    for name, column in declared.items():
        yield f"{name} = {toml(column.type.value)}  # {column.comment}"


def _incident(scenario: Scenario, languages: Sequence[str]) -> Iterator[str]:
    """Every fact with what it means and an example; sentences once for each language."""
    yield ""
    yield "[incident]"
    for name, fact in scenario.facts.items():
        if fact.type is not FactType.SENTENCE:
            yield from _fact(name, fact, fact.example)
    sentences = {name: fact for name, fact in scenario.facts.items() if fact.type is FactType.SENTENCE}
    for language in languages if sentences else ():
        yield ""
        yield f"[incident.{language}]"
        for name, fact in sentences.items():
            yield from _fact(name, fact, fact.example.get(language, ""))


def _fact(name: str, fact: Fact, example: object) -> Iterator[str]:
    yield f"# {fact.comment}{'' if fact.required else ' (optional)'}"
    yield f"# {name} = {toml(example)}"
