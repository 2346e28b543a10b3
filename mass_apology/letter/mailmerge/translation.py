"""Jinja as mailmerge knows it → Jinja of our letters: columns by their bare names, methods, needless filters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateError, nodes
from jinja2.visitor import NodeTransformer
from msgspec import Struct

from mass_apology.errors import TemplateError as LetterError
from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.mailmerge.merge_source import pieces
from mass_apology.letter.markup.bare_columns import VARIABLES
from mass_apology.letter.markup.sandbox import LetterEnvironment, check
from mass_apology.letter.markup.source import Fragment
from mass_apology.letter.markup.unparse import spell

_METHODS = {"upper": "upper", "lower": "lower", "title": "title", "capitalize": "capitalize"} | {
    "strip": "trim",
    "split": "split",
    "replace": "replace",
}
_PLAIN = frozenset({"else", "endif", "endfor"})
_ADVICE = {
    "call": "Use a filter, as in `{{ name | upper }}`, or write the value into a column of its own.",
    "macro": "Write its text where it is used.",
    "format": 'Write `{{ "%.2f" | format(x) }}`, or `{{ x | number }}`, which writes as the letter\'s language does.',
    "other": "Write the letter without it, or the value into a column of its own.",
}
_LINE = re.compile(r", line (\d+)")
_BRACES = re.compile(r"\{(?=[{%#])")


class Untranslated(Struct, frozen=True, kw_only=True):
    """Jinja that our letters have not."""

    line: int  # of the part
    code: str
    advice: str


class Translation(Struct, frozen=True, kw_only=True):
    """A part in our Jinja; what could not be translated stands in it as it was."""

    text: str
    untranslated: tuple[Untranslated, ...]


class Translator:
    """Translates the parts of one template, in the order in which they are written."""

    def __init__(self, columns: Collection[str], empty: Collection[str], *, html: bool) -> None:
        """``columns`` are the database's, ``empty`` those with empty cells; ``html`` says that values get escaped."""
        self._columns = columns
        self._rewriting = _Rewriting(columns, empty, html=html)
        self._environment = Environment()  # noqa: S701 (only parses)

    def translate(self, source: str, name: str) -> Translation:
        """The source in our Jinja; ``name`` is the file's, for errors."""
        untranslated: list[Untranslated] = []
        written: list[str] = []
        for piece in pieces(source, name):
            if piece.kind == "raw":
                written.append(_BRACES.sub('{{ "{" }}', piece.code))
            elif piece.kind not in {"print", "statement"}:
                written.append(piece.source)
            else:
                code = piece.code
                try:
                    made = self._expression(code) if piece.kind == "print" else self._statement(code, piece.keyword)
                    code = f" {made} "
                except (TypeError, TemplateError) as error:
                    advice = _ADVICE.get(str(error), _ADVICE["other"])
                    untranslated.append(Untranslated(line=piece.line, code=piece.source.strip(), advice=advice))
                written.append(piece.begin + code + piece.end)
        text = "".join(written)
        return Translation(text=text, untranslated=tuple(untranslated) or tuple(_refused(text, name)))

    def _expression(self, code: str) -> str:
        (output,) = self._environment.parse(f"{{{{{code}}}}}").body
        return spell(self._rewriting.visit(output.nodes[0]))  # type: ignore[attr-defined]  # the output of one print

    def _statement(self, code: str, keyword: str) -> str:
        if keyword in _PLAIN:
            if keyword == "endfor":
                self._rewriting.leave()
            return keyword
        if keyword in {"if", "elif"}:
            return f"{keyword} {self._expression(code.strip().removeprefix(keyword))}"
        if keyword == "for":
            return self._loop(code)
        if keyword == "set" and "=" in code:
            (assigned,) = self._environment.parse(f"{{%{code}%}}").body
            if isinstance(assigned, nodes.Assign) and isinstance(assigned.target, nodes.Name):
                value = spell(self._rewriting.visit(assigned.node))
                return f"set {self._rewriting.named(assigned.target.name)} = {value}"
        raise TypeError("macro" if keyword in {"macro", "import", "from", "call"} else "other")

    def _loop(self, code: str) -> str:
        (loop,) = self._environment.parse(f"{{%{code}%}}{{% endfor %}}").body
        if not isinstance(loop, nodes.For) or loop.recursive:
            raise TypeError("other")
        over = spell(self._rewriting.visit(loop.iter))
        self._rewriting.enter()
        targets = [each.name for each in loop.target.find_all(nodes.Name)] or [loop.target.name]  # type: ignore[attr-defined]
        target = ", ".join(map(self._rewriting.named, targets))
        test = f" if {spell(self._rewriting.visit(loop.test))}" if loop.test else ""
        return f"for {target} in {over}{test}"


class _Rewriting(NodeTransformer):
    """Puts our names and filters into an expression's tree."""

    def __init__(self, columns: Collection[str], empty: Collection[str], *, html: bool) -> None:
        self._columns = columns
        self._empty = empty
        self._html = html
        self._scopes: list[dict[str, str]] = [{}]  # names that the template sets → as ours calls them

    def enter(self) -> None:
        """A loop begins."""
        self._scopes.append({"loop": "loop"})

    def leave(self) -> None:
        """A loop ends."""
        if len(self._scopes) > 1:
            self._scopes.pop()

    def named(self, name: str) -> str:
        """The name of something that the template sets: ours must not be hidden by it."""
        own = f"{name}_" if name in VARIABLES or name in self._columns else name
        self._scopes[-1][name] = own
        return own

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:  # noqa: N802 (Jinja's way to name it)
        for scope in reversed(self._scopes):
            if node.name in scope:
                return nodes.Name(scope[node.name], "load", lineno=node.lineno)
        if node.name not in self._columns:
            return node
        column = nodes.Getattr(nodes.Name("customer", "load"), node.name, "load", lineno=node.lineno)
        if node.name not in self._empty:
            return column
        return nodes.Filter(column, "default", [nodes.Const("")], [], None, None, lineno=node.lineno)

    def visit_Filter(self, node: nodes.Filter) -> Any:  # noqa: N802
        self.generic_visit(node)
        # mailmerge escapes nothing, so `safe` says nothing; our pages escape every value, so `e` is done already.
        if node.name == "safe" or (self._html and node.name in {"e", "escape", "forceescape"}):
            return node.node
        return node

    def visit_Mod(self, node: nodes.Mod) -> Any:  # noqa: N802
        """``"%05d" % number``."""
        self.generic_visit(node)
        if not isinstance(node.left, nodes.Const) or not isinstance(node.left.value, str):
            return node
        values = node.right.items if isinstance(node.right, nodes.Tuple) else [node.right]
        return nodes.Filter(node.left, "format", values, [], None, None, lineno=node.lineno)

    def visit_Call(self, node: nodes.Call) -> Any:  # noqa: N802
        self.generic_visit(node)
        if isinstance(node.node, nodes.Getattr) and not node.kwargs:
            text, method = node.node.node, node.node.attr
            if method in _METHODS:
                return nodes.Filter(text, _METHODS[method], node.args, [], None, None, lineno=node.lineno)
            if method in {"startswith", "endswith"} and len(node.args) == 1 and isinstance(node.args[0], nodes.Const):
                return _edge(text, node.args[0], begins=method == "startswith")
            if method == "format":
                raise TypeError("format")
        raise TypeError("call")


def _edge(text: nodes.Expr, sought: nodes.Const, *, begins: bool) -> nodes.Compare:
    """``text[:3] == "abc"``."""
    length = len(str(sought.value))
    stretch = nodes.Slice(None, nodes.Const(length), None) if begins else nodes.Slice(nodes.Const(-length), None, None)
    part = nodes.Getitem(text, stretch, "load")
    return nodes.Compare(part, [nodes.Operand("eq", sought)])


def _refused(text: str, name: str) -> Iterator[Untranslated]:
    """The first thing in a translated text that a letter may not do, with its line."""
    fragment = Fragment(path=Path(name), line=1, text=text)
    try:
        check(LetterEnvironment(Localiser(SHIPPED["en"])), fragment, VARIABLES, {})
    except LetterError as error:
        found = _LINE.search(error.problem)
        line = int(found[1]) if found else 1
        yield Untranslated(line=line, code=text.split("\n")[line - 1].strip(), advice=_said(error))


def _said(error: LetterError) -> str:
    problem = _LINE.split(error.problem)[-1].lstrip(": ")
    return f"{problem[:1].upper()}{problem[1:]} {error.next_step}"
