"""``init NAME --letter FILE``: a campaign of a letter that is there already, without a scenario."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from mass_apology import recipients
from mass_apology.errors import MassApologyError, TemplateError
from mass_apology.flows.init.new_campaign import NOTHING_GIVEN, InitResult, make_campaign
from mass_apology.flows.init.questions import Ask, Given
from mass_apology.flows.letter_language import language_of
from mass_apology.letter.column_uses import column_uses, columns_named
from mass_apology.letter.markup.source import FORMATS, read, read_source
from mass_apology.letter.scenario import Column, Scenario
from mass_apology.letter.template_files import compile_letter, template_directories
from mass_apology.letter.values import LANGUAGE, Fields, names_of, sender_fields
from mass_apology.settings import SenderSettings
from mass_apology.workspace.workspace import Workspace

TEMPLATE = "letter"
_STATED = re.compile(
    r"(?mi)^languages?:[ \t]*\[?[ \t]*(?P<tags>[a-z]{2,3}(?:[ \t]*,[ \t]*[a-z]{2,3})*)[ \t]*\]?[ \t]*$"
)
_SENDER = sender_fields(SenderSettings(from_="Your Name <you@example.org>"))


def init_with_letters(
    name: str, letters: Sequence[Path], recipients_file: Path, given: Given = NOTHING_GIVEN, ask: Ask | None = None
) -> InitResult:
    """Make the folder ``name`` with these letters, each in its languages, and a copy of the file of customers.

    A letter's front matter may name its languages; otherwise its words tell. Raises ``MassApologyError``, and leaves
    nothing behind, where a letter or the file cannot be used.
    """
    named: dict[str, Path] = {}
    notes: list[str] = []
    for path in letters:
        languages, note = _languages(path)
        notes += [note] if note else []
        for language in languages:
            if language in named:
                raise TemplateError(
                    f"{named[language]} and {path} are both in the language `{language}`.",
                    next_step="Write `language: de` at the top of each, with its own language.",
                )
            named[language] = path
    files = {f"templates/{TEMPLATE}/{language}{path.suffix}": path for language, path in named.items()}
    scenario = Scenario(columns=_columns(named.values()))
    made = make_campaign(name, TEMPLATE, scenario, tuple(named), recipients_file, given=given, ask=ask, files=files)
    try:
        _check(made.folder, tuple(named), _header(made.folder))
    except MassApologyError:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return replace(made, note=" ".join(notes))


def _columns(letters: Iterable[Path]) -> dict[str, Column]:
    """The columns that the letters name, as a scenario would declare them."""
    names = sorted({name for path in letters for name in columns_named(read(path))})
    return {name: Column(comment="the letter names it", required=True) for name in names}


def _header(folder: Path) -> Sequence[str]:
    """The columns as letters may name them."""
    workspace = Workspace.open(folder)
    with workspace.recipients_file() as file:
        return recipients.inspect(
            file, workspace.campaign, column_uses([TEMPLATE], workspace.template_directories)
        ).header


def _check(folder: Path, languages: Sequence[str], header: Sequence[str]) -> None:
    """Raise ``TemplateError`` where a letter cannot be used."""
    directories = template_directories(folder)
    for language in languages:
        compile_letter(
            read_source(TEMPLATE, language, directories=directories, layout="plain"),
            language,
            incident=Fields({}),
            sender=Fields(vars(_SENDER), names_of(_SENDER)),
            columns=header,
        )


def _languages(path: Path) -> tuple[list[str], str]:
    """The letter's languages, and a sentence where nobody stated them."""
    if path.suffix not in FORMATS:
        raise TemplateError(f"{path} is no letter.", next_step=f"Give a file that ends in {', '.join(FORMATS)}.")
    text = read(path)
    top = text.split("\n\n", 1)[0] if not text.startswith("---\n") else text.split("\n---", 1)[0]
    if stated := _STATED.search(top):
        return re.split(", *", stated["tags"].lower()), ""
    if LANGUAGE.fullmatch(path.stem):
        return [path.stem], ""
    found = language_of(text)
    how = "by its words" if found else "since its words do not tell"
    told = f"{path.name} is taken for {found or 'en'}, {how}: write `language: {found or 'de'}` at its top to say so."
    return [found or "en"], told
