"""A finished letter of ours against what mailmerge would send for the same row: every difference in what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from msgspec import Struct

from mass_apology.letter.mailmerge.merge_markdown import markdown_html
from mass_apology.letter.mailmerge.merged import Merged
from mass_apology.model import Message

_NOT_COMPARED = frozenset({"html", "head", "body", "tbody", "meta", "title", "style", "link"})
WRITTEN_BY_US = frozenset({"date", "message-id", "auto-submitted", "content-language"})
_UNSEEN = frozenset({"style", "title", "script"})
_SHOWN = 60  # characters of what differs


class Mismatch(Struct, frozen=True, kw_only=True):
    """One thing that differs."""

    what: str  # "the subject"
    theirs: str
    ours: str


def mismatches(
    message: Message, merged: Merged, address: tuple[str, str], inline: frozenset[str]
) -> Iterator[Mismatch]:
    """What differs; ``address`` is the one of TO that this letter is for, ``inline`` names files shown in the page."""
    ours = message_from_bytes(message.data, policy=policy.default)
    assert isinstance(ours, EmailMessage)  # noqa: S101 (the policy makes them)
    pairs = [
        ("the subject", merged.subject or _NO_SUBJECT, " ".join(str(ours["Subject"]).split())),
        ("TO", _mailbox(*address), _mailbox(*_first(str(ours["To"])))),
        ("FROM", _mailbox(*parseaddr(merged.sender)), _mailbox(*_first(str(ours["From"])))),
        ("REPLY-TO", _mailbox(*parseaddr(merged.reply_to)), _mailbox(*_first(str(ours["Reply-To"] or "")))),
    ]
    own_headers = {name.lower() for name in ours} - WRITTEN_BY_US
    pairs += [(name.upper(), value, str(ours[name])) for name, value in merged.headers if name.lower() in own_headers]
    for what, theirs, own in pairs:
        if theirs != own:
            yield Mismatch(what=what, theirs=_short(theirs), ours=_short(own))
    yield from _bodies(ours, merged)
    yield from _files(ours, merged, inline)


_NO_SUBJECT = "(no subject)"


def _bodies(ours: EmailMessage, merged: Merged) -> Iterator[Mismatch]:
    text, html = _body(ours, "plain"), _body(ours, "html")
    if merged.text is not None and merged.text.rstrip("\n") != text.rstrip("\n"):
        theirs, own = _apart(merged.text, text)
        yield Mismatch(what="the text", theirs=theirs, ours=own)
    page = markdown_html(merged.text or "") if merged.is_markdown else merged.html
    seen, shown = _seen(page or ""), _seen(html)
    if seen != shown:
        theirs, own = _apart(" ".join(seen), " ".join(shown))
        yield Mismatch(what="the HTML", theirs=theirs, ours=own)


def _files(ours: EmailMessage, merged: Merged, inline: frozenset[str]) -> Iterator[Mismatch]:
    own = sorted(
        (str(part.get_filename()), _octets(part))
        for part in ours.walk()
        if part.get_content_disposition() in {"attachment", "inline"} and part.get_filename()
    )
    theirs = sorted((path.name, path.read_bytes()) for path in dict.fromkeys(merged.attachments) if path.is_file())
    names = [name for name, _ in theirs], [name for name, _ in own if name not in inline or name in dict(theirs)]
    if names[0] != names[1] or [data for _, data in theirs] != [data for name, data in own if name in names[0]]:
        yield Mismatch(what="the attachments", theirs=", ".join(names[0]), ours=", ".join(name for name, _ in own))


def _octets(part: EmailMessage) -> bytes:
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else b""


def _body(message: EmailMessage, subtype: str) -> str:
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}" and part.get_content_disposition() is None:
            return str(part.get_content()).replace("\r\n", "\n")
    return ""


def _mailbox(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def _first(field: str) -> tuple[str, str]:
    found = getaddresses([field])
    return found[0] if found else ("", "")


def _seen(html: str) -> list[str]:
    reader = _Seen()
    reader.feed(html)
    reader.close()
    return reader.words


class _Seen(HTMLParser):
    """A page's words, elements and addresses, in order; styles and what a parser adds are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen = tag
        if tag not in _NOT_COMPARED:
            given = dict(attrs)
            shown = given.get("href") or given.get("alt") or ""
            self.words.append(f"<{tag} {shown}>" if shown else f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = "" if tag == self._unseen else self._unseen

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words += re.findall(r"\w+|[^\w\s]", data)


def _apart(theirs: str, ours: str) -> tuple[str, str]:
    """The two from where they begin to differ."""
    at = next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), min(len(theirs), len(ours)))
    begin = max(0, at - 15)
    return _short(theirs[begin:]), _short(ours[begin:])


def _short(text: str) -> str:
    return text[:_SHOWN] + "…" * (len(text) > _SHOWN)
