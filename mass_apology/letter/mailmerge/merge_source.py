"""A mailmerge template as source: its included files put in, and cut into headers and the parts of the body.

mailmerge renders the whole file by Jinja and parses the result as a message; here the source is cut at the same places.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError
from msgspec import Struct

from mass_apology.errors import TemplateError
from mass_apology.system.regular_file import read_regular

MAX_OCTETS = 1_000_000
"""Of a template with all that it includes."""

_MOST_INCLUDES = 50
_OPENERS = frozenset({"if", "for", "macro", "call", "filter", "block", "with", "autoescape"})
_QUOTED = re.compile(r"""\s*include\s+(["'])(?P<name>[^"']+)\1(?P<rest>.*)""", re.DOTALL)
_SUBTYPES = {"text/plain": "plain", "text/html": "html", "text/markdown": "markdown"}


class Piece(Struct, frozen=True, kw_only=True):
    """A stretch of source: text, a comment, or Jinja between its braces."""

    kind: str  # "data", "raw", "comment", "print" or "statement"
    begin: str  # "{%-", "{{" …; "" for text
    code: str  # what is between, or the text
    end: str
    line: int

    @property
    def source(self) -> str:
        return self.begin + self.code + self.end

    @property
    def keyword(self) -> str:
        """ "if", "endfor" …; "" for all but statements."""
        words = self.code.split(None, 1)
        return words[0] if self.kind == "statement" and words else ""


class Part(Struct, frozen=True, kw_only=True):
    """What the message shows, in one of the ways that mailmerge knows."""

    subtype: str  # "plain", "html" or "markdown"
    text: str  # Jinja's source


class MergeSource(Struct, frozen=True, kw_only=True):
    """A template, cut."""

    headers: tuple[tuple[str, str], ...]  # name in small letters, source of the value; what they ask for left out
    sets: str  # statements among the headers that set names for the whole file
    is_conditional: bool  # a header is there on a condition
    parts: tuple[Part, ...]

    def header(self, name: str) -> str:
        """The first value's source, or ""."""
        return next((value for each, value in self.headers if each == name), "")


def read_merge_source(path: Path) -> MergeSource:
    """Read the file. ``TemplateError`` names what is no mailmerge template."""
    source = _without_last_line_end(_included(path.name, path.parent, [0]))
    before, body = _cut(list(pieces(source, path.name)), path.name)
    headers = tuple(_headers(before))
    kind = next((value for name, value in headers if name == "content-type"), "text/plain")
    return MergeSource(
        headers=headers,
        sets="".join(f"{{% {' '.join(each.code.split())} %}}" for each in before if _sets(each)),
        is_conditional=any(each.kind == "statement" and not _sets(each) for each in before),
        parts=tuple(_parts(kind, body, path.name)),
    )


def pieces(source: str, name: str) -> Iterator[Piece]:
    """The source's pieces, in order; put together they are the source again."""
    begin, raw, line = "", False, 1
    code: list[str] = []
    try:
        for number, kind, value in Environment(keep_trailing_newline=True).lex(source):  # noqa: S701 (only cuts it)
            if kind == "data":
                yield Piece(kind="raw" if raw else "data", begin="", code=value, end="", line=number)
            elif kind in {"raw_begin", "raw_end"}:
                raw = kind == "raw_begin"
            elif kind.endswith("_begin"):
                begin, code, line = value, [], number
            elif kind.endswith("_end"):
                made = {"variable_end": "print", "block_end": "statement"}.get(kind, "comment")
                yield Piece(kind=made, begin=begin, code="".join(code), end=value, line=line)
            else:
                code.append(value)
    except TemplateSyntaxError as error:
        raise _mistake(name, error.lineno, f"this is not Jinja: {error.message}.", "Correct it.") from error


def _included(name: str, folder: Path, count: list[int]) -> str:
    """A file's source with those that it includes by a name that is written out."""
    count[0] += 1
    if count[0] > _MOST_INCLUDES or ".." in Path(name).parts:
        raise _mistake(name, 1, "it includes too many files, or one outside its folder.", "Put their text into it.")
    text = _read(folder / name)
    if "include" not in text:
        return text
    found: list[str] = []
    for piece in pieces(text, name):
        named = _QUOTED.fullmatch(piece.code) if piece.keyword == "include" else None
        if named is None:
            found.append(_literal(piece.code) if piece.kind == "raw" else piece.source)
        elif (folder / named["name"]).is_file() or "ignore missing" not in named["rest"]:
            found.append(_without_last_line_end(_included(named["name"], folder, count)))
    return "".join(found)


def _literal(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}"


def _read(path: Path) -> str:
    try:
        text = read_regular(path, MAX_OCTETS).decode("utf-8-sig")
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}."
        raise TemplateError(problem, next_step="Put the file there, or name it.") from error
    except UnicodeDecodeError as error:
        raise TemplateError(
            f"{path} is not UTF-8, which is all that mailmerge reads.", next_step="Save it as UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_last_line_end(text: str) -> str:
    return text.removesuffix("\n")


def _cut(all_pieces: list[Piece], name: str) -> tuple[list[Piece], str]:
    """The pieces of the headers, and the source of the body below the first empty line."""
    depth, is_empty = 0, True
    for number, piece in enumerate(all_pieces):
        if piece.kind in {"data", "raw"}:
            for at, character in enumerate(piece.code):
                if character == "\n" and is_empty:
                    if depth:
                        problem = "the headers end inside a condition: mailmerge takes what follows for the letter."
                        raise _mistake(name, piece.line, problem, "Write `-%}` at the end of the statement's line.")
                    rest = "".join(_literal(e.code) if e.kind == "raw" else e.source for e in all_pieces[number + 1 :])
                    return [*all_pieces[:number], _cut_off(piece, at)], piece.code[at + 1 :] + rest
                is_empty = character == "\n"
        elif piece.kind == "print":
            is_empty = False
        depth += (piece.keyword in _OPENERS) - piece.keyword.startswith("end")
    raise _mistake(name, 1, "there is no empty line between the headers and the letter.", "Write one.")


def _cut_off(piece: Piece, at: int) -> Piece:
    return Piece(kind=piece.kind, begin="", code=piece.code[:at], end="", line=piece.line)


def _sets(piece: Piece) -> bool:
    return piece.keyword == "set" and "=" in piece.code


def _headers(before: list[Piece]) -> Iterator[tuple[str, str]]:
    """Names and values; a line that begins with a space continues the one before (RFC 5322 §2.2.3)."""
    text = "".join(each.source for each in before if each.kind not in {"statement", "comment"})
    for line in re.sub(r"\n[ \t]+", " ", text).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _parts(kind: str, body: str, name: str) -> Iterator[Part]:
    head = email.message_from_string(f"Content-Type: {kind}\n\n")
    whole = head.get_content_type()
    if whole in _SUBTYPES:
        yield Part(subtype=_SUBTYPES[whole], text=body)
    elif whole == "multipart/alternative" and (boundary := head.get_boundary()):
        yield from _alternatives(boundary, body, name)
    else:
        problem = f"the letter is {whole}, which cannot be imported."
        raise _mistake(name, 1, problem, "Write it as text/plain, text/html, text/markdown or multipart/alternative.")


def _alternatives(boundary: str, body: str, name: str) -> Iterator[Part]:
    pieces_of_body = re.split(rf"(?m)^--{re.escape(boundary)}(?:--)?[ \t]*(?:\n|\Z)", body)
    for piece in pieces_of_body[1:]:
        above, _, text = piece.partition("\n\n") if not piece.startswith("\n") else ("", "", piece[1:])
        head = email.message_from_string(above + "\n\n")
        encoding = str(head.get("Content-Transfer-Encoding", "8bit")).lower()
        if head.get_content_type() in _SUBTYPES and text.strip():
            if encoding not in {"7bit", "8bit"}:
                raise _mistake(name, 1, f"a part of the letter is {encoding}.", "Write it as it reads.")
            yield Part(subtype=_SUBTYPES[head.get_content_type()], text=_without_last_line_end(text))
        elif above.strip():
            raise _mistake(name, 1, f"a part is {head.get_content_type()}.", "Keep parts of text/plain and text/html.")


def _mistake(name: str, line: int, problem: str, advice: str) -> TemplateError:
    return TemplateError(f"{name}, line {line}: {problem}", next_step=advice)
