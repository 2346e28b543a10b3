"""The questions of ``init``: each has its place in campaign.toml, and may be left for later.

A terminal asks them, options answer them, and both are read here. Answers are edits of the file that ``init`` writes
without them, so that a question left out leaves its explained place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from mass_apology.errors import CampaignError, MassApologyError
from mass_apology.flows.init.file_survey import Survey
from mass_apology.flows.init.toml_notation import toml
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.letter.scenario import Fact, FactType, Scenario, fact_problem, is_finished
from mass_apology.letter.values import LANGUAGE, suggestion
from mass_apology.settings import PARTS
from mass_apology.smtp.url import parse as parse_relay
from mass_apology.system.toml_edits import Edit

_CLOCK = re.compile(r"(?:(today|yesterday) )?([0-9]{1,2}):([0-9]{2})", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class Question(Struct, frozen=True, kw_only=True):
    """Something that a person may say about a new campaign."""

    about: str  # its subject in a word: "service", "sender", "address"
    text: str  # a phrase
    example: str = ""
    choices: tuple[str, ...] = ()  # columns or sheets
    table: tuple[str, ...] = ()  # where the answer stands in campaign.toml
    key: str = ""
    read: Callable[[str], Any] = str  # typed text → value; ``ValueError`` with a clause that follows "it"


class Given(Struct, frozen=True, kw_only=True):
    """What options say beforehand; what they leave out is asked, or stays open."""

    facts: Mapping[str, str] = {}  # name, or "pl.name" for one language → text
    sender: str | None = None
    relay: str | None = None
    columns: Mapping[str, str] = {}  # part → column of the file
    sheet: str | None = None  # of a workbook


Ask = Callable[[Question, str], str]
"""Shows a question, and what was wrong with the answer before; returns the text that a person types."""


def chosen_columns(survey: Survey, given: Given, ask: Ask | None) -> dict[str, str]:
    """Part → the column that an option or a person gave it. Raises ``CampaignError`` for what is no column."""
    chosen = dict(given.columns)
    for part, column in given.columns.items():
        if part not in PARTS:
            raise CampaignError(
                f"--column {part}={column}: there is no such part{suggestion(part, PARTS)}",
                next_step="Write --column address=E-mail: a part, and a column of the file.",
            )
        if column not in survey.layout.header:
            raise CampaignError(
                f"--column {part}={column}: the file has no such column{suggestion(column, survey.layout.header)}",
                next_step="Write the column's name as it stands in the file.",
            )
    for doubt in survey.matches.doubts:
        # A name in two columns is no choice between them.
        if ask is not None and doubt.role not in chosen and len(doubt.columns) > 1 and doubt.role != "name":
            question = Question(
                about=doubt.role,
                text=f"Which column holds the {doubt.role.replace('_', ' ')}?",
                choices=doubt.columns,
                read=partial(_one_of, doubt.columns),
            )
            for column in _asked(question, ask):
                chosen[doubt.role] = column
    return chosen


def chosen_sheet(survey: Survey, given: Given, ask: Ask | None) -> str | None:
    """The workbook's sheet that an option or a person chose; ``None`` leaves it at the first that people see."""
    sheets = survey.layout.sheets
    if given.sheet is not None or ask is None or len(sheets) < 2:
        return given.sheet
    question = Question(about="sheet", text="Which sheet?", choices=sheets, read=partial(_one_of, sheets))
    return next(iter(_asked(question, ask)), None)


def answers(scenario: Scenario, given: Given, ask: Ask | None) -> list[Edit]:
    """The edits that say what options give and, with ``ask``, what a person types.

    Raises ``CampaignError`` for an option that cannot be used, before anything is asked.
    """
    edits = list(_given(scenario, given))
    if given.sheet is not None:
        edits.append(Edit(table=("csv",), key="sheet", notation=toml(given.sheet)))
    said = {(*edit.table, edit.key) for edit in edits}
    for question in _questions(scenario) if ask is not None else ():
        if ask is not None and (*question.table, question.key) not in said:
            edits += [_edit(question, value) for value in _asked(question, ask)]
    return edits


def _questions(scenario: Scenario) -> Iterator[Question]:
    """What is worth asking: facts without which nothing can be sent, sender and relay."""
    for name, fact in scenario.facts.items():
        if fact.required and fact.type is not FactType.SENTENCE:
            yield _fact(name, fact)
    yield SENDER
    yield RELAY


def _asked(question: Question, ask: Ask) -> list[Any]:
    """The value that a person types in the end; none if they leave it for later."""
    objection = ""
    while text := ask(question, objection).strip():
        try:
            return [question.read(text)]
        except ValueError as error:
            objection = f"It {error}"
    return []


def _given(scenario: Scenario, given: Given) -> Iterator[Edit]:
    for name, text in given.facts.items():
        language, _, inner = name.rpartition(".")
        fact = scenario.facts.get(inner)
        if fact is None or (language and not LANGUAGE.fullmatch(language)):
            raise CampaignError(
                f"--fact {name}: the template has no such fact{suggestion(inner, scenario.facts)}",
                next_step='Write --fact service="Acme API", or for one language --fact en.harm="…".',
            )
        yield _option(_fact(inner, fact, language), text, f"--fact {name}")
    for question, option, said in ((SENDER, "--sender", given.sender), (RELAY, "--relay", given.relay)):
        if said is not None:
            yield _option(question, said, option)


def _option(question: Question, text: str, option: str) -> Edit:
    try:
        return _edit(question, question.read(text))
    except ValueError as error:
        raise CampaignError(
            f"{option}: it {error}",
            next_step=f"Give a value such as {question.example}."
            if question.example
            else "Give another one, or leave the option out.",
        ) from error


def _edit(question: Question, value: Any) -> Edit:
    return Edit(table=question.table, key=question.key, notation=toml(value))


def _one_of(choices: Sequence[str], text: str) -> str:
    """A choice by its number or name."""
    if text in choices:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    raise ValueError(f"is none of these; type a number from 1 to {len(choices)}.")


def _fact(name: str, fact: Fact, language: str = "") -> Question:
    return Question(
        about=name,
        text=fact.comment,
        example=_EXAMPLES.get(fact.type, fact.example if isinstance(fact.example, str) else ""),
        table=("incident", language) if language else ("incident",),
        key=name,
        read=lambda text: _fact_value(fact.type, text, fact.choices),
    )


_EXAMPLES = {FactType.DATETIME: "2026-11-20 09:12, or yesterday 9:12", FactType.DATE: "2026-11-20"}


def _fact_value(kind: FactType, text: str, choices: Sequence[str] = ()) -> Any:
    value: Any = text
    if kind is FactType.DATETIME:
        value = moment(text, datetime.now().astimezone())
    elif kind is FactType.DATE:
        value = _date(text)
    elif kind is FactType.NUMBER and _NUMBER.fullmatch(text):
        value = float(text) if "." in text else int(text)
    if problem := fact_problem(kind, value, choices):
        raise ValueError(problem)
    if kind is FactType.SENTENCE and not is_finished(text):
        raise ValueError("does not end as a sentence does, with a full stop.")
    return value


def moment(text: str, now: datetime) -> datetime:
    """``"2026-11-20 09:12"``, ``"yesterday 9:12"``, ``"9:12"`` (today) → the moment; without an offset by the clock of
    ``now``. Raises ``ValueError`` with a clause."""
    if clock := _CLOCK.fullmatch(text.strip()):
        day = now - timedelta(days=(clock[1] or "").lower() == "yesterday")
        text = f"{day:%Y-%m-%d} {int(clock[2]):02}:{clock[3]}"
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("is no moment; write it like 2026-11-20 09:12, or 2026-11-20T09:12:00Z.") from None
    return read if read.tzinfo is not None else read.astimezone(now.tzinfo if read.date() == now.date() else None)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("is no date; write it like 2026-11-20.") from None


def _sender(text: str) -> str:
    try:
        parse_mailbox(text, "sender.from")
    except MassApologyError as error:
        raise ValueError(f"cannot be used: {error.problem}") from error
    return text


def _relay(text: str) -> str:
    try:
        parse_relay(text)
    except MassApologyError as error:
        raise ValueError(f"cannot be used: {error.problem}") from error
    return text


SENDER = Question(
    about="sender",
    text="Who signs the letters, and from which address?",
    example="Anna Kowalska <anna@acme.example>",
    table=("sender",),
    key="from",
    read=_sender,
)
RELAY = Question(
    about="relay",
    text="Which mail server takes the letters?",
    example="smtp+starttls://user@smtp.acme.example:587",
    table=("relay",),
    key="url",
    read=_relay,
)
