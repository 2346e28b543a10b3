"""What mailmerge would send for one row: by its own way, which renders the whole file and parses it as a message."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Mapping
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from mass_apology.errors import TemplateError

_FOLD = re.compile(r"\r?\n[ \t]+")
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=(?:\s+=\?[^?\s]+\?[bq]\?[^?\s]*\?=)*", re.I)
_OWN = frozenset({"to", "cc", "bcc", "from", "reply-to", "subject", "attachment", "content-type", "mime-version"})

Mailboxes = tuple[tuple[str, str], ...]
"""Names and addresses."""


class Merged(Struct, frozen=True, kw_only=True):
    """One message of mailmerge's."""

    sender: str
    to: Mailboxes
    cc: Mailboxes
    bcc: Mailboxes
    reply_to: str
    subject: str
    headers: tuple[tuple[str, str], ...]  # all others
    text: str | None  # the plain part, or the source of the Markdown
    html: str | None
    is_markdown: bool
    attachments: tuple[Path, ...]  # in the order of the headers, resolved


class Merging:
    """mailmerge's template, ready to be rendered."""

    def __init__(self, path: Path) -> None:
        """Raises ``TemplateError``."""
        self._path = path
        environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(path.parent, encoding="utf-8-sig"), undefined=StrictUndefined
        )
        try:
            self._template = environment.get_template(path.name)
        except JinjaError as error:
            raise self._failure(error) from error

    def merge(self, row: Mapping[str, str | None]) -> Merged:
        """The message for a row; ``TemplateError`` where mailmerge would stop, too."""
        try:
            written = self._template.render(row)
        except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise self._failure(error) from error
        message = email.message_from_string(written)
        text, html = _bodies(message)
        return Merged(
            sender=_header(message, "from"),
            to=_mailboxes(message, "to"),
            cc=_mailboxes(message, "cc"),
            bcc=_mailboxes(message, "bcc"),
            reply_to=_header(message, "reply-to"),
            subject=" ".join(_header(message, "subject").split()),
            headers=tuple((name, _plain(value)) for name, value in message.items() if name.lower() not in _OWN),
            text=text,
            html=html,
            is_markdown=message.get_content_type() == "text/markdown",
            attachments=tuple(self._attachments(message)),
        )

    def _attachments(self, message: Message) -> Iterator[Path]:
        for value in message.get_all("attachment", []):
            if not value.strip():
                raise TemplateError(
                    f"{self._path.name}: an ATTACHMENT header is empty, at which mailmerge stops.",
                    next_step="Name a file, or delete the line.",
                )
            yield self.resolve(_plain(value))

    def resolve(self, name: str) -> Path:
        """A file as mailmerge finds it: from the template's folder."""
        return (self._path.parent / Path(name.strip()).expanduser()).resolve()

    def _failure(self, error: Exception) -> TemplateError:
        line = getattr(error, "lineno", None)
        where = f"{self._path.name}, line {line}" if line else self._path.name
        problem = str(error).removesuffix(".") or type(error).__name__
        return TemplateError(f"{where}: {problem}; mailmerge stops there, too.", next_step="Correct the template.")


def _bodies(message: Message) -> tuple[str | None, str | None]:
    """The text and the HTML of a message; the last of several, as a mail program shows them."""
    found: dict[str, str] = {}
    for part in message.walk():
        if not part.is_multipart() and part.get_content_maintype() == "text":
            found[part.get_content_subtype()] = str(part.get_payload())
    return found.get("plain", found.get("markdown")), found.get("html")


def _header(message: Message, name: str) -> str:
    return _plain(message.get(name, ""))


def _plain(value: str) -> str:
    """A header's value unfolded and decoded."""
    unfolded = _FOLD.sub(" ", str(value)).strip()
    return _ENCODED.sub(lambda found: str(make_header(decode_header(found[0]))), unfolded)


def _mailboxes(message: Message, name: str) -> Mailboxes:
    found = getaddresses([_plain(value) for value in message.get_all(name, [])])
    return tuple((shown, address) for shown, address in found if address)
