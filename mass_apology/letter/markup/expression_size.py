"""How large the Jinja of a template file may be: counted from its words, before anything parses or compiles it.

Jinja's parser and Python's compiler go down one level of their own stack for each level of an expression, and end in
many ways where there are too many of them. A letter needs few: the largest of ours has a fifth of these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import Environment, nodes

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.source import Fragment, mistake

MAX_PIECES = 1_000
"""Expressions and statements, ``{{ … }}`` and ``{% … %}``, of a file."""

MAX_WORDS = 400
"""Names, texts, numbers and signs of one of them."""

MAX_BRACKETS = 20
"""Brackets inside brackets."""

MAX_BLOCKS = 20
"""Conditions and loops inside one another."""

MAX_BRANCHES = 100
"""Times that one ``if`` may say ``elif``."""

MAX_DIGITS = 40
"""Characters of a number."""

MAX_DEPTH = 60
"""Steps of an expression that each need the one before, such as additions."""

_BEGIN = frozenset({"variable_begin", "block_begin"})
_END = frozenset({"variable_end", "block_end"})
_ASIDE = frozenset({"whitespace", "data", "comment", "comment_begin", "comment_end", "linecomment"})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


def refuse_large(environment: Environment, fragment: Fragment) -> None:
    """Raise ``TemplateError`` with the line at which the fragment's Jinja is too much for a letter.

    Raises ``TemplateSyntaxError`` for what Jinja cannot cut into words.
    """
    blocks: list[int] = []  # of each open block, how many branches it has
    for count, words in enumerate(_pieces(environment, fragment), start=1):
        if count > MAX_PIECES:
            raise _too_much(fragment, words[0][0], f"there are more than {MAX_PIECES:,} expressions and statements.")
        _refuse_piece(fragment, words)
        _refuse_blocks(fragment, words, blocks)


def refuse_deep(fragment: Fragment, tree: nodes.Template) -> None:
    """Raise ``TemplateError`` where a parsed fragment has more than ``MAX_DEPTH`` levels."""
    level: list[nodes.Node] = [tree]
    line = fragment.line
    for _ in range(MAX_DEPTH + 2 * MAX_BLOCKS):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
        line = level[0].lineno or line
    raise _too_deep(fragment, line)


def _pieces(environment: Environment, fragment: Fragment) -> Iterator[Sequence[tuple[int, str, str]]]:
    """The words of each piece, with their lines and kinds. A piece that is too long is cut: it is refused anyway."""
    words: list[tuple[int, str, str]] = []
    inside = False
    for line, kind, value in environment.lex(fragment.padded):
        if kind in _BEGIN:
            words, inside = [(line, kind, value)], True
        elif kind in _END or (inside and len(words) > MAX_WORDS + 1):
            yield words
            words, inside = [], False
        elif inside and kind not in _ASIDE:
            words.append((line, kind, value))


def _refuse_piece(fragment: Fragment, words: Sequence[tuple[int, str, str]]) -> None:
    brackets = 0
    for line, kind, value in words[1:]:
        brackets += (value in _OPENING) - (value in _CLOSING) if kind == "operator" else 0
        if brackets > MAX_BRACKETS:
            raise _too_deep(fragment, line)
        if kind in {"integer", "float"} and len(value) > MAX_DIGITS:
            problem = f"a number of {len(value):,} digits is too large for a letter."
            raise mistake(fragment.path, line, problem, "Write a shorter number.")
    if len(words) > MAX_WORDS + 1:
        raise _too_much(fragment, words[0][0], f"an expression has more than {MAX_WORDS} words and signs.")


def _refuse_blocks(fragment: Fragment, words: Sequence[tuple[int, str, str]], blocks: list[int]) -> None:
    keyword = words[1][2] if len(words) > 1 and words[0][1] == "block_begin" else ""
    if keyword in {"if", "for"}:
        blocks.append(0)
        if len(blocks) > MAX_BLOCKS:
            raise _too_deep(fragment, words[0][0])
    elif keyword in {"endif", "endfor"} and blocks:
        blocks.pop()
    elif keyword == "elif" and blocks:
        blocks[-1] += 1
        if blocks[-1] > MAX_BRANCHES:
            raise _too_much(fragment, words[0][0], f"an `if` has more than {MAX_BRANCHES} times `elif`.")


def _too_deep(fragment: Fragment, line: int) -> TemplateError:
    return mistake(fragment.path, line, "this is nested too deeply.", "Make it simpler.")


def _too_much(fragment: Fragment, line: int, problem: str) -> TemplateError:
    return mistake(fragment.path, line, problem, "Make it simpler, or give the customers' file one more column.")
