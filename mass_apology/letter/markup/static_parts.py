"""A letter in two halves: what all recipients in a time zone read alike, and what is personal.

Most of a letter is the layout and the incident's facts, which Jinja would write anew for everybody. Its pieces, each
a statement or an expression with all that it holds, go to the common half or to the personal one, and keep their
order. Wherever a common piece follows a personal one, both halves hold a mark: cut there, they go together like a zip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from copy import copy

from jinja2 import nodes

from mass_apology.letter.markup.tree_names import names_set

MARK = "\x1d"
"""Recipients' files and facts with this control character are refused before."""

# What `{% autoescape %}` becomes: it stands around the HTML, and is in both halves.
_Frame = nodes.Scope | nodes.ScopedEvalContextModifier


def divided(letter: nodes.Template, constants: Collection[str]) -> tuple[nodes.Template, nodes.Template]:
    """A letter's common and personal half; ``constants`` are the variables that are the same in every letter."""
    body = _split(letter.body)
    common, personal = _Division(_personal(list(_pieces(body)), frozenset(constants))).halves(body)
    return nodes.Template(common, lineno=1), nodes.Template(personal, lineno=1)


def _split(body: Iterable[nodes.Node]) -> list[nodes.Node]:
    """The same statements, each of which prints one thing at most."""
    split: list[nodes.Node] = []
    for statement in body:
        if isinstance(statement, _Frame):
            split.append(_with_body(statement, _split(statement.body)))
        elif isinstance(statement, nodes.Output):
            split += [nodes.Output([each], lineno=each.lineno) for each in statement.nodes]
        else:
            split.append(statement)
    return split


def _with_body(statement: _Frame, body: list[nodes.Node]) -> _Frame:
    frame = copy(statement)
    frame.body = body
    return frame


def _pieces(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    for statement in body:
        if isinstance(statement, _Frame):
            yield from _pieces(statement.body)
        else:
            yield statement


def _personal(pieces: Collection[nodes.Node], constants: frozenset[str]) -> set[nodes.Node]:
    """The pieces with a name that is not common.

    Common are the constants, and what is set from them for all of the letter, unless a personal piece uses it: each
    half sets what it uses.
    """
    names = {piece: {name.name for name in piece.find_all(nodes.Name)} for piece in pieces}
    set_for_all = names_set(piece for piece in pieces if isinstance(piece, nodes.Assign))
    set_in_part = names_set(piece for piece in pieces if not isinstance(piece, nodes.Assign))  # a loop, a branch
    constants -= set_for_all | set_in_part
    common = (constants | set_for_all) - set_in_part
    while True:
        personal = {piece for piece in pieces if not names[piece] <= common}
        used = {name for piece in personal for name in names[piece]} & (common - constants)
        if not used:
            return personal
        common -= used


class _Division:
    """Divides bodies in the order of the letter, so that it knows what stands before a piece."""

    def __init__(self, personal: Collection[nodes.Node]) -> None:
        self._personal = personal
        self._was_personal = False

    def halves(self, body: Iterable[nodes.Node]) -> tuple[list[nodes.Node], list[nodes.Node]]:
        halves: tuple[list[nodes.Node], list[nodes.Node]] = ([], [])
        for statement in body:
            if isinstance(statement, _Frame):
                for half, inner in zip(halves, self.halves(statement.body), strict=True):
                    half.append(_with_body(statement, inner))
            else:
                self._add(statement, halves)
        return halves

    def _add(self, piece: nodes.Node, halves: tuple[list[nodes.Node], list[nodes.Node]]) -> None:
        is_personal = piece in self._personal
        if self._was_personal and not is_personal:
            for half in halves:
                half.append(nodes.Output([nodes.TemplateData(MARK)], lineno=piece.lineno))
        self._was_personal = is_personal
        halves[is_personal].append(piece)
