"""Jinja out of the way of Markdown and CSS: each expression stands as a word while they work, and comes back after.

Markdown would turn ``{{ x | default("y") }}`` into ``&quot;`` and an HTML parser ``{% if a < b %}`` into a tag.
When the expressions come back, each gets a line of its own inside its braces, where a line end means nothing; so
every line of the compiled template knows the line of the file that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import nodes
from msgspec import Struct
from msgspec.structs import replace

from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.source import Fragment, mistake

if TYPE_CHECKING:
    from mass_apology.letter.values import Fields

_OPENERS = frozenset({"if", "for"})
_CLOSERS = frozenset({"endif", "endfor"})
_BRANCHES = frozenset({"elif", "else"})

VALUE_WIDTH = 12
"""Columns that a value is taken to need where text is wrapped; a customer's real values are not known yet."""

_WIDTHS = {"date": 18, "on_date": 24, "moment": 30, "day": 14, "on_day": 18, "from_to": 32, "since": 24, "until": 24}
"""Columns of what these filters write; in most languages it has fewer."""

_DATED = re.compile(rf"\|\s*({'|'.join(_WIDTHS)})\b")
_COMMENT = "\x1f"  # no template file holds it
_COMMENT_LINE = re.compile(rf"(?m)^[ \t]*{_COMMENT}[ \t{_COMMENT}]*\n")
_ALONE = re.compile(r"(?m)^[ \t]*\{%-?(?:(?!%\}|\{%)[^\n])*-?%\}[ \t]*$")
_FACT = re.compile(r"\s*(incident|sender)\.(\w+)\s*")
_BRACE = re.compile(r"\{(?=[{%#]|\Z)")


class Token(Struct, frozen=True, kw_only=True):
    """One piece of Jinja without its braces."""

    code: str
    statement: bool  # {% … %}, not {{ … }}
    path: Path
    line: int  # of ``code``'s first character, in the file
    literal: str | None = None  # the value, where it is the same in every letter

    @property
    def keyword(self) -> str:
        """ "if", "endfor" …; "" for an expression."""
        return self.code.split(None, 1)[0] if self.statement else ""

    @property
    def continues(self) -> bool:
        """Whether it belongs to a statement that began before it."""
        return self.keyword in _BRANCHES | _CLOSERS

    @property
    def ends(self) -> bool:
        """Whether the statement is complete with it: a closing one, or one such as ``set`` that holds nothing."""
        return self.statement and self.keyword not in _BRANCHES | _OPENERS

    @property
    def width(self) -> int:
        """How many columns it takes in plain text."""
        if self.literal is not None:
            return len(self.literal)
        if self.statement:
            return 0
        dated = _DATED.search(self.code)
        return _WIDTHS[dated[1]] if dated else VALUE_WIDTH

    @property
    def jinja(self) -> str:
        """The piece as the compiled template has it; its code begins on a new line."""
        return f"{{%\n{self.code}%}}" if self.statement else f"{{{{\n{self.code}}}}}"


class Place(Struct, frozen=True):
    """A line of a template file."""

    path: Path
    line: int


class Mask:
    """The words that stand for pieces of Jinja. ``fields`` are those whose values are the same in every letter."""

    def __init__(self, environment: LetterEnvironment, texts: Iterable[str], fields: Mapping[str, Fields]) -> None:
        self.environment = environment
        self.tokens: list[Token] = []
        self._fields = fields
        prefix, everything = "jx", "".join(texts)
        while prefix in everything:
            prefix += "q"
        self._prefix = prefix
        self.pattern = re.compile(rf"(?:<!--)?({prefix}\d+z)(?:-->)?")

    def hide(self, fragment: Fragment, *, exact: bool = False) -> str:
        """The fragment with words in place of Jinja. Comments and the spaces that ``{%-`` eats are gone.

        A line that holds nothing but a comment is gone too, unless all is to be ``exact``, as Jinja itself has it.
        """
        masked = "".join(self._hidden(fragment))
        return (masked if exact else _COMMENT_LINE.sub("", masked)).replace(_COMMENT, "")

    def add(self, token: Token) -> str:
        """A new word, for this piece."""
        self.tokens.append(token)
        return f"{self._prefix}{len(self.tokens) - 1}z"

    def literal(self, text: str, like: Token) -> str:
        """A new word, for a text that is printed as it is."""
        return self.add(Token(code=quoted(text), statement=False, path=like.path, line=like.line, literal=text))

    def statement(self, code: str, like: Token) -> str:
        """A new word, for a statement of our own."""
        return self.add(Token(code=code, statement=True, path=like.path, line=like.line))

    def find(self, masked: str) -> list[Token]:
        """The pieces whose words stand in the text, in order."""
        return [self.token(match) for match in self.pattern.finditer(masked)]

    def token(self, match: re.Match[str]) -> Token:
        """The piece that a match of ``pattern`` stands for."""
        return self.tokens[int(match[1][len(self._prefix) : -1])]

    def width(self, masked: str) -> int:
        """The columns of a masked text once its values are in it, as far as that is known."""
        return len(self.pattern.sub("", masked)) + sum(token.width for token in self.find(masked))

    def split_literals(self, masked: str) -> str:
        """The text with a word for each word of the values that are known, so that it can be wrapped between them."""

        def split(match: re.Match[str]) -> str:
            token = self.token(match)
            if token.literal is None:
                return match[0]
            return " ".join(self.literal(word, token) for word in re.split(r"[ \t\n]+", token.literal.strip()))

        return self.pattern.sub(split, masked)

    def spelled(self, masked: str) -> str:
        """The text with each piece's value or code in it: two texts that are spelled alike print alike."""
        return self.pattern.sub(lambda match: self.token(match).literal or self.token(match).code.strip(), masked)

    def names(self, token: Token) -> set[str]:
        """The variables that an expression uses."""
        tree = self.environment.parse(f"{{{{{token.code}}}}}")
        return {node.name for node in tree.find_all(nodes.Name)}

    def reveal(self, masked: str) -> tuple[str, dict[int, Place]]:
        """The Jinja template, and where each of its lines comes from."""
        pieces: list[str] = []
        places: dict[int, Place] = {}
        line, end = 1, 0
        for match in self.pattern.finditer(masked):
            token = self.token(match)
            data = masked[end : match.start()]
            pieces += (_harmless(data), token.jinja)
            line += data.count("\n") + 1
            length = token.code.count("\n")
            places |= {line + row: Place(token.path, token.line + row) for row in range(length + 1)}
            line, end = line + length, match.end()
        return "".join([*pieces, _harmless(masked[end:])]), places

    def _hidden(self, fragment: Fragment) -> Iterator[str]:
        code: list[str] = []
        begun = 0
        for line, kind, value in self.environment.lex(fragment.padded):
            if kind == "data":
                yield value[fragment.line - 1 :] if line == 1 and fragment.line > 1 else value
            elif kind == "raw_begin":
                raise mistake(fragment.path, line, "`raw` cannot be used in a letter.", "Write `{{ '{{' }}` instead.")
            elif kind in {"variable_begin", "block_begin"}:
                code, begun = [], line
            elif kind in {"variable_end", "block_end"}:
                yield self.add(self._token("".join(code), kind == "block_end", fragment.path, begun))
            elif kind == "comment_begin":
                code = []
                yield _COMMENT
            else:
                code.append(value)

    def _token(self, code: str, statement: bool, path: Path, line: int) -> Token:  # noqa: FBT001 (a kind of token)
        fact = None if statement else _FACT.fullmatch(code)
        value = self._fields[fact[1]].__dict__.get(fact[2]) if fact else None
        if isinstance(value, str):
            return Token(code=quoted(value), statement=False, path=path, line=line, literal=value)
        return Token(code=code, statement=statement, path=path, line=line)


def undashed(fragment: Fragment) -> Fragment:
    """Markdown in which no statement on a line of its own eats line ends: they divide paragraphs, and it takes no room.

    In a layout of text such dashes mean what Jinja says.
    """
    text = _ALONE.sub(lambda line: line[0].replace("{%-", "{% ").replace("-%}", " %}"), fragment.text)
    return replace(fragment, text=text)


def quoted(text: str) -> str:
    """The text as a string of Jinja's, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _harmless(data: str) -> str:
    """Text that was never Jinja's, and may look like it now that Markdown has taken its escapes away."""
    return _BRACE.sub('{{ "{" }}', data)
