"""Judges the wording of files: letters of a campaign or of anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.model import Severity
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.system.regular_file import read_regular
from mass_apology.wording.critic import criticise
from mass_apology.wording.finding import WordingFinding
from mass_apology.wording.letter_text import Document
from mass_apology.wording.other_languages import language_of
from mass_apology.wording.reading.files import LARGEST, language_in_name, read_letters
from mass_apology.wording.wording_rules import Rules, kinds, rules, shipped

STANDARD_INPUT = "-"


class FileFinding(Struct, frozen=True, kw_only=True):
    """A finding with its place in a file."""

    file: str
    line: int  # from 1; of a mail's encoded part, where it begins and on
    column: int  # from 1, in characters
    language: str  # code of the letter's
    rule: str
    severity: Severity
    passage: str  # an exact slice of the file, or of a mail's decoded part; empty where a part is missing
    title: str
    why: str
    better: str


class LintResult(Struct, frozen=True, kw_only=True):
    """What was found in the files of one call."""

    findings: tuple[FileFinding, ...]  # in the order of the files, and in each of the places
    letters: int  # that were read

    @property
    def has_errors(self) -> bool:
        """Whether something must be mended."""
        return any(each.severity is Severity.ERROR for each in self.findings)


def lint(files: Sequence[Path], stdin: bytes | None, *, language: str = "", scenario: str = "") -> LintResult:
    """Judge files, and ``stdin`` where a file is called "-".

    ``language`` is a code; without one, a file's name or page states it, or its words tell. ``scenario`` is the
    template whose sort of letter all of them are. Raises ``InputError``.
    """
    known = {each for profile in kinds().profiles.values() for each in profile.scenarios}
    if scenario and scenario not in known:
        raise InputError(
            ended(f"There is no scenario `{scenario}`{did_you_mean(scenario, known)}"),
            next_step="mass-apology templates lists them.",
        )
    findings: list[FileFinding] = []
    letters = 0
    for file in files:
        data = _read(file) if str(file) != STANDARD_INPUT else stdin or b""
        name = str(file) if str(file) != STANDARD_INPUT else "stdin"
        for letter in read_letters(_ending(name, data), data):
            letters += 1
            code = language or language_in_name(name, data) or language_of(letter)
            findings += _placed(name, letter, code, scenario or _scenario_of(file, known))
    return LintResult(findings=tuple(findings), letters=letters)


def _placed(name: str, letter: Document, code: str, scenario: str) -> Iterator[FileFinding]:
    for found in criticise(letter, _rules(code), scenario):
        line, column = letter.position(found.start)
        yield _in_file(found, name, line, column, code)


def _in_file(found: WordingFinding, name: str, line: int, column: int, code: str) -> FileFinding:
    return FileFinding(
        file=name,
        line=line,
        column=column,
        language=code,
        rule=found.rule,
        severity=found.severity,
        passage=found.passage,
        title=found.title,
        why=found.why,
        better=found.better,
    )


def _rules(code: str) -> Rules:
    found = rules(code)
    if found is None:
        raise InputError(
            f"There are no wording rules for the language `{code}`.",
            next_step=f"Name one that has them: --language {', '.join(shipped())}.",
        )
    return found


def _scenario_of(file: Path, known: set[str]) -> str:
    """A shipped template's scenario is its folder's name."""
    return file.parent.name if file.parent.name in known else ""


def _ending(name: str, data: bytes) -> str:
    """What comes without a file's name is a mail if it begins as one, a page if it begins with a tag, else a text."""
    if name != "stdin":
        return name
    beginning = data[:200].lstrip()
    if beginning.startswith(b"From ") and b"\n" in beginning:
        return f"{name}.mbox"
    if beginning[:1] == b"<":
        return f"{name}.html"
    is_mail = any(beginning.lower().startswith(each) for each in _MAIL_FIELDS)
    return f"{name}.eml" if is_mail else f"{name}.md"


_MAIL_FIELDS = (b"from:", b"return-path:", b"received:", b"delivered-to:", b"date:", b"message-id:", b"mime-version:")


def _read(file: Path) -> bytes:
    try:
        return read_regular(file, LARGEST)
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}.", next_step="Name a letter, a template or a mail."
        ) from error
