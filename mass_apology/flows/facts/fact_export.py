"""``facts export``: writes the facts to a CSV file for a translator."""

from __future__ import annotations

import csv
from pathlib import Path

from msgspec import Struct

from mass_apology.flows.facts.translatable import Translatable, source_language, translatables
from mass_apology.flows.output import new_file, require_ending
from mass_apology.spreadsheets import marked
from mass_apology.workspace.workspace import Workspace

KEY, EXPLANATION = "key", "explanation"
"""Columns of the file; the other two are called as the languages are."""


class Exported(Struct, frozen=True, kw_only=True):
    """The result of ``facts export``."""

    source: str  # language
    language: str
    facts: int
    translated: int  # of these
    unwritten: tuple[str, ...]  # required facts that the source language lacks, too


def export(workspace: Workspace, language: str, source: str | None, to: Path, *, force: bool) -> Exported:
    """Write the facts to ``to``. Raises ``MassApologyError`` with nothing written."""
    source = source_language(workspace.campaign, source, language)
    require_ending(to, (".csv",))
    facts = translatables(workspace, source, language)
    with new_file(to, force=force) as file:
        file.write("\ufeff")  # spreadsheets take a file without it for another encoding
        rows = csv.writer(file)
        rows.writerow([KEY, source, EXPLANATION, language])
        rows.writerows([each.key, marked(each.original), _explained(each), marked(each.translation)] for each in facts)
    return Exported(
        source=source,
        language=language,
        facts=len(facts),
        translated=sum(bool(each.translation) for each in facts),
        unwritten=tuple(each.key for each in facts if each.required and not each.original.strip()),
    )


def _explained(fact: Translatable) -> str:
    needed = "required" if fact.required else "optional"
    return f"{fact.explanation} ({fact.type.value}; {needed})".strip()
