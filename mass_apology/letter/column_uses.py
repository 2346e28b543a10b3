"""What letters do with the columns of the recipients file: which they ask about, compare and print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from mass_apology.columns import ColumnUse, How
from mass_apology.errors import TemplateError
from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup import source
from mass_apology.letter.markup.bare_columns import ANY_COLUMN
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.tree_names import names_in
from mass_apology.letter.usage import fields_of, row_names

_EQUALITY = frozenset({"eq", "ne", "in", "notin"})
_ORDER = frozenset({"gt", "gteq", "lt", "lteq"})
_BY_TEST = frozenset({"selectattr", "rejectattr"})
_EQUAL_TESTS = frozenset({"equalto", "eq", "==", "ne", "!=", "in"})

_STILL_TEXT = frozenset({"default", "d", "trim", "string", "lower", "upper"})  # of a text these make a text

_Field = Callable[[nodes.Node], str | None]
_Found = tuple[str, How, int, tuple[str, ...]]


def column_uses(templates: Iterable[str], directories: Sequence[Path]) -> tuple[ColumnUse, ...]:
    """Every place where a letter of these templates, in whatever language, asks about a column or prints it.

    A letter that cannot be read is left out: compiling it says what is wrong.
    """
    return tuple(use for template in dict.fromkeys(templates) for use in _of_template(template, directories))


def columns_named(letter: str) -> frozenset[str]:
    """The columns that a letter's text names, with ``customer`` or without. ``TemplateError`` for what is not Jinja."""
    try:
        tree = LetterEnvironment(Localiser(SHIPPED["en"]), ANY_COLUMN).parse(letter)
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"Line {error.lineno} of the letter is not Jinja: {error.message}.", next_step="Correct that line."
        ) from error
    return frozenset(use.name for use in fields_of(tree, Path()) if use.owner == "customer")


def _of_template(template: str, directories: Sequence[Path]) -> Iterator[ColumnUse]:
    try:
        languages = source.available_languages(template, directories)
    except TemplateError:
        return
    environment = LetterEnvironment(Localiser(SHIPPED["en"]), ANY_COLUMN)  # Jinja is the same in every language
    for language in languages:
        path = source.letter_path(template, language, directories)
        try:
            letter = source.read_letter(path)
            trees = [environment.parse(fragment.padded) for fragment in letter.fragments]
        except (TemplateError, TemplateSyntaxError, ValueError, RecursionError):
            continue
        place = f"templates/{template}/{path.name}"
        for tree in trees:
            for use in fields_of(tree, path):
                if use.owner == "customer":
                    yield ColumnUse(column=use.name, how=How.USED, where=f"{place}, line {use.line}")
            for column, how, line, values in _uses(tree):
                yield ColumnUse(column=column, how=how, where=f"{place}, line {line}", values=values)


def _uses(tree: nodes.Template) -> Iterator[_Found]:
    field = _fields(tree)
    for condition in _conditions(tree):
        yield from _asked(condition, field)
    for compared in tree.find_all(nodes.Compare):
        yield from _compared(compared, field)
    for chosen in tree.find_all(nodes.Filter):
        yield from _chosen(chosen, tree)
    for output in tree.find_all(nodes.Output):
        for printed in output.nodes:
            if (column := field(printed)) is not None:
                yield column, How.PRINTED, printed.lineno, ()


def _conditions(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Every expression of which a letter asks whether it is true."""
    yield from (branch.test for branch in tree.find_all(nodes.If))
    yield from (choice.test for choice in tree.find_all(nodes.CondExpr))
    yield from (loop.test for loop in tree.find_all(nodes.For) if loop.test is not None)
    yield from (either.left for either in tree.find_all(nodes.And))
    yield from (either.left for either in tree.find_all(nodes.Or))
    yield from (negated.node for negated in tree.find_all(nodes.Not))


def _fields(tree: nodes.Template) -> _Field:
    """Tells which column an expression is, also by a name that was set to one."""
    rows = row_names(tree)
    set_to = {
        each.target.name: each.node for each in tree.find_all(nodes.Assign) if isinstance(each.target, nodes.Name)
    }

    def field(node: nodes.Node) -> str | None:
        if isinstance(node, nodes.Name) and node.name in set_to and set_to[node.name] is not node:
            known = set_to[node.name]
            return None if isinstance(known, nodes.Name) else field(known)
        if isinstance(node, nodes.Getattr) and names_in(node.node) & rows:
            return node.attr
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return node.arg.value if names_in(node.node) & rows else None
        return None

    return field


def _asked(test: nodes.Node, field: _Field) -> Iterator[_Found]:
    """The columns whose bare truth decides a condition."""
    if isinstance(test, nodes.And | nodes.Or):
        yield from _asked(test.left, field)
        yield from _asked(test.right, field)
    elif isinstance(test, nodes.Not | nodes.Filter):
        if test.node is not None and (isinstance(test, nodes.Not) or test.name in _STILL_TEXT):
            yield from _asked(test.node, field)
    elif (column := field(test)) is not None:
        yield column, How.ASKED, test.lineno, ()


def _compared(node: nodes.Compare, field: _Field) -> Iterator[_Found]:
    sides = [node.expr, *(operand.expr for operand in node.ops)]
    for left, operand in zip(sides, node.ops, strict=False):
        for one, other in ((left, operand.expr), (operand.expr, left)):
            if (column := field(one)) is None:
                continue
            if operand.op in _EQUALITY:
                yield from _equalled(column, other, node.lineno)
            elif operand.op in _ORDER and (texts := tuple(_texts(other))):
                yield column, How.ORDERED_AS_TEXT, node.lineno, texts


def _equalled(column: str, other: nodes.Node, line: int) -> Iterator[_Found]:
    yield column, How.COMPARED, line, tuple(_texts(other))
    if values := tuple(_written_values(other)):
        yield column, How.COMPARED_WITH_VALUE, line, values


def _chosen(node: nodes.Filter, tree: nodes.Template) -> Iterator[_Found]:
    """``rows | selectattr("refund")`` and ``rows | selectattr("plan", "equalto", "pro")``."""
    if node.name not in _BY_TEST or not node.args or not names_in(node) & row_names(tree):
        return
    column, *test = [arg.value if isinstance(arg, nodes.Const) else arg for arg in node.args]
    if not isinstance(column, str):
        return
    if not test:
        yield column, How.ASKED, node.lineno, ()
    elif test[0] in _EQUAL_TESTS and len(test) > 1:
        yield from _equalled(column, node.args[2], node.lineno)


def _texts(node: nodes.Node) -> Iterator[str]:
    return (each for each in _constants(node) if isinstance(each, str))


def _written_values(node: nodes.Node) -> Iterator[str]:
    """Numbers and truth values, as Jinja writes them."""
    return (str(each).lower() for each in _constants(node) if isinstance(each, bool | int | float))


def _constants(node: nodes.Node) -> Iterator[object]:
    if isinstance(node, nodes.Neg):
        yield from (-each for each in _constants(node.node) if isinstance(each, int | float))
    elif isinstance(node, nodes.Const):
        yield node.value
    elif isinstance(node, nodes.List | nodes.Tuple):
        for item in node.items:
            yield from _constants(item)
