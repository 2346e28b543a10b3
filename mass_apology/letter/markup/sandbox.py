"""The language of templates: a part of Jinja that cannot reach outside, and cannot take seconds or gigabytes.

No calls, macros, includes or loops inside loops; filters from a list; operators that grow values are bounded.
What can be seen without a recipient is refused when the template is loaded, the rest when a letter is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes, pass_context
from jinja2 import Template as JinjaTemplate
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mass_apology.control_characters import control_character, named
from mass_apology.letter.example_values import marking
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.bare_columns import with_customers
from mass_apology.letter.markup.bounded_tree import bounded
from mass_apology.letter.markup.expression_size import refuse_deep, refuse_large
from mass_apology.letter.markup.rendering_work import (
    Work,
    add,
    bound,
    formatted,
    multiply,
    power,
    remainder,
    replace,
    rounded,
    split,
    total,
)
from mass_apology.letter.markup.source import Fragment, mistake
from mass_apology.letter.markup.stops_once import WITHOUT_STOP, without_stop
from mass_apology.letter.markup.tree_names import names_set
from mass_apology.letter.markup.wrapping import kept_lines, paragraph, unless_blank
from mass_apology.letter.markup.zones_once import WITHIN
from mass_apology.letter.values import Empty, Fields, knows, names_of, suggestion

LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
"""The schemes a letter may link to; ``javascript:`` and ``data:`` are not among them."""

TIME_ZONE = "recipient's time zone"
"""The context's key for it. It is no identifier, so that no template can name or change it."""

_NO_ADDRESS = re.compile(r'[\s<>"\x00-\x1f]')

FILENAME = "<letter>"
"""The compiled template's file name, by which its frames are found in a traceback."""

_JINJA_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "groupby", "int", "last", "length", "list"),
    *("lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "string"),
    *("sum", "title", "trim", "truncate", "unique", "upper", "urlencode"),
)

_COMPILED = frozenset(
    {"counted", "encoded", "kept_lines", "link", "link_part", "measured", "paragraph", "unless_blank"}
    | {*WITHIN.values(), WITHOUT_STOP}
)  # what our own compiler writes

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Assign),
    *(
        nodes.Getattr,
        nodes.Getitem,
        nodes.Slice,
        nodes.Filter,
        nodes.Test,
        nodes.CondExpr,
        nodes.Compare,
        nodes.Operand,
    ),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
    *(nodes.Neg, nodes.Pos, nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
)


_WORDS: dict[type[nodes.Node], str] = {
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "endset",
    nodes.Scope: "autoescape",
}
"""What a template says where Jinja's name for it is another one."""


class Unknown(StrictUndefined):
    """A name that nobody knows: any use of it fails and says which name was probably meant."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        fields = self._undefined_obj
        if self._undefined_hint or not isinstance(fields, Fields):
            return super()._undefined_message
        return f"`{self._undefined_name}` is not known here{suggestion(str(self._undefined_name), names_of(fields))}"


class LetterEnvironment(ImmutableSandboxedEnvironment):
    """Jinja for one language. One environment each: shared filters would mix locales."""

    def __init__(self, localiser: Localiser, columns: Container[str] = ()) -> None:
        """``columns`` are those of the recipients file, which a letter may name without ``customer``."""
        self.columns = columns
        work = self.work = Work()
        super().__init__(
            undefined=Unknown, autoescape=False, keep_trailing_newline=True, cache_size=0, finalize=work.measured
        )
        self.language = localiser.language
        self.right_to_left = localiser.direction == "rtl"
        self.globals.clear()
        self.intercepted_binops = frozenset({"+", "*", "%", "**"})
        self.filters = {name: FILTERS[name] for name in _JINJA_FILTERS}
        self.filters |= {"sum": total}
        self.filters |= {"capfirst": capfirst}
        self.filters |= {"split": split, "round": rounded, "format": formatted}
        self.filters |= {"replace": replace, "join": join, "link": link, "link_part": link_part}
        self.filters |= {"urlencode": urlencode, "encoded": Encoded}
        self.filters |= _local_filters(localiser)
        self.filters = {name: work.measuring(function) for name, function in self.filters.items()}
        self.filters |= {"counted": work.counted, "measured": work.measured, WITHOUT_STOP: without_stop}
        # These hold as much as a letter may.
        self.filters |= {"paragraph": paragraph, "unless_blank": unless_blank, "kept_lines": kept_lines}
        self.binop_table |= {"+": add, "*": multiply, "%": remainder, "**": power}

    def parse(self, source: str, name: str | None = None, filename: str | None = None) -> nodes.Template:
        """Jinja's tree; ``TemplateSyntaxError`` for whatever it cannot read."""
        try:
            return with_customers(super().parse(source, name, filename), self.columns)
        except (ValueError, RecursionError, MemoryError) as error:  # endless numbers, thousands of brackets
            raise TemplateSyntaxError("an expression is too large for a letter", 1) from error

    def __deepcopy__(self, _memo: object) -> LetterEnvironment:
        return self  # each node of a tree knows its environment; a copied tree has the same

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is not Fields:
            return super().getattr(obj, attribute)
        values = obj.__dict__  # asked first: nearly every name is there
        if attribute in values:
            return values[attribute]
        return Empty(name=attribute) if knows(obj, attribute) else Unknown(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if type(obj) is Fields:
            return self.getattr(obj, str(argument))
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return self.work.measured(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Nothing that could be called: calls are refused, and a method's ``repr`` has no place in a letter."""
        return not callable(value) and super().is_safe_attribute(obj, attr, value)


def check(
    environment: LetterEnvironment, fragment: Fragment, names: Collection[str], fields: Mapping[str, Fields]
) -> None:
    """Raise ``TemplateError`` for everything that is wrong with a fragment whoever receives the letter.

    ``names`` are the variables it may use; ``fields`` are those of them whose names are known already.
    """
    try:
        refuse_large(environment, fragment)
        tree = environment.parse(fragment.padded)
        refuse_deep(fragment, tree)
        _check_nodes(tree, fragment, right_to_left=environment.right_to_left)
        _check_names(tree, fragment, names, environment.columns)
        _check_fields(tree, fragment, fields)
        _check_filters(tree, fragment, environment)
        environment.work.begin()
        environment.compile(tree)  # finds unknown tests, and what is nested too deeply for Python
    except TemplateSyntaxError as error:
        problem = f"{(error.message or 'this is not Jinja').removesuffix('.')}."
        advice = "Correct the expression on that line."
        raise mistake(fragment.path, error.lineno, problem, advice) from error
    except (RecursionError, SyntaxError, MemoryError, OverflowError) as error:
        raise mistake(fragment.path, fragment.line, "this is nested too deeply.", "Make it simpler.") from error


def _check_nodes(tree: nodes.Template, fragment: Fragment, *, right_to_left: bool) -> None:
    line = fragment.line
    for node in (tree, *tree.find_all(nodes.Node)):
        line = node.lineno or line  # Jinja leaves it out of some
        if not isinstance(node, _ALLOWED):
            what = _WORDS.get(type(node), type(node).__name__.lower())
            advice = "Use a filter, as in `{{ name | upper }}`." if what == "call" else "Write the letter without it."
            raise mistake(fragment.path, line, f"`{what}` cannot be used in a letter.", advice)
        if isinstance(node, nodes.For) and (node.recursive or any(node.find_all(nodes.For))):
            raise mistake(fragment.path, line, "there is a loop inside a loop.", "Use one loop over `rows`.")
        if isinstance(node, nodes.Const | nodes.TemplateData):
            _refuse_controls(node, line, fragment, right_to_left=right_to_left)
        if isinstance(node, nodes.Assign) and not isinstance(node.target, nodes.Name):
            raise mistake(fragment.path, line, "`set` sets more than one name.", "Use one `set` for each.")


def _refuse_controls(
    node: nodes.Const | nodes.TemplateData, line: int, fragment: Fragment, *, right_to_left: bool
) -> None:
    """In the file a character may stand as an escape: ``{{ "\\x07" }}``."""
    text = node.data if isinstance(node, nodes.TemplateData) else node.value
    if isinstance(text, str) and (control := control_character(text, right_to_left=right_to_left)):
        problem = f"the letter would hold the control character {named(control[0])}."
        raise mistake(fragment.path, line, problem, "Delete the character.")


def _check_names(tree: nodes.Template, fragment: Fragment, names: Collection[str], columns: Container[str]) -> None:
    known = {*names, *columns} if isinstance(columns, Iterable) else names
    for line, problem in unknown_variables(tree, known):
        raise mistake(fragment.path, line, problem, "Correct the name.")


def unknown_variables(tree: nodes.Template, names: Collection[str]) -> Iterator[tuple[int, str]]:
    """The line of each variable that is none of ``names``, and a sentence about it."""
    # What is set in one branch only counts as undeclared after it; whether that is so, a letter will tell.
    unknown = meta.find_undeclared_variables(tree) - set(names) - names_set([tree])
    for node in tree.find_all(nodes.Name):
        if node.name in unknown:
            yield node.lineno, f"`{node.name}` is not a variable of a letter{suggestion(node.name, names)}"


def _check_fields(tree: nodes.Template, fragment: Fragment, fields: Mapping[str, Fields]) -> None:
    for owner, name, line in fields_used(tree):
        if owner in fields and name not in (known := names_of(fields[owner])):
            problem = f"`{owner}.{name}` is not known{suggestion(name, known)}"
            raise mistake(fragment.path, line, problem, f"Correct the name, or add it to [{owner}].")


def _check_filters(tree: nodes.Template, fragment: Fragment, environment: LetterEnvironment) -> None:
    """Jinja itself tells of an unknown filter inside a condition only when that is rendered, and of no line."""
    for node in tree.find_all(nodes.Filter):
        if node.name not in environment.filters:
            problem = f"No filter named '{node.name}'{suggestion(node.name, set(environment.filters) - _COMPILED)}"
            raise mistake(fragment.path, node.lineno, problem, "Correct the filter's name.")


def fields_used(tree: nodes.Template) -> Iterable[tuple[str, str, int]]:
    """Every ``owner.name`` and ``owner["name"]`` with its line."""
    for dotted in tree.find_all(nodes.Getattr):
        if isinstance(dotted.node, nodes.Name):
            yield dotted.node.name, dotted.attr, dotted.lineno
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.node, nodes.Name) and isinstance(item.arg, nodes.Const):
            yield item.node.name, str(item.arg.value), item.lineno


def parsed(environment: LetterEnvironment, source: str) -> nodes.Template:
    """The tree of checked source, ready to be compiled."""
    return bounded(environment.parse(source))


def compiled(environment: LetterEnvironment, tree: nodes.Template, constants: Mapping[str, object]) -> JinjaTemplate:
    """A tree as a template; ``constants`` are the variables that are the same in every letter."""
    environment.work.begin()
    template = JinjaTemplate.from_code(environment, environment.compile(tree, filename=FILENAME), dict(constants))
    write = template.root_render_func

    def write_one(context: Context) -> Iterator[str]:
        environment.work.begin()
        return write(context)

    template.root_render_func = write_one
    return template


def _local_filters(localiser: Localiser) -> dict[str, Callable[..., str]]:
    zoned = {
        name: _zoned(getattr(localiser, name))
        for name in ("day", "date", "on_day", "on_date", "clock", "time", "moment", "since", "until")
    }
    spans = {"from_to": _zoned_span(localiser.from_to)}
    plain = {name: getattr(localiser, name) for name in ("duration", "lasting", "number", "money", "listing")}
    within = {
        WITHIN[name]: _zoned_within(localiser, write, without)
        for name, write, without in (
            ("time", localiser.zoned_time, localiser.clock),
            ("moment", localiser.moment, localiser.moment_without_zone),
        )
    }
    return {name: marking(write) for name, write in (zoned | spans | plain | within).items()}


def _zoned(write: Callable[[Any, str], str]) -> Callable[[Context, Any], str]:
    """The filter that writes a moment in the zone of the recipient whose letter is rendered."""

    @pass_context
    def zoned(context: Context, value: Any) -> str:
        return write(value, context.parent.get(TIME_ZONE, "UTC"))

    return zoned


def _zoned_span(write: Callable[[Any, Any, str], str]) -> Callable[[Context, Any, Any], str]:
    """The same, of two moments."""

    @pass_context
    def zoned(context: Context, start: Any, end: Any) -> str:
        return write(start, end, context.parent.get(TIME_ZONE, "UTC"))

    return zoned


def _zoned_within(
    localiser: Localiser, write: Callable[[Any, str], str], without: Callable[[Any, str], str]
) -> Callable[[Context, Any, Any], str]:
    """The same, without the zone where the sentence says it once more, with what follows."""

    @pass_context
    def zoned(context: Context, value: Any, following: Any) -> str:
        zone = context.parent.get(TIME_ZONE, "UTC")
        return (without if localiser.in_one_zone(value, following, zone) else write)(value, zone)

    return zoned


def capfirst(value: object) -> str:
    """The text as a sentence begins, with a large letter; Jinja's ``capitalize`` makes all others small."""
    text = str(value)
    return text[:1].upper() + text[1:]


def join(items: Iterable[object], separator: str = "") -> str:
    """The items in one text, within ``MAX_TEXT``."""
    words = [item if isinstance(item, str) else str(item) for item in items]
    bound(sum(map(len, words)) + len(separator) * len(words))
    whole = separator.join(words)
    return Encoded(whole) if words and all(isinstance(word, Encoded) for word in words) else whole


def link(address: object) -> str:
    """An address that a letter may link to; ``ValueError`` for any other scheme, or none."""
    text = str(address).strip()
    if urlsplit(text).scheme.lower() not in LINK_SCHEMES:
        raise ValueError(f"`{text}` is not an address to link to: it begins with none of {schemes()}.")
    if _NO_ADDRESS.search(text):
        raise ValueError(f"`{text}` is not an address to link to: it holds a space or a quotation mark.")
    return text


class Encoded(str):
    """What ``urlencode`` has written: in a link it must not be encoded once more."""

    __slots__ = ()


def urlencode(value: Any) -> Encoded:
    """Jinja's ``urlencode``: a value percent-encoded but for "/", or pairs as a query string."""
    return Encoded(FILTERS["urlencode"](value))


def link_part(value: object, allowed: str = "") -> str:
    """A value inside an address, so quoted that it cannot leave its place (RFC 3986 §2.1), but for ``allowed``.

    What is encoded already stays so; what that left alone, such as "/", is encoded as in any other value.
    """
    if isinstance(value, Encoded):
        return quote(value, safe=f"%&=+{allowed}")  # these three are signs between pairs: in values they are encoded
    return quote(str(value), safe=allowed)


def schemes() -> str:
    """The allowed schemes as a person reads them."""
    return ", ".join(f"{scheme}:" for scheme in sorted(LINK_SCHEMES))
