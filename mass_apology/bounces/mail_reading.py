"""One returned message → its report. Nothing raises here: a message that cannot be understood is UNREAD."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from email.utils import mktime_tz, parsedate_tz

from msgspec.structs import replace

from mass_apology.bounces import auto_replies
from mass_apology.bounces.bounce_report import (
    Affected,
    Clues,
    Kind,
    Report,
    gravest,
    one_line,
)
from mass_apology.bounces.complaints import read_microsofts_complaint
from mass_apology.bounces.dsn import (
    ADDRESS,
    STATUS_TYPES,
    Notification,
    address_in,
    fields_in_text,
    read_complaint,
    read_status,
    status_fields,
)
from mass_apology.bounces.evidence import FAILED_SUBJECT, LEAST_LINE, Evidence, ReturnedLetter
from mass_apology.bounces.mailed_events import mailed_event
from mass_apology.bounces.notices import Setting, looks_failed, read_notice
from mass_apology.bounces.opt_outs import asks_to_unsubscribe
from mass_apology.bounces.subjects import has_reply_prefix, is_away_subject
from mass_apology.mail_parts import Headers, Part, first, read_headers, take_apart, words

_RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s@]{1,250}>")
_QUOTED_ID = re.compile(r"message-id:\s{0,3}(<[^<>\s@]{1,250}@[^<>\s@]{1,250}>)", re.IGNORECASE)
_ID_FIELDS = ("message-id", "x-original-message-id", "x-microsoft-original-message-id", "x-google-original-message-id")
_OWN_FIELDS = ("return-path", "from", "sender", "reply-to")
_SENT_TO_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_BREAK = re.compile(r"<br[^<>]*>|</(?:p|div|tr|li|h\d)[^<>]*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s+")
_TAG = re.compile(r"<(?:script|style)[^<>]*>[^<]*|<[^<>]*>", re.IGNORECASE)
_TO_POSTMASTER = re.compile(r"postfix smtp (?:server|client): errors", re.IGNORECASE)  # about others' sessions
_SUBJECT = 500  # characters
_WRAPPERS = 5
_IDS = 50  # of References: a thread's last ones are enough


def read(data: bytes) -> Report:
    """The report in one message (RFC 5322 octets, any line ends).

    The first megabyte is looked at. Broken MIME, unknown charsets and hostile input make it UNREAD at worst.
    """
    message = _unwrapped(take_apart(data))
    sender, subject = address_in(words(message.header("from"))), words(message.header("subject"))[:_SUBJECT]
    returned, texts = _returned(message), _texts(message)
    found = Notification()
    if not _by_person(message, sender, subject):
        if texts and (event := mailed_event(texts[0])):
            return replace(event, sender=sender, subject=one_line(subject, 200))
        found = _reported(message, sender, subject, Evidence(subject, "\n".join(texts), _letter(message, returned)))
    kind = gravest(found.affected) if found.affected else _answer(message, sender, subject)
    return Report(
        kind=kind,
        affected=_as_written_to(found.affected, returned) or _answerer(kind, sender),
        clues=_clues(message, returned, texts, found),
        sender=sender,
        subject=one_line(subject, 200),
        by_person=kind is Kind.UNREAD and bool(sender) and auto_replies.may_be_personal(message, sender),
        at=_moment(message.header("date")),
    )


def _unwrapped(message: Part) -> Part:
    """The report inside the messages that gateways have wrapped around it, ``_WRAPPERS`` at most."""
    for _ in range(_WRAPPERS):
        parts = list(message.walk())
        if not auto_replies.is_from_daemon(message, address_in(message.header("from"))) or any(
            part.media_type in STATUS_TYPES for part in parts
        ):
            break
        wrapped = next((part for part in parts if part.media_type == "message/rfc822"), None)
        inner = take_apart(wrapped.content()) if wrapped else message
        if inner.media_type != "multipart/report":
            break
        message = inner
    return message


def _reported(message: Part, sender: str, subject: str, evidence: Evidence) -> Notification:
    """The failed or delayed deliveries that the message reports; empty if it reports none."""
    if complaint := read_microsofts_complaint(message, subject):
        return Notification(affected=complaint)
    for part in message.walk():
        if part.media_type == "message/feedback-report":
            return Notification(affected=read_complaint(part))
        if part.media_type in STATUS_TYPES:
            found = read_status(status_fields(part), evidence)
            if found.affected:
                return found
    return _noticed(message, sender, subject, evidence)


def _by_person(message: Part, sender: str, subject: str) -> bool:
    """Whether a person wrote it: people may quote or attach reports, but do not send them."""
    if (
        message.media_type == "multipart/report"
        or auto_replies.has_null_return_path(message)
        or auto_replies.is_auto_submitted(message)
    ):
        return False
    if has_reply_prefix(subject):  # a postmaster is a person, too
        return not auto_replies.is_from_no_person(sender)
    return auto_replies.refers(message) and not auto_replies.is_from_daemon(message, sender)


def _noticed(message: Part, sender: str, subject: str, evidence: Evidence) -> Notification:
    """A report in plain text, from a sender that is certainly not a person."""
    failed = tuple(match[0] for match in ADDRESS.finditer(message.header("x-failed-recipients")[:10_000]))
    if not (failed or _speaks_of_failure(message, sender, subject, evidence)):
        return Notification()
    if fields := fields_in_text(evidence.text):
        found = read_status(fields, evidence)
        if found.affected:
            return found
    if not (failed or looks_failed(evidence.subject) or looks_failed(evidence.text)):
        return Notification()
    return Notification(
        affected=read_notice(evidence, Setting(failed=failed, strangers=_strangers(message, sender, evidence.letter)))
    )


def _speaks_of_failure(message: Part, sender: str, subject: str, evidence: Evidence) -> bool:
    """Whether a mail system may report a failure here, by its address or by the headers and the subject."""
    if _TO_POSTMASTER.match(subject) or is_away_subject(evidence.subject):
        return False
    if auto_replies.is_from_daemon(message, sender) or message.parameters.get("report-type") == "delivery-status":
        return True
    return (auto_replies.has_null_return_path(message) or auto_replies.is_auto_submitted(message)) and bool(
        FAILED_SUBJECT.match(evidence.subject.lstrip())
        or (evidence.letter.returned and not auto_replies.is_auto_reply(message, subject))
    )


def _answer(message: Part, sender: str, subject: str) -> Kind:
    """The kind of a message that is not a report."""
    if asks_to_unsubscribe(message, subject):
        return Kind.OPT_OUT
    if any(part.media_type == "message/disposition-notification" for part in message.parts):
        return Kind.AUTO_REPLY  # RFC 8098: a read receipt
    if auto_replies.is_bulk(message) or message.media_type == "multipart/report":
        return Kind.UNREAD
    return _by_sender(message, sender, subject)


def _by_sender(message: Part, sender: str, subject: str) -> Kind:
    """An answer of a program or of a person, or no answer at all."""
    if auto_replies.is_auto_reply(message, subject):
        return Kind.AUTO_REPLY
    if auto_replies.is_auto_submitted(message) or not auto_replies.is_answer(message, subject):
        return Kind.UNREAD
    if auto_replies.has_null_return_path(message):  # no person sends so; a mail system that reports nothing may
        return Kind.UNREAD if auto_replies.is_from_daemon(message, sender) else Kind.AUTO_REPLY
    return Kind.REPLY if _by_person(message, sender, subject) else Kind.UNREAD


def _answerer(kind: Kind, sender: str) -> tuple[Affected, ...]:
    if kind in {Kind.REPLY, Kind.AUTO_REPLY, Kind.OPT_OUT} and sender:
        return (Affected(kind=kind, address=sender),)
    return ()


def _as_written_to(affected: tuple[Affected, ...], returned: Headers) -> tuple[Affected, ...]:
    """A single recipient under the address the returned letter was written to.

    Forwarded mail fails at an address that we never used, and few servers name the original one.
    """
    to = _recipients(returned)
    if len(affected) != 1 or len(to) != 1 or affected[0].address != affected[0].final:
        return affected
    return (replace(affected[0], address=to[0]),)


def _letter(message: Part, returned: Headers) -> ReturnedLetter:
    """What the report shows of our letter in parts of their own."""
    own = [value for name in _OWN_FIELDS for value in returned.get(name, ())]
    own += message.headers.get("to", ())  # a notice goes to the letter's return path
    return ReturnedLetter(
        returned=bool(returned),
        subjects=tuple(words(value)[:_SUBJECT] for value in returned.get("subject", ())[:1]),
        lines=_lines_of_letter(message),
        senders=frozenset(match[0].lower() for value in own for match in ADDRESS.finditer(value[:1000])),
        to=_recipients(returned),
    )


def _lines_of_letter(message: Part) -> frozenset[str]:
    """The lines of the returned letter, which text notices repeat; a report with fields has no need of them."""
    parts = list(message.walk())
    if any(part.media_type in STATUS_TYPES for part in parts):
        return frozenset()
    letters = (take_apart(part.content()) for part in parts if part.media_type in {"message/rfc822", "message/global"})
    return frozenset(
        stripped
        for letter in letters
        for text in _texts(letter)
        for line in text.split("\n")
        if len(stripped := line.strip()) >= LEAST_LINE
    )


def _returned(message: Part) -> Headers:
    """The header fields of the returned letter, if it is a part of the report."""
    for part in message.walk():
        if part.media_type in _RETURNED_TYPES:
            headers, _ = read_headers(part.content().lstrip(b"\n"))
            return headers
    return {}


def _texts(message: Part) -> tuple[str, ...]:
    """The plain texts of a message; if it has none, its HTML as text."""
    parts = [part for part in message.walk() if not part.parts]
    plain = tuple(part.text() for part in parts if part.media_type == "text/plain" or part is message)
    if any(text.strip() for text in plain) and message.media_type != "text/html":
        return plain
    return tuple(_plain(part.text()) for part in parts if part.media_type == "text/html")


def _plain(markup: str) -> str:
    """HTML as text, well enough to find sentences and addresses in it."""
    return _BLANK_LINES.sub("\n\n", html.unescape(_TAG.sub(" ", _BREAK.sub("\n", markup))))


def _recipients(returned: Headers) -> tuple[str, ...]:
    return tuple(match[0] for value in returned.get("to", ()) for match in ADDRESS.finditer(value[:1000]))


def _strangers(message: Part, sender: str, letter: ReturnedLetter) -> frozenset[str]:
    """The sender and the receiver of a notice, and who sent the letter.

    X-Original-To is not among them: the DragonFly agent means the other.
    """
    values = (*message.headers.get("to", ()), *message.headers.get("delivered-to", ()), sender)
    found = frozenset(match[0].lower() for value in values for match in ADDRESS.finditer(value[:1000]))
    return found | (letter.senders - {address.lower() for address in letter.to})


def _sent_to(message: Part) -> tuple[str, ...]:
    values = (value for name in _SENT_TO_FIELDS for value in message.headers.get(name, ()))
    return tuple(dict.fromkeys(match[0] for value in values for match in ADDRESS.finditer(value[:1000])))


def _clues(message: Part, returned: Headers, texts: Sequence[str], found: Notification) -> Clues:
    ids = [match[0] for name in _ID_FIELDS if (match := _ID.search(first(returned, name)))]
    ids += _ID.findall(found.message_id[:300])
    quoting = (text for text in texts if "<" in text)
    ids += [match[1] for text in quoting for match in _QUOTED_ID.finditer(text)][:_IDS]
    references = _ID.findall(message.header("in-reply-to")[:1000])
    references += reversed(_ID.findall(message.header("references")[-10_000:])[-_IDS:])
    return Clues(
        envelope_id=one_line(found.envelope_id, 300),
        message_ids=tuple(dict.fromkeys(ids)),
        references=tuple(dict.fromkeys(references)),
        sent_to=_sent_to(message),
    )


def _moment(date: str) -> float | None:
    parsed = parsedate_tz(date[:100])
    try:
        return float(mktime_tz(parsed)) if parsed else None
    except (OverflowError, ValueError):  # the year 99999, the hour 77
        return None
