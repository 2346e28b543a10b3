"""Delivery status notifications (RFC 3464, RFC 6533) and abuse reports (RFC 5965) → affected recipients."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from mass_apology.bounces.bounce_report import Affected, Kind, one_line
from mass_apology.bounces.evidence import Evidence
from mass_apology.mail_parts import Headers, Part, first, read_headers

_CJK = r"\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
ADDRESS = re.compile(
    r"""[^\s\x00-\x1f\x7f-\xa0<>()\[\]:;,"'@|“”„«»\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]{1,64}@"""
    rf"(?:[a-zA-Z0-9][a-zA-Z0-9.-]{{0,250}}\.[a-zA-Z]{{2,24}}(?=[{_CJK}])|[^\W_](?:[\w.-]{{0,253}}[^\W_])?)"
)
"""An addr-spec in running text; no blank divides it from the Chinese or Japanese around it."""

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})

_RECIPIENTS = 1_000  # groups of fields at most in one report; one about our letters has two
_FIELD = 2000  # characters of a field or a line that are looked at for an address
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_NO_WORDS = re.compile(r"[^a-zA-Z\u0080-\uffff]*")
_EXPIRED = re.compile(r"envelope expired", re.IGNORECASE)  # OpenSMTPD reports a final failure as "delayed", too
_ACTIONS = {
    "failed": Kind.FAILURE,
    "delayed": Kind.DELAY,
    "delivered": Kind.SUCCESS,
    "relayed": Kind.SUCCESS,
    "expanded": Kind.SUCCESS,
}
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})  # RFC 6430, RFC 6591


class Notification(Struct, frozen=True, kw_only=True):
    """The parsed status part of one report. ``mail_reading`` turns it into a ``Report``."""

    affected: tuple[Affected, ...] = ()  # empty if it names nobody
    envelope_id: str = ""  # Original-Envelope-Id
    message_id: str = ""  # some servers add the returned message's


def address_in(text: str) -> str:
    """The first addr-spec in a field or a line, or an empty string."""
    found = ADDRESS.search(text[:_FIELD])
    return found[0] if found else ""


def status_fields(part: Part) -> bytes:
    """The body of a message/delivery-status part; Zoho leaves out the blank line before it, and makes it headers."""
    content = part.content()
    if not {"reporting-mta", "final-recipient"} & part.headers.keys():
        return content
    fields = (f"{name}: {value}\n" for name, values in part.headers.items() for value in values)
    return "".join(fields).encode("utf-8", "replace") + b"\n" + content


def read_status(octets: bytes, evidence: Evidence) -> Notification:
    """The fields of a message/delivery-status body (RFC 3464 §2).

    ``evidence``, the text beside the fields, tells the phase of the refusal, and stands in for a missing diagnostic.
    """
    groups = _groups(octets)
    envelope_id = message_id = ""
    named: list[Headers] = []
    for group in groups:
        envelope_id = envelope_id or first(group, "original-envelope-id")
        message_id = message_id or first(group, "x-original-message-id") or first(group, "original-message-id")
        if "final-recipient" in group or "original-recipient" in group:
            named.append(group)
    affected = tuple(_of(group, evidence) for group in named)
    return Notification(affected=affected, envelope_id=envelope_id, message_id=message_id)


def _groups(octets: bytes) -> Sequence[Headers]:
    blocks = octets.replace(b"\r\n", b"\n").split(b"\n\n", _RECIPIENTS)
    return [group for block in blocks[:_RECIPIENTS] if (group := read_headers(block.lstrip(b"\n"))[0])]


def _of(group: Headers, evidence: Evidence) -> Affected:
    named = address_in(first(group, "final-recipient").partition(";")[2] or first(group, "final-recipient"))
    original = address_in(first(group, "original-recipient").partition(";")[2]) or named
    final = address_in(first(group, "x-actual-recipient").partition(";")[2]) or named  # sendmail's, of an alias
    found = _STATUS.search(first(group, "status"))
    status = found[0] if found else ""
    diagnostic = _diagnostic(group)
    if _NO_WORDS.fullmatch(diagnostic):  # none, or "550" alone
        diagnostic = f"{diagnostic} {evidence.after(named)}".strip()
    kind = _kind(first(group, "action"), status)
    if kind is Kind.DELAY and status.endswith(".4.7") and _EXPIRED.match(diagnostic):
        kind = Kind.FAILURE
    cause = None
    if kind is Kind.FAILURE:
        cause, status = evidence.judge(status, diagnostic, named)
    return Affected(
        kind=kind,
        address=original,
        final=final,
        cause=cause,
        status=status,
        diagnostic=one_line(diagnostic, 500),
        remote=one_line(first(group, "remote-mta").rpartition(";")[2].strip(), 255),
    )


def _diagnostic(group: Headers) -> str:
    """Diagnostic-Code without its type ("smtp; "), which X-, X.400 and Lotus variants of the field carry too."""
    value = first(group, "diagnostic-code")
    kind, semicolon, text = value.partition(";")
    return text.strip() if semicolon and len(kind) <= 20 else value


def _kind(action: str, status: str) -> Kind:
    words = action.lower().split()
    known = _ACTIONS.get(words[0].strip("().;,")) if words else None
    if known:
        return known
    if status.startswith("4"):  # no action, and not final by its code
        return Kind.DELAY
    return Kind.SUCCESS if status.startswith("2") else Kind.FAILURE


def read_complaint(part: Part) -> tuple[Affected, ...]:
    """The recipients of a message/feedback-report body (RFC 5965 §3); empty if it is not a complaint.

    Mailbox providers often omit the recipient; then the result is one complaint without an address.
    """
    fields, _ = read_headers(part.content().lstrip(b"\n"))
    if first(fields, "feedback-type").lower() in _NO_COMPLAINTS:
        return ()
    named = [*fields.get("original-rcpt-to", ()), *fields.get("removal-recipient", ())]
    addresses = dict.fromkeys(address for value in named if (address := address_in(value)))
    kind = first(fields, "feedback-type") or "abuse"
    return tuple(
        Affected(kind=Kind.COMPLAINT, address=address, final=address, diagnostic=one_line(kind, 500))
        for address in addresses or [""]
    )


def fields_in_text(text: str) -> bytes:
    """Status fields that a server wrote into the text instead of a separate part; empty if there are none."""
    start = min((at for name in ("Reporting-MTA:", "Final-Recipient:") if (at := text.find(name)) >= 0), default=-1)
    if start < 0 or "\nAction:" not in text[start:] or text[:start].rpartition("\n")[2].strip():
        return b""
    return text[start:].encode("utf-8", "replace")
