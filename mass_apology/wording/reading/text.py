"""Plain text and Markdown, finished or with a template's signs → a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mass_apology.wording.letter_text import Block, Builder, Document, Role
from mass_apology.wording.reading.inline import Inline

_LINE = re.compile(r"[^\n]*\n?")
# What mail programs call the subject in the languages that have rules; French has a space before the colon.
_SUBJECT = re.compile(
    r"(?:subject|betreff|asunto|objet|teema|t[eē]ma|temats?|θ[εέ]μα|тема)[ \t\u00a0]?:[ \t]?", re.IGNORECASE
)
_HEADER = re.compile(rf"[A-Za-z][A-Za-z-]{{1,30}}:[ \t]?|{_SUBJECT.pattern}", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n?\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+•–—]|\d{1,3}[.)])[ \t]+")
_NUMBER = re.compile(r"[ \t]*\d")
_LATER_NUMBER = re.compile(r"[ \t]*(?!1[.)])\d")
_UNFINISHED = re.compile(r"[^\s.:;!?*_\"”“»’)][*_\"”“»’)]*[ \t]*\r?\n\Z")
_NUMBERED = re.compile(r"^[ \t]*(\d{1,3})[.)][ \t]", re.MULTILINE)
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_STATEMENT = re.compile(r"\{%[^{}\n]*%\}|\{#[^{}\n]*#\}")
_RULE_LENGTH = 3
_LINE_END = 40  # characters before a line that tell whether a sentence ended
_BOLD_MARKS = 2
_TABLE_ROW = re.compile(r"[ \t]*\|")


def read_text(source: str, *, is_markdown: bool, is_template: bool, first_line: int = 1) -> Document:
    """A text whose first lines may be headers such as ``Subject:``, or front matter between ``---``."""
    reader = _Reader(source, is_markdown=is_markdown, is_template=is_template)
    blocks = tuple(reader.blocks())
    return Document(
        source=source,
        blocks=blocks,
        names=frozenset(reader.inline.names),
        is_template=is_template,
        first_line=first_line,
    )


class _Reader:
    """Reads line by line; a block goes on until an empty line or one of another role."""

    def __init__(self, source: str, *, is_markdown: bool, is_template: bool) -> None:
        self._source = source
        self._is_markdown = is_markdown
        self._is_template = is_template
        self._builder = Builder(source)
        self.inline = Inline(source, self._builder, is_template=is_template, is_markdown=is_markdown)
        self._role = Role.PROSE
        self._in_paragraph = False  # a line of prose came before, and no empty one since
        self._numbers = {int(found) for found in _NUMBERED.findall(source)}  # with which lines begin

    def blocks(self) -> Iterator[Block]:
        start = self._body_start()
        yield from self._headers(start)
        for found in _LINE.finditer(self._source, start):
            if found[0]:
                yield from self._line(found)
        yield from self._ended()

    def _body_start(self) -> int:
        """Where the headers end; 0 where there are none."""
        at = 0
        fenced = False
        for found in _LINE.finditer(self._source):
            line = found[0]
            if at == 0 and _FRONT_MATTER.match(line):
                fenced = True
            elif fenced and _FRONT_MATTER.match(line):
                return found.end()
            elif not line.strip() and not fenced:
                return found.end() if at else 0
            elif not fenced and not _HEADER.match(line) and not (at and line[:1] in " \t"):
                return 0
            at = found.end()
        return at if at and not fenced else 0

    def _headers(self, end: int) -> Iterator[Block]:
        for found in _LINE.finditer(self._source, 0, end):
            header = _SUBJECT.match(found[0])
            if header:
                start = found.start() + header.end()
                self.inline.add(start, start + len(found[0][header.end() :].rstrip()))
                yield from self._taken(Role.SUBJECT)

    def _line(self, found: re.Match[str]) -> Iterator[Block]:
        line, start = found[0], found.start()
        if not line.strip() or (self._is_markdown and _is_rule(line)):
            yield from self._ended()
            return
        end = start + len(line.rstrip("\r\n"))
        if self._is_template and "{" in line and not _STATEMENT.sub("", line).strip():
            self.inline.add(start, end)
            return
        role, skipped = self._role_of(line, start)
        goes_on = role is Role.PROSE and self._role is Role.ITEM  # the second line of an item
        if not goes_on and (role is not self._role or role in {Role.ITEM, Role.HEADING}):
            yield from self._ended()
            self._role = role
        self.inline.add(start + skipped, end)
        self._builder.put("\n", end)
        self._in_paragraph = self._role is Role.PROSE

    def _role_of(self, line: str, start: int) -> tuple[Role, int]:
        """The line's role, and how many characters show it."""
        if found := _QUOTE.match(line):
            return Role.QUOTE, found.end()
        if (found := _ITEM.match(line)) and not (
            self._goes_on(line, start) or self._begins_with_date(line, found.end())
        ):
            return Role.ITEM, found.end()
        if self._is_markdown and (found := _HEADING.match(line)):
            return Role.HEADING, found.end()
        if self._is_markdown and _is_bold(line.strip()):
            return Role.HEADING, 0
        if self._is_markdown and (found := _TABLE_ROW.match(line)):
            return Role.ITEM, found.end()
        return Role.PROSE, 0

    def _goes_on(self, line: str, start: int) -> bool:
        """Whether a number goes on with a wrapped line.

        A list in a paragraph begins with 1 (CommonMark §5.3): "16. novembris" is a date, and so is "1. Dezember" where
        the line before has no stop.
        """
        if not self._in_paragraph or not _NUMBER.match(line):
            return False
        return bool(_LATER_NUMBER.match(line) or _UNFINISHED.search(self._source, max(0, start - _LINE_END), start))

    def _begins_with_date(self, line: str, end: int) -> bool:
        """Whether "9. novembrī" begins a paragraph: a small letter follows, and no line has the number beside it."""
        numbered = _NUMBERED.match(line)
        if numbered is None or not line[end : end + 1].islower():
            return False
        return self._numbers.isdisjoint((int(numbered[1]) - 1, int(numbered[1]) + 1))

    def _ended(self) -> Iterator[Block]:
        yield from self._taken(self._role)
        self._role = Role.PROSE
        self._in_paragraph = False

    def _taken(self, role: Role) -> Iterator[Block]:
        block = self._builder.block(role)
        if block is not None:
            yield block


def _is_rule(line: str) -> bool:
    """Whether a line of Markdown is a rule, such as "---"."""
    return len(line.strip()) >= _RULE_LENGTH and not line.strip("-*_= \t\r\n")


def _is_bold(line: str) -> bool:
    """Whether a line is bold as a whole, and so a heading: "**What happened**"."""
    return line.startswith("**") and line.endswith("**") and line.count("**") == _BOLD_MARKS
