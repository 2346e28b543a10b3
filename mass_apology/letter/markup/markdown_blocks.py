"""Statements on lines of their own: where ``{% if %}`` and ``{% for %}`` stand among paragraphs, items and rows.

Such lines are taken out before Markdown sees the text, so that a loop around ``- item`` leaves one list. Markdown
then tells which lines each paragraph, item or row covers, and the statements are put back between those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.tree import SyntaxTreeNode
from msgspec import Struct, field

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.masking import Mask, Token
from mass_apology.letter.markup.source import mistake


class Mark(Struct, frozen=True, kw_only=True):
    """One statement on a line of its own."""

    word: str  # what stands for it
    token: Token
    order: int  # among all the marks of the text
    before: int  # the line, of those that stay, which it stands before; counted from 0


Place = tuple[int, Mark]
"""A mark with the number of the child, or of the paragraph's line, that it stands before."""


class Group(Struct, kw_only=True):
    """A statement with all its branches, and the groups inside it."""

    marks: list[Mark] = field(default_factory=list)
    inner: list[Group] = field(default_factory=list)


class Lifted(Struct, frozen=True, kw_only=True):
    """A masked text without the lines that held nothing but statements."""

    lines: list[str]
    groups: list[Group]

    def gap(self, mark: Mark) -> tuple[int, int]:
        """The empty lines around a mark: the first of them, and the first line with text after them."""
        low = high = mark.before
        while low > 0 and not self.lines[low - 1].strip():
            low -= 1
        while high < len(self.lines) and not self.lines[high].strip():
            high += 1
        return low, high


def families(masked: str, mask: Mask) -> list[list[re.Match[str]]]:
    """Every statement with its branches. ``TemplateError`` where one of them is outside the text."""
    done: list[list[re.Match[str]]] = []
    begun: list[list[re.Match[str]]] = []
    for match in mask.pattern.finditer(masked):
        token = mask.token(match)
        if not token.statement:
            continue
        if token.continues:
            if not begun:
                raise _crossing(token)
            begun[-1].append(match)
        else:
            begun.append([match])
        if token.ends:
            done.append(begun.pop())
    if begun:
        raise _crossing(mask.token(begun[-1][0]))
    return done


def lift(masked: str, mask: Mask) -> Lifted:
    """Take out every statement whose branches all stand on lines of their own; the others stay in their paragraph."""
    found = [{match[1] for match in family} for family in families(masked, mask)]
    alone = {word for line in masked.split("\n") for word in _statements_alone(line, mask)}
    lonely = {word for family in found if family <= alone for word in family}
    lines: list[str] = []
    marks: list[Mark] = []
    for line in masked.split("\n"):
        words = [match[1] for match in mask.pattern.finditer(line)]
        if not words or not lonely.issuperset(words):
            lines.append(line)
            continue
        for word, token in zip(words, mask.find(line), strict=True):
            marks.append(Mark(word=word, token=token, order=len(marks), before=len(lines)))
    return Lifted(lines=lines, groups=_grouped(marks))


def place(lifted: Lifted, root: SyntaxTreeNode) -> dict[SyntaxTreeNode, list[Place]]:
    """For each node, the marks among its children, in order. In a paragraph they stand among its lines."""
    places: dict[SyntaxTreeNode, list[Place]] = {}
    pending = [(group, root) for group in lifted.groups]
    while pending:
        group, outer = pending.pop()
        node = _level(group, outer, lifted)
        for mark in group.marks:
            places.setdefault(node, []).append((_position(mark, node, lifted), mark))
        pending += [(inner, node) for inner in group.inner]
    return {node: sorted(found, key=lambda each: each[1].order) for node, found in places.items()}


def is_paragraph(node: SyntaxTreeNode) -> bool:
    """Whether the node holds running text: a paragraph, a heading or a cell."""
    return len(node.children) == 1 and node.children[0].type == "inline"


def _statements_alone(line: str, mask: Mask) -> list[str]:
    matches = list(mask.pattern.finditer(line))
    if mask.pattern.sub("", line).strip() or not all(mask.token(match).statement for match in matches):
        return []
    return [match[1] for match in matches]


def _grouped(marks: Sequence[Mark]) -> list[Group]:
    roots: list[Group] = []
    begun: list[Group] = []
    for mark in marks:
        if not mark.token.continues:
            group = Group()
            (begun[-1].inner if begun else roots).append(group)
            begun.append(group)
        begun[-1].marks.append(mark)
        if mark.token.ends:
            begun.pop()
    return roots


def _level(group: Group, node: SyntaxTreeNode, lifted: Lifted) -> SyntaxTreeNode:
    """The outermost node, from ``node`` inwards, between whose children all of the group's marks stand."""
    while not is_paragraph(node):
        inside = [child for child in node.children if any(_cuts(mark, child, lifted) for mark in group.marks)]
        inside = inside or _looped(group, node, lifted)
        if not inside:
            return node
        node = inside[0]
        strays = [mark for mark in group.marks if not _touches(mark, node, lifted)]
        if strays or not node.children:
            raise _glued(group, lifted) or _crossing((strays or group.marks)[0].token)
    return node


def _glued(group: Group, lifted: Lifted) -> TemplateError | None:
    """The error for a branch between two lines, which Markdown takes for lines of one paragraph, list or table."""
    for mark in group.marks:
        low, high = lifted.gap(mark)
        if low == high and mark.token.continues and not mark.token.ends:
            problem = f"there is no empty line before `{mark.token.keyword}`, so what stands around it is one piece."
            return mistake(mark.token.path, mark.token.line, problem, "Write an empty line before that line.")
    return None


def _looped(group: Group, node: SyntaxTreeNode, lifted: Lifted) -> list[SyntaxTreeNode]:
    """The list or the table's rows that are all a loop holds: the loop is about the items, not about the whole."""
    if group.marks[0].token.keyword != "for":
        return []
    first, last = (lifted.gap(mark)[1] for mark in (group.marks[0], group.marks[-1]))
    held = [child for child in node.children if child.map and first <= child.map[0] < last]
    return held if len(held) == 1 and held[0].type in {"bullet_list", "ordered_list", "tbody"} else []


def _cuts(mark: Mark, node: SyntaxTreeNode, lifted: Lifted) -> bool:
    low, high = lifted.gap(mark)
    return node.map is not None and node.map[0] < low and high < node.map[1]


def _touches(mark: Mark, node: SyntaxTreeNode, lifted: Lifted) -> bool:
    low, high = lifted.gap(mark)
    return node.map is not None and node.map[0] <= high and low <= node.map[1]


def _position(mark: Mark, node: SyntaxTreeNode, lifted: Lifted) -> int:
    _, high = lifted.gap(mark)
    if is_paragraph(node) and node.map:
        return min(high, node.map[1]) - node.map[0]
    later = (number for number, child in enumerate(node.children) if child.map and child.map[0] >= high)
    return next(later, len(node.children))


def _crossing(token: Token) -> TemplateError:
    problem = f"the paragraph, list or table that `{token.keyword}` stands in does not hold the whole statement."
    advice = "Put the statement's parts on lines of their own, around whole paragraphs or items."
    return mistake(token.path, token.line, problem, advice)
