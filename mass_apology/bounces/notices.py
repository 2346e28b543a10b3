"""Reads failure notices in plain text, from servers without RFC 3464 reports: qmail, old Exim, and others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from msgspec import Struct

from mass_apology.bounces import bounce_phrases
from mass_apology.bounces.bounce_report import (
    Affected,
    Cause,
    Kind,
    one_line,
)
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.dsn import ADDRESS
from mass_apology.bounces.evidence import Evidence
from mass_apology.bounces.phrase_search import phrase_search

_FAILED_TEXT = phrase_search(bounce_phrases.FAILED_TEXT, re.I)
_DELAYED = phrase_search(bounce_phrases.DELAYED, re.I)
_FINAL = re.compile(
    r"permanent|giving up|given up|gave up|will not be (?:re)?tried|undeliverable|failed permanently", re.I
)

_LABEL = (
    r"(?:(?:rcpt )?to|smtp|(?:failed|final|original|intended|unreachable) (?:recipient|address)|recipient(?: address)?"
    r"|empfänger|destinataire|destinat[aá]rio|odbiorca|adresat|получатель)\b:?[ \t]*"
)
# An address at the beginning of a line, perhaps in brackets or quotes and with a label. Nothing follows it, or the
# moment ("on Fri, 20 Nov 2026"), or behind a sign the reason: qmail, Exim, Postfix, Courier, Exchange, X.400 gateways.
_ENTRY = re.compile(
    rf"^[ \t*>-]*(?:\d{{1,3}}[.)][ \t]*)?(?:{_LABEL})?[<(\[\"']{{0,3}}({ADDRESS.pattern})[>)\]\"']{{0,3}}"
    r"[ \t]*(?:on [^\n]{0,20}\d[^\n]{0,60})?(?::([^\n]*)|(?:\.\.\.|[-–—([,;=]|(?<=[ \t]{2}))([^\n]{1,500}))?$",
    re.M | re.I,
)
# The reason before the address: "550 5.1.1 <anna@customer.example>... User unknown", "User unknown: anna@…".
_ENTRY_BEHIND = re.compile(rf"^[ \t*>-]*([^\n@<]{{3,100}}?)[ \t<\"']({ADDRESS.pattern})([^\n]{{0,300}})$", re.M)
# A server's reply as it is quoted: "550 5.1.1 <anna@…>: user unknown", with the lines that continue it.
_REPLY = re.compile(
    r"(?<![\w.:/-])[45][0-5][0-9](?:[ -]#?[45]\.[0-9]+\.[0-9]+|[ -]+[A-Za-z<'(\"])[^\n]*(?:\n(?!\n)[^\n]*){0,5}"
)
# Exim names the address that was written to where it forwards: "(generated from anna@…)".
_GENERATED_FROM = re.compile(rf"\((?:ultimately )?generated from ({ADDRESS.pattern})\)")
_NOT_ALIVE = frozenset(
    {"mailer-daemon", "postmaster", "mail-daemon", "abuse", "root", "noreply", "no-reply", "helpdesk"}
)


class Setting(Struct, frozen=True, kw_only=True):
    """The facts about a notice besides its text. ``mail_reading`` collects them from the message."""

    failed: Sequence[str]  # the addresses of X-Failed-Recipients
    strangers: Set[str]  # lower-case addresses that cannot be meant: who sent the notice, and to whom


class _Entry(Struct, frozen=True, kw_only=True):
    """An address in a notice, and its place there."""

    address: str
    said: str  # beside it on the same line
    start: int
    end: int


def looks_failed(text: str) -> bool:
    """Whether a text speaks of mail that was not delivered."""
    return bool(_FAILED_TEXT.search(text) or _DELAYED.search(text))


def read_notice(evidence: Evidence, setting: Setting) -> tuple[Affected, ...]:
    """The recipients of a notice; one without an address where it names none."""
    notice = evidence.text
    delayed = bool(_DELAYED.search(evidence.subject) or _DELAYED.search(notice)) and not _FINAL.search(notice)
    kind = Kind.DELAY if delayed else Kind.FAILURE
    entries = list(_entries(notice, setting)) or [(_likeliest(notice, setting, evidence.to), "")]
    rest = notice if len(entries) == 1 else ""
    return tuple(_affected(kind, address, reason, rest, evidence) for address, reason in entries)


def _affected(kind: Kind, address: str, reason: str, notice: str, evidence: Evidence) -> Affected:
    """One recipient. ``reason`` stands with the address; ``notice`` is the whole text if it is about this one only."""
    quoted = _REPLY.search(notice)
    diagnostic = next((text for text in (reason, quoted[0] if quoted else "", notice) if text), "")
    cause, status = evidence.judge("", diagnostic, address)
    for text in (quoted[0] if quoted else "", notice):
        if cause is Cause.UNKNOWN and text:
            cause, status = evidence.judge(status, f"{reason};\n{text}", address)
    forwarded = _GENERATED_FROM.match(reason)
    return Affected(
        kind=kind,
        address=forwarded[1] if forwarded else address,
        final=address,
        cause=cause if kind is Kind.FAILURE else None,
        status=status,
        diagnostic=one_line(diagnostic, 500),
    )


def _entries(notice: str, setting: Setting) -> Iterator[tuple[str, str]]:
    """Addresses on lines of their own, each with its reason."""
    found = [
        _Entry(address=match[1], said=(match[2] or match[3] or "").strip(), start=match.start(), end=match.end())
        for match in _ENTRY.finditer(notice)
        if _possible(match[1], setting) and (not match[3] or _is_reason(match[3]))
    ]
    found = found or [
        _Entry(address=match[2], said=match[0].strip(), start=match.start(), end=match.end())
        for match in _ENTRY_BEHIND.finditer(notice)
        if _possible(match[2], setting) and _is_reason(match[0].replace(match[2], ""))
    ]
    ends = [*(entry.start for entry in found[1:]), len(notice)][: len(found)]
    blocks = [notice[entry.end : end] for entry, end in zip(found, ends, strict=True)]
    # Where an empty line follows every address, the reason stands behind it; else what comes behind is about all.
    apart = all(block.strip() for block in blocks)
    wanted = {address.lower() for address in setting.failed}
    seen: set[str] = set()
    for entry, block in zip(found, blocks, strict=True):
        lower = entry.address.lower()
        if lower in seen or (wanted and lower not in wanted):
            continue
        seen.add(lower)
        yield entry.address, _reason(entry.said, block, apart=apart)


def _reason(said: str, block: str, *, apart: bool) -> str:
    """What stands with an address: on its line, and below it up to an empty line."""
    with_it = f"{said}{block}".partition("\n\n")[0].strip()
    return with_it or (block.strip().partition("\n\n")[0] if apart else "")


def _is_reason(text: str) -> bool:
    """Whether the words beside an address say that it failed; others are about something else, such as its owner."""
    return bool(_FAILED_TEXT.search(text)) or judge("", text)[0] is not Cause.UNKNOWN


def _likeliest(notice: str, setting: Setting, to: Sequence[str]) -> str:
    if setting.failed:
        return setting.failed[0]
    named = [match[0] for match in ADDRESS.finditer(notice) if _possible(match[0], setting)]
    written_to = {address.lower() for address in to}
    return next((address for address in named if address.lower() in written_to), (*named, *to, "")[0])


def _possible(address: str, setting: Setting) -> bool:
    lower = address.lower()
    return lower not in setting.strangers and lower.partition("@")[0] not in _NOT_ALIVE
