"""``message.list_unsubscribe`` → the recipient's own addresses: small templates, filled as a letter's links are.

``{{ customer.token }}`` is a column of the file, and ``{token}`` the letter's own token, the left part of its
Message-ID, as in ``[remedies]``. What other programs take for place holders is refused: nobody would fill it in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Template
from msgspec import Struct

from mass_apology.errors import MessageError, TemplateError
from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.masking import Mask
from mass_apology.letter.markup.sandbox import LetterEnvironment, check, compiled, parsed
from mass_apology.letter.markup.source import Fragment
from mass_apology.letter.message.unsubscribe_fields import unsubscribe_fields
from mass_apology.letter.values import Empty, Fields
from mass_apology.model import Finding, Severity

_KEY = "`message.list_unsubscribe`"
_TOKEN = "token"  # noqa: S105 (the name of a variable)
_PERSONAL = frozenset({"customer", "code", _TOKEN})
_OWN_TOKEN = re.compile(r"(?<![{$%#])\{token\}(?!\})")
_JINJA = re.compile(r"\{\{.*?\}\}", re.DOTALL)

# What RFC 3986 has no place for, and so no address holds by itself: braces, angle brackets, bars, brackets outside of
# an IPv6 host, a % without two digits. Beside these, words between doubled signs.
_FOREIGN = re.compile(
    r"\$?\{[^{}]*\}?|\[[^\]]*\]?|<[^>]*>?|\*\|[^|]*\|\*|%%\w+%%|%(?![0-9A-Fa-f]{2})\w*%?|(?P<sign>__|@@|##)\w+?(?P=sign)"
    r"""|[\s"\\^`|>}\]]"""
)
# A name that stands for a value: after "$", or in capitals as all of a parameter or of a step of the path.
_NAMED = re.compile(
    r"\$[A-Za-z_]\w*|(?<=[=/:])(?:\w{0,30}TOKEN|YOUR[_-]\w+|(?:USER|CUSTOMER|CLIENT|CONTACT|SUBSCRIBER)_?ID|UUID|HASH"
    r"|EMAIL_ADDRESS|(?i:x{3,}))(?=[&/?#;@]|\Z)"
)
_EXAMPLE = re.compile(
    r"(?:https?://|mailto:[^?@]*@)(?:[^/?#@:]*\.)?(?P<domain>example\.(?:com|net|org))(?![\w.-])", re.I
)
_HOST = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^/?#\[\]{}<>]*)|mailto:", re.I)
_MAIL_DOMAIN = re.compile(r"mailto:[^?]*@(?P<domain>[^?]*)", re.I | re.DOTALL)


class Unsubscribing:
    """The addresses of one campaign."""

    def __init__(self, urls: Sequence[str], *, header: Collection[str]) -> None:
        """``urls`` are the campaign's, and ``header`` names the recipients file's columns.

        Raises ``MessageError`` where one cannot be filled in or cannot stand in a header.
        """
        self._forms = [_form(url, header) for url in urls]
        web = [each for each in self._forms if each.is_web]
        self._names_recipient = bool(web) and all(each.is_personal for each in web)
        self.fixed = None if any(each.template for each in self._forms) else self._fields({})
        """The header lines where they are the same in every letter, "" for none."""

    def findings(self) -> list[Finding]:
        """That unsubscribing takes more than a click, where an address does not say whom it is about."""
        if self._names_recipient or not any(each.is_web for each in self._forms):
            return []
        return [
            Finding(
                code="unsubscribe-impersonal",
                severity=Severity.INFO,
                where="campaign.toml, [message] list_unsubscribe",
                problem="An https: address is the same for everybody, so mailboxes offer no single click.",
                advice="Let it name the customer: https://…?t={{ customer.COLUMN }}, or {token} for the letter's own.",
            )
        ]

    def fields(self, customer: Fields, *, code: str, token: str) -> str:
        """The header lines of one letter. ``MessageError`` where a value is missing."""
        return self._fields({"customer": customer, "code": code or Empty(name="code"), _TOKEN: token})

    def _fields(self, values: Mapping[str, object]) -> str:
        urls = [_written(each, values) for each in self._forms]
        return unsubscribe_fields(urls, names_recipient=self._names_recipient)


class _Form(Struct, frozen=True, kw_only=True):
    """One address, compiled."""

    url: str  # as campaign.toml has it
    template: Template | None  # None where it is the same in every letter
    is_personal: bool  # holds something of the recipient

    @property
    def is_web(self) -> bool:
        return self.url.lower().startswith("https:")


def _form(url: str, header: Collection[str]) -> _Form:
    if _OWN_TOKEN.search(url) and _TOKEN in header:
        raise MessageError(
            f"{_KEY} holds {{token}}, the letter's own token, and the file has a column `token`, too.",
            next_step="For the column write {{ customer.token }}. For the letter's own, give the column another name.",
        )
    source = _OWN_TOKEN.sub(f"{{{{ {_TOKEN} }}}}", url)
    _refuse_foreign(url, _JINJA.sub("", source))
    if "{" not in source:
        return _Form(url=url, template=None, is_personal=False)
    try:
        return _compiled(url, source, header)
    except TemplateError as error:
        problem = error.problem.partition(": ")[2] or error.problem
        raise MessageError(f"{_KEY} holds {url!r}: {problem}", next_step=_advice(header)) from error


def _compiled(url: str, source: str, header: Collection[str]) -> _Form:
    environment = LetterEnvironment(Localiser(SHIPPED["en"]))
    fields = {"customer": Fields({}, header)}
    fragment = Fragment(path=Path("campaign.toml"), line=1, text=source)
    check(environment, fragment, _PERSONAL, fields)
    mask = Mask(environment, [source], {})
    masked = mask.hide(fragment)
    domain = _MAIL_DOMAIN.match(masked)
    if domain and mask.find(domain["domain"]):
        raise TemplateError("campaign.toml: the domain cannot be put together from values.", next_step="")
    guarded = Guard(mask=mask, path=fragment.path, text=source).address(masked)
    is_personal = any(mask.names(token) & _PERSONAL for token in mask.find(masked))
    code, _ = mask.reveal(guarded)
    return _Form(url=url, template=compiled(environment, parsed(environment, code), {}), is_personal=is_personal)


def _refuse_foreign(url: str, static: str) -> None:
    if example := _EXAMPLE.match(static):
        raise MessageError(
            f"{_KEY} holds {url!r}, and {example['domain']} is a domain for examples, and nobody's (RFC 2606).",
            next_step="Write the address at which your customers unsubscribe.",
        )
    host = _HOST.match(static)
    behind = host.end() if host else 0
    if found := _FOREIGN.search(static, behind) or _NAMED.search(static, behind):
        raise MessageError(
            f"{_KEY} holds {url!r}, in which {found[0]!r} looks like a place holder that nobody fills in.",
            next_step="Write {{ customer.COLUMN }} for a column of the file, or {token} for the letter's own token.",
        )


def _advice(header: Collection[str]) -> str:
    columns = ", ".join(f"{{{{ customer.{each} }}}}" for each in list(header)[:8] if each.isidentifier())
    return f"Write a column of the file, such as {columns}, or {{token}} for the letter's own token."


def _written(form: _Form, values: Mapping[str, Any]) -> str:
    if form.template is None:
        return form.url
    try:
        return form.template.render(values)
    except Exception as error:  # an expression can fail in as many ways as Python can
        raise MessageError(
            f"The address for unsubscribing, {form.url}, cannot be filled in: {error}.",
            next_step="Fill the cell in, or write an address that needs no value: [message] list_unsubscribe.",
        ) from error
