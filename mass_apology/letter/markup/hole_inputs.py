"""What a hole's text is made from: the cells and values on which it depends, and on nothing else.

The expressions are followed by the kind of their values. A letter's row may be asked for columns by name; where one is
used in any other way, or a column's name is put together, the hole depends on more than can be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto

from jinja2 import nodes
from msgspec import Struct

PERSONAL = frozenset({"name", "salutation", "code"})
"""The variables, besides the row's cells, on which a hole may be known to depend."""

_COUNTING = frozenset({"length", "count"})
_KEEPING = frozenset({"list", "reverse", "counted", "measured"})  # filters that give what they get, in some order
_CHOOSING = frozenset({"selectattr", "rejectattr"})  # by the column that their first argument names
_BY_ATTRIBUTE = frozenset({"sort", "unique"})
_ONE = frozenset({"first", "last"})
_OF_LOOPS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0"})


class Inputs(Struct, frozen=True, kw_only=True):
    """What some holes depend on; equal inputs give equal texts."""

    columns: frozenset[str]  # of the rows, and of ``customer``
    values: frozenset[str]  # of ``PERSONAL``
    zoned: bool  # the time zone


def inputs_of(pieces: Sequence[nodes.Node], *, settled: Collection[str], zoned: Collection[str]) -> Inputs | None:
    """What these pieces of a bounded tree depend on; ``None`` where that cannot be told.

    ``settled`` are the variables that are the same in every letter, ``zoned`` the filters that write in a time zone.
    """
    follower = _Follower(settled, zoned)
    try:
        for _ in range(2):  # a second time, with what all names that are set can be
            for piece in pieces:
                follower.follow(piece)
    except _Untold:
        return None
    return Inputs(columns=frozenset(follower.columns), values=frozenset(follower.values), zoned=follower.zoned)


class _Untold(Exception):
    """The expression may depend on anything."""


class _Kind(Enum):
    VALUE = auto()  # texts, numbers, lists of them: made from what was asked for
    ROW = auto()
    ROWS = auto()
    GROUPS = auto()  # pairs of a value and rows
    LOOP = auto()  # Jinja's ``loop``, which knows its neighbouring items, too


class _Follower:
    """Follows statements and expressions, and notes what they ask of the letter."""

    def __init__(self, settled: Collection[str], zoned: Collection[str]) -> None:
        self.columns: set[str] = set()
        self.values: set[str] = set()
        self.zoned = False
        self._zoned = zoned
        self._kinds = dict.fromkeys(settled, _Kind.VALUE) | {"customer": _Kind.ROW, "rows": _Kind.ROWS}

    def follow(self, node: nodes.Node) -> None:
        """A statement; raises ``_Untold``."""
        if isinstance(node, nodes.Output):
            self._values(node.nodes)
        elif isinstance(node, nodes.If):
            self._value(node.test)
            self._all([*node.body, *node.elif_, *node.else_])
        elif isinstance(node, nodes.For):
            self._loop(node)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            self._set(node.target.name, self._kind(node.node))
        elif isinstance(node, nodes.FilterBlock):
            self._values(node.filter.iter_child_nodes())
            self._all(node.body)
        else:
            raise _Untold

    def _all(self, statements: Iterable[nodes.Node]) -> None:
        for each in statements:
            self.follow(each)

    def _loop(self, node: nodes.For) -> None:
        kind = self._kind(node.iter)
        targets = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
        names = [each.name for each in targets if isinstance(each, nodes.Name)]
        if kind is _Kind.GROUPS and len(names) == 2:
            kinds = [_Kind.VALUE, _Kind.ROWS]
        elif kind is _Kind.ROWS and len(names) == 1:
            kinds = [_Kind.ROW]
        elif kind is _Kind.VALUE:
            kinds = [_Kind.VALUE] * len(names)
        else:
            raise _Untold
        if len(names) < len(targets):
            raise _Untold
        for name, one in zip(names, kinds, strict=True):
            self._set(name, one)
        self._set("loop", _Kind.LOOP)
        if node.test is not None:
            self._value(node.test)
        self._all([*node.body, *node.else_])

    def _set(self, name: str, kind: _Kind) -> None:
        if self._kinds.setdefault(name, kind) is not kind or name in PERSONAL:
            raise _Untold

    def _values(self, expressions: Iterable[nodes.Node | None]) -> None:
        for each in expressions:
            if each is not None:
                self._value(each)

    def _value(self, node: nodes.Node) -> None:
        """An expression that must not be a row, whose every cell it would hold."""
        if self._kind(node) is not _Kind.VALUE:
            raise _Untold

    def _kind(self, node: nodes.Node) -> _Kind:
        if isinstance(node, nodes.Name):
            return self._named(node.name)
        if isinstance(node, nodes.Getattr):
            return self._asked(node.node, node.attr)
        if isinstance(node, nodes.Getitem):
            return self._item(node)
        if isinstance(node, nodes.Filter):
            return self._filtered(node)
        if isinstance(node, nodes.Const):
            self.zoned = self.zoned or (isinstance(node.value, str) and node.value in self._zoned)  # map("date")
        elif not (isinstance(node, nodes.Test) and self._is_row_defined(node)):
            self._values(node.iter_child_nodes())
        return _Kind.VALUE

    def _named(self, name: str) -> _Kind:
        if name in PERSONAL:
            self.values.add(name)
            return _Kind.VALUE
        if name not in self._kinds:
            raise _Untold
        return self._kinds[name]

    def _asked(self, owner: nodes.Node, name: str) -> _Kind:
        kind = self._kind(owner)
        if kind is _Kind.ROW:
            self.columns.add(name)
        elif kind is not _Kind.VALUE and not (kind is _Kind.LOOP and name in _OF_LOOPS):
            raise _Untold
        return _Kind.VALUE

    def _item(self, node: nodes.Getitem) -> _Kind:
        constant = node.arg.value if isinstance(node.arg, nodes.Const) else None
        kind = self._kind(node.node)
        if kind is _Kind.ROW and isinstance(constant, str):
            self.columns.add(constant)
            return _Kind.VALUE
        if kind is _Kind.ROWS and isinstance(node.arg, nodes.Slice):
            self._values(node.arg.iter_child_nodes())
            return _Kind.ROWS
        if kind is _Kind.ROWS and type(constant) is int:
            return _Kind.ROW
        if kind is not _Kind.VALUE:
            raise _Untold
        self._values(node.arg.iter_child_nodes() if isinstance(node.arg, nodes.Slice) else [node.arg])
        return _Kind.VALUE

    def _is_row_defined(self, node: nodes.Test) -> bool:
        return node.name in {"defined", "undefined"} and self._kind(node.node) is _Kind.ROW

    def _filtered(self, node: nodes.Filter) -> _Kind:
        self.zoned = self.zoned or node.name in self._zoned
        if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise _Untold
        kind = self._kind(node.node)
        self._values([*node.args, *(each.value for each in node.kwargs)])
        if kind is _Kind.VALUE or (kind is not _Kind.ROW and node.name in _KEEPING):
            return kind
        if kind is not _Kind.ROWS:
            raise _Untold
        return self._filtered_rows(node)

    def _filtered_rows(self, node: nodes.Filter) -> _Kind:
        name = node.name
        given = next((each.value for each in node.kwargs if each.key == "attribute"), None)
        if name in _COUNTING:
            return _Kind.VALUE
        if name in _ONE:
            return _Kind.ROW
        if name in _CHOOSING and node.args:
            self._attribute(node.args[0])
            return _Kind.ROWS
        if name == "groupby":
            self._attribute(node.args[0] if node.args else given)
            return _Kind.GROUPS
        if name in _BY_ATTRIBUTE or name in {"map", "sum"}:
            self._attribute(node.args[0] if name == "sum" and node.args else given)
            return _Kind.ROWS if name in _BY_ATTRIBUTE else _Kind.VALUE
        raise _Untold

    def _attribute(self, given: nodes.Node | None) -> None:
        """A column by its name, or the first part of a path (Jinja's ``make_attrgetter``, which splits at dots)."""
        if not isinstance(given, nodes.Const) or not isinstance(given.value, str):
            raise _Untold
        for path in given.value.split(","):  # ``sort`` takes several
            self.columns.add(path.split(".")[0])
        self.columns.add(given.value)
