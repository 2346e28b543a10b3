"""What a template sees: named values that are present, empty on purpose, or a mistake.

A field that is known and empty may be asked about, and cannot be printed: "Dear ," must not leave the house.
A name that nobody knows is a mistake of the template and says which name was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from email.utils import parseaddr
from typing import Any

from jinja2 import Undefined

from mass_apology.near_misses import nearest
from mass_apology.settings import SenderSettings

LANGUAGE = re.compile(r"[a-z]{2,3}")
"""A language's code (ISO 639), as in the name of a template file."""


class Fields:
    """Named values: ``customer``, one of ``rows``, ``incident`` or ``sender``.

    ``values`` holds what is there; ``known`` names what may be absent. Blank text and ``None`` count as absent.
    Both ``customer.plan`` and ``customer["order id"]`` work, and a column may have any name, "items" and "keys"
    included: the values are the instance's own ``__dict__``, so the class's attributes never hide them.

    An absent name that is known gives :class:`Empty`. Any other raises ``AttributeError`` or ``KeyError``.
    """

    __slots__ = ("__dict__", "__known")

    def __init__(self, values: Mapping[str, object], known: Collection[str] = ()) -> None:
        self.__known = known
        self.__dict__.update({name: value for name, value in values.items() if not _is_blank(value)})
        if len(self.__dict__) < len(values):
            self.__known = {*known, *values}

    def __getattr__(self, name: str) -> Any:  # only called where the instance has no such value
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(*error.args) from None

    def __getitem__(self, name: str) -> Any:
        if name in self.__dict__:
            return self.__dict__[name]
        if knows(self, name):
            return Empty(name=name)
        raise KeyError(f"`{name}` is not known here{suggestion(name, names_of(self))}")

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __repr__(self) -> str:
        return f"Fields({self.__dict__!r})"


class Empty(Undefined):
    """A field that this recipient, or this incident, does not have.

    It is false, equals ``""``, is not ``defined`` and gives way to ``default``. Printing or formatting it, looping
    over it or handing it to a filter that needs a value raises ``UndefinedError`` with the field's name.
    """

    __slots__ = ()

    # Jinja's own Undefined prints as nothing, which is how "Dear ," comes about.
    __str__ = __iter__ = __len__ = __contains__ = Undefined._fail_with_undefined_error

    @property
    def _undefined_message(self) -> str:
        return f"the field `{self._undefined_name}` is empty here"

    def __eq__(self, other: object) -> bool:
        return other == "" or isinstance(other, Empty)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")


def knows(fields: Fields, name: str) -> bool:
    """Whether a template may use this name, present or absent; unlike ``fields[name]`` it looks for no nearest one."""
    known: Collection[str] = fields._Fields__known
    return name in fields.__dict__ or name in known


def names_of(fields: Fields) -> frozenset[str]:
    """Every name a template may use with these fields, present or absent."""
    known: Collection[str] = fields._Fields__known
    return frozenset(fields.__dict__) | frozenset(known)


def suggestion(name: str, names: Collection[str]) -> str:
    """``"; did you mean `plan`?"``, or what there is to choose from, or nothing at all."""
    if near := nearest(name, names):
        return f"; did you mean `{near}`?"
    return f"; there are {', '.join(f'`{each}`' for each in sorted(names))}" if names else ""


def facts_for(incident: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """The incident's facts as one language tells them: ``[incident.pl]`` goes before ``[incident]``.

    A table whose name is a language's two-letter code holds that language's facts and is no fact itself.
    """
    facts = {name: value for name, value in incident.items() if not is_language_table(name, value)}
    return {**facts, **(incident[language] if is_language_table(language, incident.get(language)) else {})}


def is_language_table(name: str, value: object) -> bool:
    """Whether this entry of ``[incident]`` is a language's table."""
    return isinstance(value, Mapping) and LANGUAGE.fullmatch(name) is not None


def sender_fields(sender: SenderSettings) -> Fields:
    """``sender`` as templates see it: name, address, reply_to, role, company, phone and url; empty if not given."""
    name, address = parseaddr(sender.from_)
    given = {"name": name, "address": address, "reply_to": _same_for_all(sender.reply_to), "role": sender.role}
    return Fields({**given, "company": sender.company, "phone": sender.phone, "url": sender.url})


def _same_for_all(text: str | None) -> str | None:
    """A setting that names columns in braces differs by customer."""
    return None if text is None or "{" in text else text


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
