"""A letter's common part, which all recipients in a time zone read alike, and its holes, which are a recipient's own.

Most of a letter is the layout and the incident's facts, which Jinja would write anew for everybody. Its pieces, each
a statement or an expression with all that it holds, are common or personal, and keep their order. A personal piece is
a hole in the common part, which has a mark in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from copy import copy
from typing import NamedTuple

from jinja2 import nodes

from mass_apology.letter.markup.tree_names import names_set

MARK = "\x1d"
"""Recipients' files and facts with this control character are refused before."""

SEPARATOR = "\x1e"
"""Stands between a letter's subject, text and HTML; recipients' files and facts with it are refused before."""

# What `{% autoescape %}` becomes: it stands around the HTML, and is in every part.
_Frame = nodes.Scope | nodes.ScopedEvalContextModifier


class Division:
    """A bounded tree, divided; ``constants`` are the variables that are the same in every letter."""

    holes: tuple[nodes.Node, ...]
    """The personal pieces in the order of the letter."""

    escaped: frozenset[nodes.Node]
    """Those that are written with HTML's signs escaped."""

    parts: tuple[int, ...]
    """Of each hole, the number of ``SEPARATOR`` before it: 0 in the subject, 1 in the text, 2 in the HTML."""

    settled: frozenset[str]
    """The constants that no piece of the letter sets."""

    def __init__(self, letter: nodes.Template, constants: Collection[str]) -> None:
        self._body = _split(letter.body)
        pieces = list(_pieces(self._body))
        personal = _personal(pieces, frozenset(constants))
        self.holes = tuple(piece for piece in pieces if piece in personal)
        self.parts = tuple(_parts(pieces, personal))
        self.escaped = frozenset(_escaped(self._body))
        self.settled = frozenset(constants) - names_set(pieces)

    def common(self) -> nodes.Template:
        """The common part, with a mark for each hole."""
        holes = frozenset(self.holes)
        return _part(self._body, lambda piece: [_mark(piece)] if piece in holes else [piece])

    def part(self, holes: Collection[nodes.Node]) -> nodes.Template:
        """These holes alone, each with a mark behind it."""
        return _part(self._body, lambda piece: [piece, _mark(piece)] if piece in holes else [])

    def groups(self) -> list[list[int]]:
        """The places of the holes, those together of which one uses what another sets; in the order of the letter."""
        groups: list[_Group] = []
        for place, hole in enumerate(self.holes):
            group = _Group(sets=_assigned(hole), uses={each.name for each in hole.find_all(nodes.Name)}, places=[place])
            apart = []
            for other in groups:
                if group.is_linked(other):
                    group = group.joined(other)
                else:
                    apart.append(other)
            groups = [*apart, group]
        return sorted(sorted(each.places) for each in groups)


class _Group(NamedTuple):
    sets: set[str]
    uses: set[str]
    places: list[int]

    def is_linked(self, other: _Group) -> bool:
        return bool(self.sets & other.uses or other.sets & self.uses)

    def joined(self, other: _Group) -> _Group:
        return _Group(self.sets | other.sets, self.uses | other.uses, self.places + other.places)


def _assigned(hole: nodes.Node) -> set[str]:
    assigns = [*hole.find_all(nodes.Assign), *([hole] if isinstance(hole, nodes.Assign) else [])]
    return {each.target.name for each in assigns if isinstance(each.target, nodes.Name)}


def _mark(piece: nodes.Node) -> nodes.Output:
    return nodes.Output([nodes.TemplateData(MARK)], lineno=piece.lineno)


def _part(body: Iterable[nodes.Node], kept: Callable[[nodes.Node], list[nodes.Node]]) -> nodes.Template:
    """The letter with what is kept of each piece."""

    def within(statements: Iterable[nodes.Node]) -> list[nodes.Node]:
        return [
            each
            for statement in statements
            for each in (
                [_with_body(statement, within(statement.body))] if isinstance(statement, _Frame) else kept(statement)
            )
        ]

    return nodes.Template(within(body), lineno=1)


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


def _parts(pieces: Iterable[nodes.Node], holes: Collection[nodes.Node]) -> Iterator[int]:
    separators = 0
    for piece in pieces:
        if piece in holes:
            yield separators
        elif isinstance(piece, nodes.Output):
            separators += sum(each.data.count(SEPARATOR) for each in piece.find_all(nodes.TemplateData))


def _escaped(body: Iterable[nodes.Node], *, here: bool = False) -> Iterator[nodes.Node]:
    for statement in body:
        if isinstance(statement, _Frame):
            options = statement.options if isinstance(statement, nodes.ScopedEvalContextModifier) else []
            set_here = [each.value for each in options if each.key == "autoescape"]
            inside = set_here[-1].as_const() is True if set_here else here
            yield from _escaped(statement.body, here=inside)
        elif here:
            yield statement


def _personal(pieces: Collection[nodes.Node], constants: frozenset[str]) -> set[nodes.Node]:
    """The pieces with a name that is not common.

    Common are the constants, and what is set from them for all of the letter, unless a personal piece uses it: the
    common part and each group of holes set what they use.
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
