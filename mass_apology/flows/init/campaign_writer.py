"""Writes a new campaign.toml: it explains every fact and column, and holds nothing that could be sent by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from msgspec import Struct

from mass_apology.flows.init.file_survey import Survey, language_counts, written_as
from mass_apology.flows.init.toml_notation import (
    remark,
    toml,
    toml_key,
    visible,
)
from mass_apology.letter.scenario import Fact, FactType, Scenario
from mass_apology.settings import ColumnType

MOST_NAMED = 40  # columns listed in one comment

_UNQUOTED = {
    FactType.DATETIME: "written without quotation marks",
    FactType.DATE: "written without quotation marks",
    FactType.NUMBER: "written without quotation marks",
}


class CampaignDraft(Struct, frozen=True, kw_only=True):
    """All that a new campaign.toml is written from."""

    name: str
    template: str
    file: str  # name of the customer file in the campaign's folder
    letters: tuple[str, ...]  # languages of the template's letters
    scenario: Scenario
    survey: Survey


def campaign_toml(draft: CampaignDraft) -> str:
    """The text of the file. Values without a sensible default are empty or comments, so no example is ever sent."""
    parts = (
        _top(draft),
        _csv(draft.survey),
        _columns(draft),
        _values(draft.survey),
        _types(draft.survey),
        _incident(draft),
        _SENDER_AND_RELAY,
        _follow_up(draft.scenario),
    )
    return "\n".join(chain.from_iterable((*part, "") for part in map(list, parts) if part)).rstrip("\n") + "\n"


def fallbacks(draft: CampaignDraft) -> list[str]:
    """The fallback languages, for rows that name no language, or one without a letter: the file's own, then English."""
    letters, own = draft.letters, _own_language(draft.survey, draft.letters)
    usual = ["en"] if "en" in letters else list(letters[:1])
    return list(dict.fromkeys((own, *usual))) if own else usual


def _own_language(survey: Survey, letters: Sequence[str]) -> str:
    """The language that rows naming none probably have; empty where the file does not show it.

    It is the commonest that rows name, unless some name one without a letter: these people rather read English. If no
    row names any, it is that of the countries of more than half of all rows.
    """
    if named := [tag for tag in survey.languages if tag]:
        return named[0] if all(tag in letters for tag in named) else ""
    rows = sum(survey.of_countries.values())
    return next((tag for tag, count in survey.of_countries.items() if tag in letters and 2 * count > rows), "")


def written_in(draft: CampaignDraft) -> list[str]:
    """The languages of the letters that will be sent to the file's rows, the most frequent first."""
    fallback = fallbacks(draft)[0]
    given = [tag if tag in draft.letters else fallback for tag in draft.survey.languages]
    return list(dict.fromkeys(given)) or [fallback]


_SENDER_AND_RELAY = (
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
)


def _follow_up(scenario: Scenario) -> Iterator[str]:
    """The scenario's follow-up, as a comment."""
    if scenario.follow_up:
        yield "# A letter some days later, to those who got the first one, once it is armed (docs/follow-ups.md):"
        yield "# [[follow_up]]"
        yield f"# template = {toml(scenario.follow_up)}"
        yield '# after = "3 days"'


def _top(draft: CampaignDraft) -> Iterator[str]:
    yield "# One incident's letters. docs/campaign.md explains every key. When the facts are in: mass-apology check"
    yield f"name = {toml(draft.name)}"
    yield f"template = {toml(draft.template)}"
    if draft.scenario.legal_pack:
        pack = draft.scenario.legal_pack
        yield from remark(f"The legal pack {pack} applies: check says what it misses. A help, no legal advice.")
    if draft.scenario.campaign_purpose == "safety":
        yield from remark("These letters are about safety: people who asked for no letters get them, too.")
    if draft.scenario.informal:
        yield '# register = "informal"  # greets by the first name; without it "formal"'
    yield f"recipients = {toml(draft.file)}"
    yield from remark(f"There are letters in {', '.join(draft.letters)}. {_language_remark(draft)}")
    yield f"languages = {toml(fallbacks(draft))}"
    yield "# where = \"plan == 'pro' and minutes_down > 30\"  # chooses rows"
    yield '# time_zone = "Europe/Warsaw"  # the clock of rows that do not say; without it UTC'


def _language_remark(draft: CampaignDraft) -> str:
    survey = draft.survey
    if not survey.has_language:
        why = ", that of most rows' countries" if _own_language(survey, draft.letters) else ""
        return f"No column says the customers' language, so all letters are in the first of these{why}:"
    rows = ", ".join(language_counts(survey)) or "none, since there are no rows"
    return f"Rows ask for: {rows}. Who asks for none of these letters gets the first of:"


def _csv(survey: Survey) -> Iterator[str]:
    layout, style = survey.layout, survey.style
    if survey.trouble:
        yield from remark(f"The file needs mending: {survey.trouble}")
    if layout.kind == "csv":
        yield f"[csv]  # detected: {written_as(layout)}. If that is wrong, say how it is:"
        yield f"# encoding = {toml(layout.encoding)}"
        yield f"# delimiter = {toml(layout.delimiter)}"
    elif style.found or style.doubts:
        yield "[csv]"
    for key, (value, cell) in style.found.items():
        yield f"{key} = {toml(value)}  # {_MEANINGS[key]}, as in {visible(cell)}"
    for key, doubt in style.doubts.items():
        yield from remark(f"{key}: {doubt} Say how it is:")
        yield from (f"# {key} = {toml(value)}" for value in _CHOICES[key])


_MEANINGS = {"decimal": "before fractions", "thousands": "between thousands", "dates": "the order of a date's parts"}
_CHOICES = {"decimal": (",", "."), "dates": ("dmy", "mdy")}


def _columns(draft: CampaignDraft) -> Iterator[str]:
    """The matched columns; doubtful ones are comments."""
    survey = draft.survey
    yield "[columns]  # the parts that the file's columns play, and what the letters call them"
    for match in survey.matches.found:
        yield f"{match.role} = {toml(match.source)}  # {_REMARKS.get(match.role, '')}{visible(match.why)}"
    for doubt in survey.matches.doubts:
        yield from remark(f"{doubt.role}: {doubt.why}")
        yield from (f"# {doubt.role} = {toml(column)}" for column in doubt.columns)
    if survey.matches.column("address") is None:
        header = _listed(survey.layout.header)
        yield from remark(f"Which column holds the e-mail address? It is needed. The file has {header}.")
        yield '# address = "…"'
    yield from _letters_columns(survey)
    if survey.unused:
        yield from remark(f"Nothing uses {_listed(survey.unused)}.")


def _values(survey: Survey) -> Iterator[str]:
    for match in survey.matches.found:
        if match.values:
            yield f"[values.{match.role}]  # in the language of the name {visible(match.column)}"
            yield from (f"{toml_key(cell)} = {toml(meaning)}" for cell, meaning in match.values.items())


_REMARKS = {"key": "who is known again under another address; "}


def _letters_columns(survey: Survey) -> Iterator[str]:
    there = [each for each in survey.usable if each.called == each.name]
    if there:
        yield from remark(f"The letters can show {_listed([each.name for each in there])}.")
    for each in survey.usable:
        if each.called is None:
            need = "need" if each.column.required else "could also show"
            yield from remark(f"The letters {need} a column {each.name}, which is not there: {each.column.comment}")
        elif each.called != each.name:
            named = f"{toml_key(each.name)} = {toml(each.called)}"
            if each.fits:
                yield f"{named}  # the letters show it; by its name"
            else:
                yield from remark(f"The letters can show a column {each.name}. Is it '{each.called}'? Then write:")
                yield f"# {named}"


def _types(survey: Survey) -> Iterator[str]:
    """The types of columns that letters show, and as comments the guessed types of others."""
    yield "[types]  # what columns hold, where it is not text"
    for each in survey.usable:
        if each.called is None or each.column.type is ColumnType.TEXT or not (each.fits or each.called == each.name):
            continue
        declared = f"{toml_key(each.name)} = {toml(each.column.type.value)}"
        yield from remark(each.column.comment)
        if each.misfit:
            yield from remark(f"Not all of its cells are so, such as {each.misfit!r}: check names their rows.")
        yield declared
    for guess in survey.guesses:
        examples = ", ".join(guess.examples)
        yield f"# {toml_key(guess.column)} = {toml(guess.type.value)}  # its cells look like it: {examples}"


def _incident(draft: CampaignDraft) -> Iterator[str]:
    """Every fact with its meaning and an example; facts that are sentences, once for each language of the letters."""
    facts, languages = draft.scenario.facts, written_in(draft)
    plain = {name: fact for name, fact in facts.items() if not fact.is_translated}
    sentences = {name: fact for name, fact in facts.items() if fact.is_translated}
    yield "[incident]"
    yield from remark("Write each fact in place of the empty quotation marks; delete the # before an optional one.")
    for name, fact in plain.items():
        yield from _fact(name, fact, fact.example)
    for language in languages if sentences else ():
        yield ""
        yield f"[incident.{language}]"
        for name, fact in sentences.items():
            yield from _fact(name, fact, fact.example_in(language))
    others = [letter for letter in draft.letters if letter not in languages]
    if others and sentences:
        yield ""
        yield from remark(f"No row asks for {', '.join(others)}; a letter in one needs such a table as well.")


def _fact(name: str, fact: Fact, example: object) -> Iterator[str]:
    needed = "required" if fact.required else "optional"
    kind = f"{fact.type.value}, {_UNQUOTED[fact.type]}" if fact.type in _UNQUOTED else fact.type.value
    yield ""
    yield from remark(f"{fact.comment} ({kind}; {needed})")
    if example != "":
        yield from remark(f"Example: {toml(example)}")
    yield f'{"" if fact.required else "# "}{toml_key(name)} = ""'


def _listed(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else ""
    return ", ".join(f"'{column}'" for column in columns[:MOST_NAMED]) + more
