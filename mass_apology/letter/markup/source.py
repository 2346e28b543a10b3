"""Template files as they stand on disk: found, read, and cut into the pieces that are compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology.control_characters import (
    control_character,
    control_reference,
    named,
    written_from_right_to_left,
)
from mass_apology.errors import TemplateError
from mass_apology.letter.values import LANGUAGE, suggestion
from mass_apology.near_misses import ended
from mass_apology.system.regular_file import read_regular

MAX_SIZE = 64 * 1024
"""Octets of a template file. Together with the sandbox's own bounds this limits what a template can cost."""

MAX_LETTER = 32 * 1024
"""Octets of a letter in Markdown, some 5,000 words: it can be written so that it takes longer and longer."""

MAX_HTML_LETTER = 128 * 1024
"""Octets of an HTML letter of one's own; Gmail hides what is beyond 102 KB."""

FORMATS = (".md", ".html", ".txt")
"""How a letter may be written: Markdown, an HTML page of one's own, or plain text as it is."""

MAX_LINES = 2_000
"""Of a letter in Markdown, empty ones counted: each line may be a paragraph, and is judged and shown as one."""

MAX_PARAGRAPH = 10_000
"""Characters without an empty line between them."""

MAX_CELLS = 5_000
"""Of a letter's tables."""

REPLY = "Re"
"""RFC 5322 §3.6.5: another prefix would not be taken for that of a reply, and conversations would fall apart."""

_LONGEST_PREFIX = 30
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_HEADER = re.compile(r"(?P<name>[A-Za-z-]+):[ \t]*(?P<value>.*)", re.ASCII)
_HEADERS = frozenset({"Subject", "Preheader", "Prefix", "Language", "Languages"})  # the last two are for `init`
_NO_TEMPLATES = frozenset({"layouts", "legal"})  # folders beside the templates
_FENCE = "---"  # around the headers, for who writes them as front matter


class Fragment(Struct, frozen=True, kw_only=True):
    """A piece of a template file."""

    path: Path
    line: int  # of its first character in the file, counted from 1
    text: str

    @property
    def padded(self) -> str:
        """The text behind so many empty lines that Jinja counts lines as the file does."""
        return "\n" * (self.line - 1) + self.text


class Letter(Struct, frozen=True, kw_only=True):
    """One language's template file."""

    subject: Fragment
    preheader: Fragment  # what a mailbox shows beside the subject; may be empty
    prefix: str  # before the subject of the letter that this one follows, e.g. "Correction"; without its colon
    body: Fragment  # Markdown, HTML or plain text, as its file's suffix says
    text: Fragment | None = None  # the text part that stands beside an HTML page in a file of its own

    @property
    def format(self) -> str:
        """One of ``FORMATS``."""
        return self.body.path.suffix

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """What a recipient reads of it, in the order of the file."""
        parts = (self.subject, self.preheader, self.body)
        return (*parts, self.text) if self.text else parts


class LetterSource(Struct, frozen=True, kw_only=True):
    """All that one language's letter is compiled from, as it was when it was read."""

    letter: Letter
    layout: tuple[Fragment, ...]  # its page and its text; nothing around a letter that is not in Markdown
    text: str  # of the letter's file, headers included

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """Of the letter, then of the layout."""
        return (*self.letter.fragments, *self.layout)


def read_source(
    scenario: str, language: str, *, directories: Sequence[Path], layout: str, informal: bool = False
) -> LetterSource:
    """The letter's file, the informal one where it is wanted and there, and the layout's. Raises ``TemplateError``."""
    path = letter_path(scenario, language, directories)
    path = (informal_path(path) if informal else None) or path
    letter = read_letter(path)
    around = _layout_fragments(layout, directories) if letter.format == ".md" else ()
    return LetterSource(letter=letter, layout=around, text=read(path))


def _layout_fragments(layout: str, directories: Sequence[Path]) -> tuple[Fragment, Fragment]:
    page, plain = layout_paths(layout, directories)
    text = read(plain) if plain else "{{ body }}"
    html = Fragment(path=page, line=1, text=read(page))
    return html, Fragment(path=plain or page, line=1, text=text)


def mistake(path: Path, line: int, problem: str, next_step: str) -> TemplateError:
    """The error for a mistake on a line of a template file."""
    return TemplateError(f"{path}, line {line}: {problem}", next_step=next_step)


def letter_path(scenario: str, language: str, directories: Sequence[Path]) -> Path:
    """The template file for one language, of the first directory that has it: of an HTML page with a text, the page."""
    return letter_paths(scenario, language, directories)[0]


def letter_paths(scenario: str, language: str, directories: Sequence[Path]) -> tuple[Path, ...]:
    """The files that one language's letter is written in: one, or an HTML page and the text that stands beside it.

    Raises ``TemplateError`` where there is none, and where one folder holds the letter in Markdown and otherwise too.
    """
    languages = available_languages(scenario, directories)
    if language not in languages:
        raise TemplateError(
            f"The template `{scenario}` has no letter in the language `{language}`; it has {', '.join(languages)}.",
            next_step=f"Write {directories[0] / scenario / f'{language}.md'}, or choose another language.",
        )
    written = (_written(folder / scenario, language) for folder in directories)
    paths = next(each for each in written if each)
    if len(paths) > 1 and paths[0].suffix == ".md":
        names = " and ".join(path.name for path in paths)
        raise TemplateError(
            f"{paths[0].parent} holds one letter twice: {names}.", next_step="Keep the one that is to be sent."
        )
    return paths


def informal_path(letter: Path) -> Path | None:
    """The informal letter beside a formal one: "en.informal.md" beside "en.md", or in another format."""
    written = (letter.with_name(f"{letter.stem}.informal{suffix}") for suffix in FORMATS)
    return next((path for path in written if path.is_file()), None)


def scenario_path(scenario: str, directories: Sequence[Path]) -> Path | None:
    """The scenario's ``scenario.toml``; ``None`` where a user's own template does without."""
    available_languages(scenario, directories)
    return next((path for path in _candidates(f"{scenario}/scenario.toml", directories) if path.is_file()), None)


def layout_paths(layout: str, directories: Sequence[Path]) -> tuple[Path, Path | None]:
    """The layout's HTML file and, where it has one, its text file."""
    check_name("layout", layout)
    pages = _candidates(f"layouts/{layout}.html", directories)
    page = next((path for path in pages if path.is_file()), None)
    if page is None:
        there = {path.stem for folder in directories for path in (folder / "layouts").glob("*.html")}
        raise TemplateError(
            f"There is no layout `{layout}`{suggestion(layout, there)}",
            next_step="Correct `layout` in campaign.toml, or write the layout.",
        )
    plain = page.with_suffix(".txt")
    return page, plain if plain.is_file() else None


def available_languages(scenario: str, directories: Sequence[Path]) -> tuple[str, ...]:
    """The languages that the scenario has a letter for, sorted. ``TemplateError`` where there is no such scenario."""
    check_name("template", scenario)
    languages = sorted({path.stem for folder in directories for path in letters_in(folder / scenario)})
    if not languages:
        known = set().union(*map(templates_in, directories))
        raise TemplateError(
            ended(f"There is no template `{scenario}`{suggestion(scenario, known)}"),
            next_step="Correct the name (`template` in campaign.toml), or write one in the campaign's `templates`.",
        )
    return tuple(languages)


def letters_in(folder: Path) -> Iterator[Path]:
    """The files of a template's folder that are named as a letter is: after a language, in one of the formats."""
    for path in folder.glob("*"):
        if path.suffix in FORMATS and LANGUAGE.fullmatch(path.stem) and path.is_file():
            yield path


def _written(folder: Path, language: str) -> tuple[Path, ...]:
    return tuple(path for suffix in FORMATS if (path := folder / f"{language}{suffix}").is_file())


def read(path: Path) -> str:
    """A template file's text with "\\n" line ends. ``TemplateError`` where it cannot be trusted."""
    try:
        most = _most(path)
        octets = read_regular(path, most)
        text = octets.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}.", next_step="Mend or shorten it.") from error
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise mistake(path, line, "the file is not UTF-8.", "Save the file as UTF-8.") from error
    _refuse_controls(path, text)
    return text


def _most(path: Path) -> int:
    if path.suffix == ".md":
        return MAX_LETTER
    return MAX_HTML_LETTER if path.suffix == ".html" and LANGUAGE.fullmatch(path.stem) else MAX_SIZE


def _refuse_controls(path: Path, text: str) -> None:
    turned = written_from_right_to_left(path.stem)
    if control := control_character(text, right_to_left=turned):
        line = text.count("\n", 0, control.start()) + 1
        problem = f"the file holds the control character {named(control[0])}."
        raise mistake(path, line, problem, "Delete the character.")
    if reference := control_reference(text, right_to_left=turned):
        line = text.count("\n", 0, reference.start()) + 1
        raise mistake(path, line, f"`{reference[0]}` stands for a control character.", "Delete it.")


def read_letter(path: Path) -> Letter:
    """The file's headers and body: ``Subject:`` (required), ``Preheader:``, an empty line, the body.

    The headers may also stand as front matter, between two lines ``---``. Beside an HTML page its text part may stand
    in a file of its own, with or without the headers; then the page may do without them.
    """
    headers, body = _divided(path)
    text: Fragment | None = None
    beside = path.with_suffix(".txt")
    if path.suffix == ".html" and beside.is_file():
        others, text = _divided(beside)
        if twice := sorted(headers.keys() & others.keys()):
            header = others[twice[0]]
            problem = f"the header `{twice[0]}` stands in {path.name} too."
            raise mistake(beside, header.line, problem, "Delete one of them.")
        headers |= others
    if "Subject" not in headers or not headers["Subject"].text:
        raise mistake(path, 1, "the letter has no subject.", "Begin the file with a line `Subject: …`.")
    nothing = Fragment(path=path, line=1, text="")
    return Letter(
        subject=headers["Subject"],
        preheader=headers.get("Preheader", nothing),
        prefix=_prefix(headers.get("Prefix")),
        body=body,
        text=text,
    )


def _divided(path: Path) -> tuple[dict[str, Fragment], Fragment]:
    """A file's headers and what stands below them."""
    lines = read(path).split("\n")
    first, end, below = _headers_end(path, lines)
    headers = dict(_headers(path, lines[first:end], first + 1))
    body = Fragment(path=path, line=below + 1, text="\n".join(lines[below:]))
    if not body.text.strip():
        raise mistake(path, below, "the letter has no text below its headers.", "Write it after an empty line.")
    return headers, body


def _headers_end(path: Path, lines: Sequence[str]) -> tuple[int, int, int]:
    """The headers' first line, the line after their last, and the body's first; counted from 0."""
    if lines[0].rstrip() == _FENCE:
        fence = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() == _FENCE), None)
        if fence is None:
            raise mistake(path, 1, "the front matter has no end.", f"Write a line `{_FENCE}` below it.")
        return 1, fence, fence + 1 + (lines[fence + 1 : fence + 2] == [""])
    if path.suffix != ".md" and not _is_header(lines[0]):  # a page, or a text beside one
        return 0, 0, 0
    end = lines.index("") if "" in lines else len(lines)
    return 0, end, end + 1


def _is_header(line: str) -> bool:
    found = _HEADER.fullmatch(line)
    return found is not None and found["name"].capitalize() in _HEADERS


def refuse_large_blocks(body: Fragment) -> None:
    """Raise ``TemplateError`` for many lines, and for what costs Markdown its square: long paragraphs, and tables both
    long and wide.
    """
    if body.text.rstrip("\n").count("\n") >= MAX_LINES:
        problem = f"the letter has more than {MAX_LINES:,} lines."
        raise mistake(body.path, body.line + MAX_LINES, problem, "Shorten it, or attach what is long.")
    cells, line = 0, body.line
    for block in body.text.split("\n\n"):
        lines = block.split("\n")
        cells += len(lines) * max(each.count("|") for each in lines)
        if len(block) > MAX_PARAGRAPH:
            problem = f"a paragraph has more than {MAX_PARAGRAPH:,} characters."
            raise mistake(body.path, line, problem, "Put an empty line between its parts.")
        if cells > MAX_CELLS:
            problem = f"the tables have more than {MAX_CELLS:,} cells."
            raise mistake(body.path, line, problem, "Link to a large table, or attach it.")
        line += len(lines) + 1


def _prefix(header: Fragment | None) -> str:
    if header is None:
        return REPLY
    prefix = header.text.removesuffix(":").rstrip()
    if not prefix or "{" in prefix or len(prefix) > _LONGEST_PREFIX:
        problem = f"`{header.text}` is no prefix of a subject."
        raise mistake(header.path, header.line, problem, "Write one word or two, such as `Prefix: Correction`.")
    return prefix


def _headers(path: Path, lines: Sequence[str], first: int) -> Iterator[tuple[str, Fragment]]:
    """The headers on these lines, whose first is the file's ``first``."""
    seen: set[str] = set()
    for number, line in enumerate(lines, start=first):
        header = _HEADER.fullmatch(line)
        name = header["name"].capitalize() if header else ""
        if header is None or name not in _HEADERS:
            advice = "Write `Subject: …`, perhaps `Preheader: …` and `Prefix: …`, an empty line, then the letter."
            raise mistake(path, number, f"`{line}` is not a header of a letter.", advice)
        if name in seen:
            raise mistake(path, number, f"there are two headers `{name}`.", "Delete one of them.")
        seen.add(name)
        yield name, Fragment(path=path, line=number, text=header["value"].strip())


def _candidates(name: str, directories: Sequence[Path]) -> list[Path]:
    return [folder / name for folder in directories]


def templates_in(folder: Path) -> set[str]:
    """The names of the templates that a folder of templates holds."""
    return {each.name for each in folder.glob("*/") if each.name not in _NO_TEMPLATES and any(letters_in(each))}


def check_name(what: str, name: str) -> None:
    """Raise ``TemplateError`` where a name could be a path: nothing outside the template directories is read."""
    if not _NAME.fullmatch(name):
        raise TemplateError(
            f"`{name}` is not the name of a {what}.",
            next_step="Give it a name of letters from A to Z, digits and hyphens, in campaign.toml too.",
        )
