"""``facts import``: checks a translator's file and writes its facts into campaign.toml, which stays as it is otherwise.

Everything that is wrong is said at once, each with file and line; then nothing is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import edit_campaign
from mass_apology.errors import InputError
from mass_apology.flows.facts.fact_export import EXPLANATION, KEY
from mass_apology.flows.facts.translatable import Translatable, require_language, translatables
from mass_apology.flows.init.toml_notation import remark, toml
from mass_apology.letter.scenario import FactType, fact_problem, is_finished
from mass_apology.letter.template_files import available_languages
from mass_apology.letter.values import suggestion
from mass_apology.spreadsheets import unmarked
from mass_apology.system.bounded_toml import MAX_OCTETS
from mass_apology.system.regular_file import read_regular
from mass_apology.system.toml_edits import Edit
from mass_apology.workspace.workspace import Workspace

_DELIMITERS = (",", ";", "\t")
_MOST_NAMED = 20  # problems in one error
_COLUMNS = 4


class Change(Struct, frozen=True, kw_only=True):
    """A translation that campaign.toml did not have."""

    key: str
    before: str  # empty where there was none
    after: str


class Imported(Struct, frozen=True, kw_only=True):
    """The result of ``facts import``."""

    language: str
    changes: tuple[Change, ...]
    same: int  # translations that campaign.toml has already
    untranslated: tuple[str, ...]  # required sentences without a translation, in the file and in campaign.toml
    has_letter: bool  # whether the campaign's template has a letter in the language


class _Row(Struct, frozen=True, kw_only=True):
    line: int
    key: str
    original: str
    translation: str


class _Table(Struct, frozen=True, kw_only=True):
    source: str
    language: str
    rows: tuple[_Row, ...]


def import_facts(workspace: Workspace, path: Path, *, outdated: bool = False, dry_run: bool = False) -> Imported:
    """Write the translations of ``path`` into campaign.toml; with ``dry_run`` only tell them.

    ``outdated`` accepts translations of texts that changed since. Raises ``MassApologyError`` with nothing written.
    """
    table = _read(path)
    facts = {each.key: each for each in translatables(workspace, table.source, table.language)}
    if problems := list(_problems(path, table, facts, outdated=outdated)):
        more = f" And {len(problems) - _MOST_NAMED} more." if len(problems) > _MOST_NAMED else ""
        raise InputError(
            "\n".join(problems[:_MOST_NAMED]) + more,
            next_step="Nothing was written. Correct the file, or export it again, then import it once more.",
        )
    given = [row for row in table.rows if row.translation]
    changed = [row for row in given if row.translation != facts[row.key].translation]
    if changed and not dry_run:
        edit_campaign(workspace.folder, [_edit(table.language, row, facts[row.key]) for row in changed])
    done = {row.key for row in given}
    return Imported(
        language=table.language,
        changes=tuple(Change(key=row.key, before=facts[row.key].translation, after=row.translation) for row in changed),
        same=len(given) - len(changed),
        untranslated=tuple(
            each.key
            for each in facts.values()
            if each.required and each.type is FactType.SENTENCE and not each.translation and each.key not in done
        ),
        has_letter=table.language in available_languages(workspace.campaign.template, workspace.template_directories),
    )


def _edit(language: str, row: _Row, fact: Translatable) -> Edit:
    return Edit(
        table=("incident", language),
        key=row.key,
        notation=toml(row.translation),
        remark=tuple(remark(fact.explanation)) if fact.explanation else (),
    )


def _problems(path: Path, table: _Table, facts: dict[str, Translatable], *, outdated: bool) -> Iterator[str]:
    lines: dict[str, int] = {}
    for row in table.rows:
        where = f"{path}:{row.line}: "
        fact = facts.get(row.key)
        if not row.key:
            yield f"{where}the key is empty, so nobody can tell whose translation it is."
        elif row.key in lines:
            yield f"{where}`{row.key}` stands on line {lines[row.key]} already."
        elif fact is None:
            yield f"{where}the campaign has no fact `{row.key}`{suggestion(row.key, facts)}"
        elif row.translation:
            yield from (f"{where}{each}" for each in _objections(row, fact, table, outdated=outdated))
        lines.setdefault(row.key, row.line)


def _objections(row: _Row, fact: Translatable, table: _Table, *, outdated: bool) -> Iterator[str]:
    if problem := fact_problem(fact.type, row.translation):
        yield f"the translation of `{row.key}` {problem}"
    elif fact.type is FactType.SENTENCE and not is_finished(row.translation):
        yield f"the translation of `{row.key}` does not end as a sentence does, with a full stop."
    elif fact.type is FactType.SENTENCE and row.translation == row.original:
        yield f"`{row.key}` is not translated: it is the same sentence as in {table.source}."
    elif not outdated and row.original != fact.original.strip():
        yield (
            f"the text of `{row.key}` in {table.source} is another one in campaign.toml by now, so its translation may "
            "tell something else; with --outdated it is taken all the same."
        )


def _read(path: Path) -> _Table:
    lines = list(_lines(path, _text(path)))
    if not lines:
        raise _unusable(f"{path} is empty.")
    number, header = lines[0]
    if len(header) < _COLUMNS or header[0] != KEY or header[2] != EXPLANATION:
        raise _unusable(
            f"{path}:{number}: the columns are {', '.join(header[:6]) or 'none'}, "
            f"and not {KEY}, a language, {EXPLANATION}, a language."
        )
    source, language = header[1], header[3]
    require_language(language, f"{path}:{number}: column")
    require_language(source, f"{path}:{number}: column")
    if bad := next((line for line, cells in lines[1:] if len(cells) < _COLUMNS), None):
        raise _unusable(f"{path}:{bad}: the row has fewer than {_COLUMNS} cells, so cells may have moved.")
    return _Table(
        source=source,
        language=language,
        rows=tuple(_Row(line=line, key=cells[0], original=cells[1], translation=cells[3]) for line, cells in lines[1:]),
    )


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line on which it begins."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begun = 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield begun, [_plain(cell) for cell in cells]
            begun = rows.line_num + 1
    except csv.Error as error:
        raise _unusable(f"{path}:{begun}: the row cannot be read: {error}.") from error


def _plain(cell: str) -> str:
    """The cell as a fact: without a spreadsheet's marks, and on one line."""
    return " ".join(unmarked(cell).split())


def _text(path: Path) -> str:
    try:
        return read_regular(path, 4 * MAX_OCTETS).decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"There is no file {path}.", next_step="Make one first: mass-apology facts export --language pl --to pl.csv"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: it is not UTF-8.", next_step="Save it as “CSV UTF-8”, then import it again."
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", next_step="Give the translator's .csv file."
        ) from error


def _unusable(problem: str) -> InputError:
    return InputError(
        problem, next_step="Export it again, and let only the last column be changed: mass-apology facts export --help"
    )
