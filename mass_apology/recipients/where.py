"""The filter of rows, such as ``plan == 'pro' and minutes_down > 30``: first checked, then applied to whole columns.

The expression has Python's syntax, and only columns, constants, comparisons, ``in``, ``and``, ``or``,
``not``. An empty cell of a typed column is unknown, as in SQL: no comparison with it is true, nor is its opposite.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mass_apology.columns import Value, parser
from mass_apology.errors import InputError
from mass_apology.recipients.cells import shown
from mass_apology.recipients.column_layout import listed, nearest
from mass_apology.recipients.row_table import RowTable
from mass_apology.settings import ColumnType

if TYPE_CHECKING:
    import pandas as pd

_Operator = Callable[[Any, Any], Any]
_EQUAL: Mapping[type[ast.cmpop], _Operator] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
_ORDERED: Mapping[type[ast.cmpop], _Operator] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MIRRORED: Mapping[_Operator, _Operator] = {
    operator.eq: operator.eq,
    operator.ne: operator.ne,
    operator.lt: operator.gt,
    operator.gt: operator.lt,
    operator.le: operator.ge,
    operator.ge: operator.le,
}
_TRUTHS = {"true": True, "false": False}
_NUMERIC = frozenset({ColumnType.INT, ColumnType.DECIMAL})
_STRING_OR_BACKTICKS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`([^`]*)`""", re.DOTALL)


class _ExpressionError(Exception):
    """The expression has an error; the text is a clause that names it."""


class _Column(Struct, frozen=True, kw_only=True):
    """One column of a batch. Both series have one element for each row and the same index."""

    texts: pd.Series[Any]  # the cells as the file has them
    values: pd.Series[Any]  # converted; undefined where ``known`` is false
    known: pd.Series[bool]


_Table = Mapping[str, _Column]
_Test = Callable[[_Table], "pd.Series[bool]"]  # nullable booleans, which follow the logic of SQL


class Where(Struct, frozen=True, kw_only=True):
    """A checked filter of rows. ``compiled`` makes it; ``RowChecks`` and ``Segments`` apply it."""

    columns: tuple[str, ...]  # that the expression names
    texts: Mapping[str, tuple[str, ...]]  # text column → the texts it is compared with
    test: _Test

    def chosen(self, rows: RowTable) -> list[bool]:
        """Whether each row is chosen. A row with an unreadable value is, since it must be reported."""
        table = {column: _column(rows, column) for column in self.columns}
        chosen = self.test(table).fillna(value=False).astype(bool)
        for column in table.values():
            chosen |= ~column.known & (column.texts != "")
        return chosen.tolist()


def _column(rows: RowTable, column: str) -> _Column:
    import pandas as pd  # noqa: PLC0415 (350 ms that only a choice of rows should pay)

    texts = pd.Series(rows.texts[column], dtype=object)
    if column not in rows.typed:  # an empty text is known, too
        return _Column(texts=texts, values=texts, known=texts.notna())
    typed: Sequence[Any] = rows.values(column).values
    values = pd.Series(typed, dtype=object)
    return _Column(texts=texts, values=values, known=values.notna())


def compiled(
    expression: str,
    header: Sequence[str],
    types: Mapping[str, ColumnType],
    time_zone: str = "UTC",
    *,
    key: str = "where",
) -> Where:
    """Check the expression against the file's columns and types, and return the filter.

    ``time_zone`` is the IANA name for moments that are written without an offset; ``key`` is what campaign.toml calls
    the expression, or the option it was given by.

    Raises:
        InputError: bad syntax, an unknown column, or a construct that filters do not have.
    """
    quoted: dict[str, str] = {}
    try:
        tree = ast.parse(f"(\n{_without_backticks(expression, quoted)}\n)", mode="eval")
        builder = _Builder(header, types, time_zone, quoted)
        test = builder.test(tree.body)
    except SyntaxError as error:
        raise _refused(
            key, expression, f"{error.msg}; a column's name that is not one word stands in backticks"
        ) from error
    except (_ExpressionError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "it is nested too deeply"
        for identifier, name in quoted.items():
            reason = reason.replace(identifier, f"`{name}`")
        raise _refused(key, expression, reason) from error
    texts = {column: tuple(values) for column, values in builder.texts.items()}
    return Where(columns=tuple(builder.columns), texts=texts, test=test)


def check_where(expression: str, header: Sequence[str], types: Mapping[str, ColumnType]) -> None:
    """Check a filter before any row is read.

    Raises:
        InputError: as ``compiled``; for an unknown column with the most similar name.
    """
    compiled(expression, header, types)


def _refused(key: str, expression: str, reason: str) -> InputError:
    place = key if key.startswith("--") else f"'{key}' in campaign.toml"
    return InputError(
        f"{place}, {shown(expression.strip(), 200)}, cannot be used: {reason.rstrip('.')}.",
        next_step="Correct it; it may say, for example, where = \"plan == 'pro' and minutes_down > 30\".",
    )


def _without_backticks(expression: str, quoted: dict[str, str]) -> str:
    """Replace each name in backticks by an identifier; ``quoted`` receives identifier → name."""
    prefix = "quoted_"
    while prefix in expression:
        prefix += "_"

    def identifier(match: re.Match[str]) -> str:
        if match[1] is None:  # a string: its backticks are text
            return match[0]
        name = f"{prefix}{len(quoted)}"
        quoted[name] = match[1].strip()
        return f" {name} "

    return _STRING_OR_BACKTICKS.sub(identifier, expression)


class _Builder:
    """Turns the syntax tree into a test of whole columns. Every mistake is an ``_ExpressionError``."""

    def __init__(
        self, header: Sequence[str], types: Mapping[str, ColumnType], time_zone: str, quoted: Mapping[str, str]
    ) -> None:
        self.columns: dict[str, None] = {}  # in the order of the expression
        self.texts: dict[str, dict[str, None]] = {}  # text column → the texts it is compared with
        self._header = header
        self._types = types
        self._time_zone = time_zone
        # Python reads identifiers in their NFKC form (PEP 3131), so a column is looked up by that as well.
        self._names = {unicodedata.normalize("NFKC", name): name for name in header} | {name: name for name in header}
        self._quoted = quoted

    def test(self, node: ast.expr) -> _Test:
        """The test for one node of the syntax tree."""
        match node:
            case ast.BoolOp(op=connective, values=operands):
                combine = operator.and_ if isinstance(connective, ast.And) else operator.or_
                tests = [self.test(operand) for operand in operands]
                return lambda table: reduce(combine, (test(table) for test in tests))
            case ast.Name() if self._is_bool(node):
                return _with_value(self._column(node), operator.eq, value=True)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                test = self.test(operand)
                return lambda table: ~test(table)
            case ast.Compare(left=left, ops=operators, comparators=others):
                pairs = zip(pairwise([left, *others]), operators, strict=True)
                tests = [self._comparison(one, kind, other) for (one, other), kind in pairs]
                return lambda table: reduce(operator.and_, (test(table) for test in tests))
        raise _ExpressionError(f"'{_source(node)}' is no comparison of a column with a value")

    def _comparison(self, left: ast.expr, kind: ast.cmpop, right: ast.expr) -> _Test:
        if isinstance(kind, ast.In | ast.NotIn):
            return self._membership(self._column(left), right, negated=isinstance(kind, ast.NotIn))
        left, right = self._truth(left), self._truth(right)
        compare = {**_EQUAL, **_ORDERED}.get(type(kind))
        if compare is None:
            raise _ExpressionError("'is' has no place here; write '=='")
        if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
            left, compare, right = right, _MIRRORED[compare], left
        column = self._column(left)
        self._check_order(column, compare)
        if isinstance(right, ast.Name):
            return _between_columns(column, compare, self._comparable(column, self._column(right)))
        value = _literal(right)
        if value == "":
            return self._emptiness(column, compare)
        return _with_value(column, compare, self._value(column, value))

    def _membership(self, column: str, node: ast.expr, *, negated: bool) -> _Test:
        if not isinstance(node, ast.Tuple | ast.List):
            raise _ExpressionError(
                f"after 'in' stand values in brackets, such as ('pro', 'team'), not '{_source(node)}'"
            )
        values = [self._value(column, _literal(self._truth(element))) for element in node.elts]

        def test(table: _Table) -> pd.Series[bool]:
            cells = table[column]
            return _where_known(cells.known, cells.values[cells.known].isin(values) ^ negated)

        return test

    def _emptiness(self, column: str, compare: _Operator) -> _Test:
        if compare in _ORDERED.values():
            raise _ExpressionError("an empty text is only compared with == and !=")
        return lambda table: compare(table[column].texts, "").astype("boolean")

    def _truth(self, node: ast.expr) -> ast.expr:
        """Read ``true`` and ``false`` as TOML and Jinja do, unless a column has that name."""
        if isinstance(node, ast.Name) and node.id in _TRUTHS and node.id not in self._names:
            return ast.Constant(value=_TRUTHS[node.id])
        return node

    def _is_bool(self, node: ast.Name) -> bool:
        return self._kind(self._names.get(self._quoted.get(node.id, node.id), "")) is ColumnType.BOOL

    def _kind(self, column: str) -> ColumnType:
        return self._types.get(column, ColumnType.TEXT)

    def _column(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name):
            raise _ExpressionError(f"'{_source(node)}' is no column")
        name = self._quoted.get(node.id, node.id)
        if name not in self._names:
            columns = listed(self._header)
            raise _ExpressionError(
                f"there is no column '{shown(name)}'.{nearest(name, self._header)} The columns are {columns}"
            )
        self.columns[self._names[name]] = None
        return self._names[name]

    def _check_order(self, column: str, compare: _Operator) -> None:
        if compare in _ORDERED.values() and self._kind(column) is ColumnType.BOOL:
            raise _ExpressionError(f"column '{column}' is a yes or no, which is not more or less than another")
        if compare in _ORDERED.values() and self._kind(column) is ColumnType.TEXT:
            raise _ExpressionError(
                f"column '{column}' is text, in which 9 is more than 10; declare its type under [types]"
            )

    def _comparable(self, column: str, other: str) -> str:
        kinds = {self._kind(column), self._kind(other)}
        if len(kinds) > 1 and not kinds <= _NUMERIC:
            raise _ExpressionError(f"columns '{column}' and '{other}' are of different types")
        return other

    def _value(self, column: str, literal: str | float) -> Value:
        """The literal, converted to the column's type."""
        kind = self._kind(column)
        if isinstance(literal, bool) or (kind is ColumnType.BOOL and literal in (0, 1)):
            if kind is not ColumnType.BOOL:
                raise _ExpressionError(
                    f"column '{column}' is no yes or no; declare it under [types]: {column} = \"bool\""
                )
            return bool(literal)
        if kind is ColumnType.TEXT and isinstance(literal, str):
            self.texts.setdefault(column, {})[literal] = None
        if kind in _NUMERIC:
            if isinstance(literal, str):
                raise _ExpressionError(f"column '{column}' holds numbers, and {literal!r} is a text")
            return Decimal(repr(literal))
        if not isinstance(literal, str):
            raise _ExpressionError(
                f"column '{column}' is no number; declare its type under [types] to compare it with {literal}"
            )
        try:
            return parser(kind, self._time_zone)(literal)
        except ValueError as reason:
            raise _ExpressionError(f"column '{column}' holds the type {kind}, and {literal!r} {reason}") from reason


def _literal(node: ast.expr) -> str | float:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=(int() | float()) as number) if math.isfinite(number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
            value = _literal(operand)
            if not isinstance(value, str | bool):
                return -value
    raise _ExpressionError(f"'{_source(node)}' is neither a text nor a number")


def _source(node: ast.expr) -> str:
    return shown(ast.unparse(node))


def _where_known(known: pd.Series[bool], answers: pd.Series[bool]) -> pd.Series[bool]:
    """The answers where ``known`` is true, and "unknown" (NA) elsewhere."""
    return answers.astype("boolean").reindex(known.index)


def _with_value(column: str, compare: _Operator, value: Value) -> _Test:
    def test(table: _Table) -> pd.Series[bool]:
        cells = table[column]
        return _where_known(cells.known, compare(cells.values[cells.known], value))

    return test


def _between_columns(column: str, compare: _Operator, other: str) -> _Test:
    def test(table: _Table) -> pd.Series[bool]:
        known = table[column].known & table[other].known
        return _where_known(known, compare(table[column].values[known], table[other].values[known]))

    return test
