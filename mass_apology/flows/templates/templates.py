"""``templates``: lists the situations with letters, shows a letter, and begins a new template."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import OutputError, TemplateError
from mass_apology.flows.templates.example_campaign import (
    GENDER,
    example_campaign,
    example_customer,
    example_facts,
    example_row,
)
from mass_apology.flows.templates.proofreading import EXAMPLES, examples_toml
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.source import informal_path, letters_in
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import available_languages, check_name, template_directories
from mass_apology.letter.values import LANGUAGE
from mass_apology.model import Content
from mass_apology.settings import Register

_NO_SITUATIONS = frozenset({"layouts", "legal"})  # folders in the library that are not templates


class Situation(Struct, frozen=True, kw_only=True):
    """One template of the library, or of the campaign's own folder."""

    name: str
    title: str
    purpose: str
    languages: tuple[str, ...]
    legal_pack: str
    own: bool  # the campaign's own


def situations(folder: Path, language: str) -> list[Situation]:
    """All templates, described in ``language`` if possible, else in English."""
    own, shipped = template_directories(folder)
    directories = (own, shipped) if own.resolve() != shipped else (shipped,)  # in a checkout they are the same
    found: dict[str, Situation] = {}
    for directory in directories:
        for path in sorted(directory.iterdir()) if directory.is_dir() else ():
            if path.is_dir() and path.name not in _NO_SITUATIONS and path.name not in found:
                found[path.name] = _situation(path.name, directories, language, own=directory != directories[-1])
    return sorted(found.values(), key=lambda each: each.name)


def show(folder: Path, name: str, language: str, register: Register = "formal") -> Content:
    """A template's letter, rendered with example data. Raises ``TemplateError``."""
    directories = template_directories(folder)
    languages = available_languages(name, directories)
    language = language if language in languages else re.split("[-_]", language)[0].lower()  # pl-PL, PL
    if language not in languages:
        raise TemplateError(
            f"The template {name} has no letter in {language!r}.", next_step=f"It has {', '.join(languages)}."
        )
    scenario = load_scenario(name, directories)
    if register == "informal" and not scenario.informal:
        raise TemplateError(f"The template {name} is for no informal letter.", next_step="Show it without --register.")
    campaign = example_campaign(name, scenario, (language,), example_facts(scenario, (language,)))
    writer = Writer(
        replace(campaign, register=register), folder=folder, directories=directories, header=(*scenario.columns, GENDER)
    )
    person = "Maria Ozola" if language == "lv" else "Maria Smith"
    return writer.content(example_customer(language, [example_row(scenario)], name=person, time_zone="Europe/Riga"))


def copy(folder: Path, name: str, source: str, languages: Sequence[str] = ()) -> Path:
    """Copy a template to the campaign's folder under a new name, with examples to test it.

    ``languages`` are those of the new letters, all of the source's by default; one that the source has not begins as a
    copy of its English, or first, letter. Raises ``OutputError`` if the name is taken, ``TemplateError`` if the source
    is not known.
    """
    directories = template_directories(folder)
    there = available_languages(source, directories)
    languages = tuple(languages) or there
    for language in languages:
        if not LANGUAGE.fullmatch(language):
            raise TemplateError(f"{language!r} is no language.", next_step="Write codes such as: --languages en,de")
    check_name("template", name)
    made = folder / "templates" / name
    if made.exists():
        raise OutputError(f"{made} exists already.", next_step="Choose another name, or edit it.")
    origin = next(directory / source for directory in directories if (directory / source).is_dir())
    try:
        shutil.copytree(origin, made)
        _keep_languages(made, there, languages)
        if not (made / EXAMPLES).exists():
            text = examples_toml(load_scenario(name, directories), languages)
            (made / EXAMPLES).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{made} cannot be made: {error.strerror or error}.", next_step="Make room or rights here."
        ) from error
    return made


def _keep_languages(made: Path, there: Sequence[str], wanted: Sequence[str]) -> None:
    """Leave the wanted languages in a copied template; new ones begin as copies of one that is there."""
    first = "en" if "en" in there else there[0]
    for path in list(letters_in(made)):
        for language in set(wanted) - set(there) if path.stem == first else ():
            shutil.copyfile(path, path.with_stem(language))
        if path.stem not in wanted:
            for each in filter(None, (path, informal_path(path))):
                each.unlink()
    scenario = made / "scenario.toml"
    if scenario.is_file():
        lines = scenario.read_text(encoding="utf-8").split("\n")
        kept = [each for line in lines for each in _spoken(line, first, there, wanted)]
        scenario.write_text("\n".join(kept), encoding="utf-8")


def _spoken(line: str, first: str, there: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    """A line of a scenario.toml, in the wanted languages where it is in one."""
    language, _, value = line.partition(" = ")
    if language not in there or language in wanted:
        yield line
    if language == first:
        yield from (f"{each} = {value}" for each in wanted if each not in there)


def _situation(name: str, directories: tuple[Path, ...], language: str, *, own: bool) -> Situation:
    scenario = load_scenario(name, directories)
    return Situation(
        name=name,
        title=scenario.title.get(language) or scenario.title.get("en", ""),
        purpose=scenario.purpose.get(language) or scenario.purpose.get("en", ""),
        languages=available_languages(name, directories),
        legal_pack=scenario.legal_pack,
        own=own,
    )
