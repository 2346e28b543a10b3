"""Which of a letter's optional sentences one recipient gets: the letter's statements, run without its words.

A second Jinja template is made from the first one's tree. It keeps every ``if``, ``for`` and ``set``, drops everything
that is printed, and prints one character for each branch that is taken. It is sandboxed like the letter and takes a
part of its time. Letters that took the same branches differ in nothing but values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2 import nodes
from jinja2.visitor import NodeVisitor
from msgspec import Struct

from mass_apology.letter.markup.bounded_tree import bounded
from mass_apology.letter.markup.compiled_letter import CompiledLetter
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.source import Fragment
from mass_apology.letter.markup.tree_names import names_in, names_set
from mass_apology.letter.markup.unparse import contrary, spell

FAILED = ("cannot be rendered",)
"""The variant of a letter that is endless, or in which a condition cannot be decided or is nested too deeply."""

LONGEST_LABEL = 80
"""Characters of a condition's text; a longer one is cut."""

_FIRST = 0xF0000  # Unicode's private planes hold more characters than template files can hold branches
_REMEMBERED = 1024  # different paths through a letter whose variant is known
_SHORT = 256  # branches of a path that is remembered; the loops of a large customer make longer ones


class Mark(Struct, frozen=True, kw_only=True):
    """A branch of a letter, or the body of one of its loops."""

    text: str  # the condition under which it is taken, or what the loop goes over
    path: Path
    line: int
    loop: bool = False


class Tracer:
    """Follows one language's letter; its template is compiled when the first letter is traced.

    ``fragments`` are the pieces of the letter and its layout, checked, the letter's own first; ``constants`` the
    variables that are the same in every letter.
    """

    def __init__(
        self, environment: LetterEnvironment, fragments: Sequence[Fragment], constants: Mapping[str, object]
    ) -> None:
        self._environment = environment
        self._fragments = fragments
        self._constants = constants
        self._remembered = lru_cache(_REMEMBERED)(self._variant)

    def variant(self, values: dict[str, object]) -> tuple[str, ...]:
        """The conditions that held for one recipient, in the template's order; ``FAILED`` if one cannot be decided.

        ``values`` are the recipient's variables, with ``TIME_ZONE``. A loop that ran counts as a condition: "rows:
        one" or "rows: several". Conditions that read alike and can differ tell their lines.
        """
        try:
            if self._script is None:
                return FAILED
            steps = self._script.write(values)
        except Exception:  # as many ways to fail as Python has; rendering the letter says what and where
            return FAILED
        return self._remembered(steps) if len(steps) < _SHORT else self._variant(steps)

    @cached_property
    def _outline(self) -> _Outline:
        return _Outline([(self._environment.parse(each.padded), each.path) for each in self._fragments])

    @cached_property
    def _script(self) -> CompiledLetter | None:
        try:
            return CompiledLetter(self._environment, bounded(self._outline.tree), self._constants)
        except (RecursionError, SyntaxError):  # what the letter nests in one expression is nested here as statements
            return None

    @cached_property
    def _labels(self) -> list[str]:
        marks = self._outline.marks
        alike = Counter(map(_shown, marks))
        met = Counter[str]()
        labels = []
        for mark in marks:
            label = _shown(mark)
            if alike[label] > 1:
                place = self._place(mark)
                met[label + place] += 1
                label += f" ({place})" if met[label + place] == 1 else f" ({place}, no. {met[label + place]})"
            labels.append(label)
        return labels

    def _place(self, mark: Mark) -> str:
        file = "" if mark.path == self._fragments[0].path else f"{mark.path.name}, "
        return f"{file}line {mark.line}"

    def _variant(self, steps: str) -> tuple[str, ...]:
        counts = Counter(steps)
        return tuple(self._held(ord(step) - _FIRST, counts[step]) for step in sorted(counts))

    def _held(self, number: int, count: int) -> str:
        if not self._outline.marks[number].loop:
            return self._labels[number]
        return f"{self._labels[number]}: {'one' if count == 1 else 'several'}"


class _Place(Struct, frozen=True):
    """Where in a letter a statement stands."""

    path: Path
    known: bool = True  # whether the marks around it tell if it is reached

    @property
    def perhaps(self) -> _Place:
        """The same place where nothing tells whether it is reached."""
        return _Place(self.path, known=False)


class _Outline(NodeVisitor):
    """Builds the tree of a trace: visiting a node at a ``_Place`` gives the statements that follow it.

    A condition without names that the templates set has one value throughout the letter. It has one mark however often
    it stands there, in the page and in the plain text of a layout, say, as long as other marks tell where it was asked.
    """

    def __init__(self, pieces: Sequence[tuple[nodes.Template, Path]]) -> None:
        self.marks: list[Mark] = []
        trees = [tree for tree, _ in pieces]
        self._changing = {"loop"} | names_set(trees)
        self._by_row = names_set(loop for tree in trees for loop in tree.find_all(nodes.For))
        self._shared: dict[str, int] = {}
        self.tree = nodes.Template([each for tree, path in pieces for each in self.visit(tree, _Place(path))], lineno=1)

    def generic_visit(self, node: nodes.Node, place: _Place) -> list[nodes.Node]:
        return self._all(node.iter_child_nodes(), place)

    def _all(self, visited: Iterable[nodes.Node], place: _Place) -> list[nodes.Node]:
        return [statement for node in visited for statement in self.visit(node, place)]

    def visit_If(self, node: nodes.If, place: _Place) -> list[nodes.Node]:  # noqa: N802 (Jinja finds it by this name)
        branches = [node, *node.elif_]
        asked = place  # a branch without a mark leaves it open whether the later ones are reached
        bodies = []
        for branch in branches:
            tells = _tells(branch.body)
            mark = [self._mark(branch.test, branch.lineno, asked)] if tells else []
            asked = asked if tells else asked.perhaps
            bodies.append([*mark, *self._all(branch.body, asked)])
        otherwise = self._else(node, branches, place, asked)
        first, *others = [_if(each.test, body) for each, body in zip(branches, bodies, strict=True)]
        first.elif_, first.else_ = others, otherwise
        return [first]

    def _else(self, node: nodes.If, branches: Sequence[nodes.If], place: _Place, asked: _Place) -> list[nodes.Node]:
        # In a loop a sentence may stand in some rows and be missing in others.
        by_row = any(_tells(each.body) for each in branches) and any(
            names_in(each.test) & self._by_row for each in branches
        )
        if by_row or _tells(node.else_):
            return [self._mark(_none_of(branches), node.lineno, place), *self._all(node.else_, place)]
        return self._all(node.else_, asked)

    def visit_For(self, node: nodes.For, place: _Place) -> list[nodes.Node]:  # noqa: N802 (Jinja finds it by this name)
        choices = self.visit(node.iter, place)
        text = spell(node.iter) + (f" if {spell(node.test)}" if node.test else "")
        ran = self._add(Mark(text=text, path=place.path, line=node.lineno, loop=True))
        body = [_print(ran), *self._all(node.body, place)]
        otherwise = []
        if _tells(node.else_):
            otherwise.append(_print(self._add(Mark(text=f"{text}: none", path=place.path, line=node.lineno))))
        otherwise += self._all(node.else_, place)
        is_recursive = False
        loop = nodes.For(node.target, deepcopy(node.iter), body, otherwise, node.test, is_recursive, lineno=node.lineno)
        return [*choices, loop]

    def visit_Assign(self, node: nodes.Assign, place: _Place) -> list[nodes.Node]:  # noqa: N802 (the same)
        return [*self.visit(node.node, place), deepcopy(node)]

    def visit_And(self, node: nodes.And, place: _Place) -> list[nodes.Node]:  # noqa: N802 (the same)
        return self._both(node, node.left, place)

    def visit_Or(self, node: nodes.Or, place: _Place) -> list[nodes.Node]:  # noqa: N802 (the same)
        return self._both(node, contrary(node.left), place)

    def _both(self, node: nodes.BinExpr, reached: nodes.Expr, place: _Place) -> list[nodes.Node]:
        """``reached`` is the condition under which the right side is evaluated."""
        left, right = self.visit(node.left, place), self.visit(node.right, place.perhaps)
        return [*left, _if(reached, right)] if right else left

    def visit_CondExpr(self, node: nodes.CondExpr, place: _Place) -> list[nodes.Node]:  # noqa: N802 (the same)
        held = [self._mark(node.test, node.lineno, place), *self.visit(node.expr1, place)]
        other = [self._mark(contrary(node.test), node.lineno, place)]
        other += self.visit(node.expr2, place) if node.expr2 else []
        return [_if(node.test, held, other)]

    def _mark(self, condition: nodes.Node, line: int, place: _Place) -> nodes.Node:
        text = spell(condition)
        mark = Mark(text=text, path=place.path, line=line)
        if not place.known or names_in(condition) & self._changing:
            return _print(self._add(mark))
        if text not in self._shared:
            self._shared[text] = self._add(mark)
        return _print(self._shared[text])

    def _add(self, mark: Mark) -> int:
        self.marks.append(mark)
        return len(self.marks) - 1


def _print(mark: int) -> nodes.Node:
    return nodes.Output([nodes.TemplateData(chr(_FIRST + mark))], lineno=1)


def _if(test: nodes.Node, body: Sequence[nodes.Node], otherwise: Sequence[nodes.Node] = ()) -> nodes.If:
    return nodes.If(deepcopy(test), [*body], [], [*otherwise], lineno=test.lineno)  # it may stand elsewhere, too


def _none_of(branches: Sequence[nodes.If]) -> nodes.Expr:
    """The condition under which the last branch, ``else``, is taken."""
    whole = contrary(branches[0].test)
    for branch in branches[1:]:
        whole = nodes.And(whole, contrary(branch.test), lineno=branches[0].lineno)
    return whole


def _tells(body: Iterable[nodes.Node]) -> bool:
    """Whether a branch says something by itself, other than by the conditions and loops inside it."""
    return any(
        _prints(node) if isinstance(node, nodes.Output) else isinstance(node, nodes.Assign) and _is_worded(node.node)
        for node in body
    )


def _prints(node: nodes.Output) -> bool:
    return any(not isinstance(each, nodes.TemplateData) or each.data.strip() for each in node.nodes)


def _is_worded(node: nodes.Node) -> bool:
    """Whether an expression's value has words of the template's, such as a sentence that is set to be printed later."""
    if isinstance(node, nodes.Filter):
        return node.node is not None and _is_worded(node.node)
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Compare | nodes.Test):
        return False
    return any(map(_is_worded, node.iter_child_nodes()))


def _shown(mark: Mark) -> str:
    return mark.text if len(mark.text) <= LONGEST_LABEL else f"{mark.text[: LONGEST_LABEL - 1]}…"
