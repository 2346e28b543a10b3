"""Mails and events that nobody would wish: each kind is one way to damage the corpus's. The same ones every time."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.hostile_text import mutated
from bench.workplace import ROOT
from mass_apology.bounces import bounce_phrases, subjects

CORPUS = ROOT / "tests" / "bounces" / "corpus"
MEGABYTE = 1 << 20
_CODECS = (
    "utf-7",
    "utf-16",
    "utf-16-le",
    "unicode_escape",
    "raw-unicode-escape",
    "utf-8",
    "latin-1",
    "idna",
    "punycode",
)
_CODECS_OF_NONE = ("rot13", "base64", "zlib", "undefined", "hex", "x-unknown", "cp65001", "a\x00b", "é" * 50)
_SURROGATES = r"\ud800 +2AA- \udfff \x00 \N{SPACE} =ED=A0=80 &#xD800; &#55296; &#x110000; &#99999999999;"
_FIELDS = (
    *("From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Return-Path", "Auto-Submitted"),
    *("Precedence", "Content-Type", "Content-Transfer-Encoding", "X-Failed-Recipients", "Delivered-To", "List-Id"),
    *("X-Apple-Unsubscribe", "X-Autoreply", "X-POST-MessageClass"),
)
_FIELD = "|".join(_FIELDS)
_DATES = (
    *("Fri, 20 Nov 0000 10:00:00 +0000", "Fri, 20 Nov 99999 10:00:00 +0000", "Fri, 99 Nov 2026 77:88:99 +9999"),
    *("0 0 0", "-1", "9" * 400, "Fri, 20 Nov 2026 10:00:00 +99999999999999", "Nov " * 5000),
)

Mutation = Callable[[bytes, random.Random], bytes]


def base_mails() -> list[bytes]:
    """The corpus's messages, in their order, but for the empty one: nothing can be changed there."""
    return [octets for path in sorted(CORPUS.glob("*.eml")) if (octets := path.read_bytes())]


def _head_and_body(mail: bytes) -> tuple[bytes, bytes]:
    head, _, body = mail.partition(b"\n\n")
    return head, body


def _with_field(mail: bytes, name: str, value: str | bytes) -> bytes:
    octets = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return name.encode() + b": " + octets + b"\n" + mail


def _replacing(name: str, value: Callable[[random.Random], str]) -> Mutation:
    """The field of this name replaced, or put before the others where there is none."""
    field = re.compile(rb"(?im)^" + name.encode() + rb":[^\n]*(?:\n[ \t][^\n]*)*\n?")
    return lambda mail, rng: _with_field(field.sub(b"", mail, count=1), name, value(rng))


def _in_body(text: Callable[[random.Random], bytes]) -> Mutation:
    """Some text put into the body, where it begins."""

    def mutation(mail: bytes, rng: random.Random) -> bytes:
        head, body = _head_and_body(mail)
        return head + b"\n\n" + text(rng) + b"\n" + body

    return mutation


def _surrogates_in_words(mail: bytes, rng: random.Random) -> bytes:
    for name in ("From", "Subject", "To"):
        codec = rng.choice(_CODECS + _CODECS_OF_NONE)
        if rng.random() < 0.5:
            word = f"=?{codec}?Q?{_SURROGATES.replace(' ', '_')}?= <a@customer.example>"
        else:
            word = (
                f"=?{codec}?B?{base64.b64encode(b'+2AA-' + bytes((0xD8, 0, 0, 0xDC))).decode()}?= <a@customer.example>"
            )
        mail = _replacing(name, lambda _, word=word: word)(mail, rng)  # type: ignore[misc]
    return mail


def _surrogates_in_body(mail: bytes, rng: random.Random) -> bytes:
    head, body = _head_and_body(mail)
    head = re.sub(rb"(?i)charset=\S+", b"", head)
    codec = rng.choice(_CODECS + _CODECS_OF_NONE).encode("utf-8")
    return head + b'\nContent-Type: text/plain; charset="' + codec + b'"\n\n' + _SURROGATES.encode() + body


def _never_ending_boundary(mail: bytes, rng: random.Random) -> bytes:
    return re.sub(rb"(?m)^--(\S+)--[ \t]*$", rb"--\1", mail)


def _boundary_of_nothing(mail: bytes, rng: random.Random) -> bytes:
    return re.sub(rb'(?i)boundary="?[^";\s]*"?', rng.choice((b'boundary=""', b'boundary="', b"boundary=-", b"")), mail)


def _endless_boundaries(mail: bytes, rng: random.Random) -> bytes:
    head, _ = _head_and_body(mail)
    head = re.sub(rb"(?im)^content-type:[^\n]*(?:\n[ \t][^\n]*)*", b"X-Was: it", head)
    return head + b'\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n" * 200_000


def _nested_messages(mail: bytes, rng: random.Random) -> bytes:
    return _head_and_body(mail)[0] + b"\n" + b"Content-Type: message/rfc822\n\n" * rng.randint(10, 20_000) + mail


def _nested_multiparts(mail: bytes, rng: random.Random) -> bytes:
    levels = rng.randint(10, 5000)
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(levels))
    return re.sub(rb"(?im)^content-type:", b"X-Was:", _head_and_body(mail)[0]) + b"\n" + nested + mail


def _status_bomb(mail: bytes, rng: random.Random) -> bytes:
    group = b"Final-Recipient: rfc822; r%d@customer.example\nAction: failed\nStatus: 5.1.1\n\n"
    status = b"Reporting-MTA: dns; x\n\n" + b"".join(group % number for number in range(rng.choice((100, 12_000))))
    return (
        b"From: mailer-daemon@mx.example\nContent-Type: multipart/report; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\n"
        + b"<r9@customer.example>: unknown user, said after end of data\n" * rng.choice((1, 300))
        + b"\n--b\nContent-Type: message/delivery-status\n\n"
        + status
        + b"\n--b--\n"
    )


def _mixed_line_ends(mail: bytes, rng: random.Random) -> bytes:
    ends = (b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\r", b"\x0b", b"\x85", b"\xe2\x80\xa8")
    return b"".join(line + rng.choice(ends) for line in mail.split(b"\n"))


def _quoted_printable(text: bytes) -> Mutation:
    def mutation(mail: bytes, rng: random.Random) -> bytes:
        head = re.sub(rb"(?im)^content-t", b"X-T", _head_and_body(mail)[0])
        return head + b"\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + text

    return mutation


def _base64_garbage(mail: bytes, rng: random.Random) -> bytes:
    head = re.sub(rb"(?im)^content-t", b"X-T", _head_and_body(mail)[0])
    garbage = rng.choice((b"=" * MEGABYTE, b"QUF" * 99_999, rng.randbytes(50_000), b"Q\n" * 99_999, b"\xff" * 1000))
    return head + b"\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + garbage


def _html(text: str) -> Mutation:
    def mutation(mail: bytes, rng: random.Random) -> bytes:
        head = re.sub(rb"(?im)^content-t", b"X-T", _head_and_body(mail)[0])
        return head + b"\nContent-Type: text/html; charset=utf-8\n\n" + text.encode("utf-8", "surrogatepass")

    return mutation


def _address_bomb(mail: bytes, rng: random.Random) -> bytes:
    bomb = ", ".join(f"u{number}@customer.example" for number in range(rng.choice((1000, 40_000))))
    return _with_field(_with_field(mail, "To", bomb), "X-Failed-Recipients", bomb)


def _spliced(mail: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(mail) or 1)
    return mail[at:] + mail[:at]


def _phrases() -> list[str]:
    """The literal words of every alternative of every pattern that reads a text."""
    tables = [value for name, value in vars(bounce_phrases).items() if name.isupper() and isinstance(value, str)]
    tables += [*subjects.OTHERS_AWAY.values(), *subjects.OTHERS_REPLY_PREFIXES.values()]
    alternatives = (alternative for table in tables for alternative in table.split("|"))
    plain = (re.sub(r"\(\?[:!<=]*|\\[a-zA-Z]|[\\()\[\]{}?*+^$]|\d,\d+", " ", each) for each in alternatives)
    return sorted({" ".join(each.split()) for each in plain if each.strip()})


def _repeated_phrases(mail: bytes, rng: random.Random) -> bytes:
    few = rng.sample(_PHRASES, 3)
    between = rng.choice((" ", " a ", " a a a a ", "", "\n", " <a@b.example> ", ": ", " 5", "  \t "))
    text = between.join(few * rng.choice((100, 6000)))
    subject = between.replace("\n", " ").join(few * 200)
    head, _ = _head_and_body(mail)
    head = re.sub(rb"(?im)^(content-t|subject)", b"X-T", head)
    return b"Return-Path: <>\n" + head + b"\nSubject: " + subject.encode() + b"\n\n" + text.encode()


def _repeated_character(mail: bytes, rng: random.Random) -> bytes:
    text = (
        rng.choice(("<", ">", "@", ".", "a@", "-", "--\n", "[", "(", "*", "=?", "5.1.1 ", "550 ", ":", " ", "\t", "a."))
        * 60_000
    )
    head, _ = _head_and_body(mail)
    head = re.sub(rb"(?im)^content-t", b"X-T", head)
    return (
        b"Return-Path: <>\nSubject: " + text[:3000].replace("\n", " ").encode() + b"\n" + head + b"\n\n" + text.encode()
    )


_PHRASES = _phrases()
_TEXT = "x" * MEGABYTE
MAILS: Mapping[str, Mutation] = {
    "octets changed": lambda mail, rng: mutated(mail, rng.randrange(1 << 30)),
    "cut off": lambda mail, rng: mail[: rng.randrange(len(mail))],
    "turned round": _spliced,
    "lines shuffled": lambda mail, rng: b"\n".join(rng.sample(lines := mail.split(b"\n"), len(lines))),
    "surrogates in words": _surrogates_in_words,
    "surrogates in the body": _surrogates_in_body,
    "boundary that never ends": _never_ending_boundary,
    "boundary of nothing": _boundary_of_nothing,
    "200,000 boundaries": _endless_boundaries,
    "10,000 fields": lambda mail, rng: b"X-Field: value\n" * 10_000 + mail,
    "10,000 names of fields": lambda mail, rng: b"".join(b"X-Auto%d-Reply: x\n" % n for n in range(10_000)) + mail,
    "a field of a megabyte": lambda mail, rng: _with_field(mail, rng.choice(_FIELDS), _TEXT),
    "a folded field of a megabyte": lambda mail, rng: _with_field(mail, rng.choice(_FIELDS), b"\n x" * 300_000),
    "a field without an end": lambda mail, rng: _with_field(b"", rng.choice(_FIELDS), mail.replace(b"\n", b"\n ")),
    "NULs": lambda mail, rng: mail.replace(rng.choice((b" ", b"\n", b"@", b":")), b"\x00"),
    "NULs everywhere": lambda mail, rng: b"\x00".join(mail[at : at + 1] for at in range(min(len(mail), 50_000))),
    "control characters": lambda mail, rng: bytes(byte if rng.random() > 0.02 else rng.randrange(32) for byte in mail),
    "nested messages": _nested_messages,
    "nested multiparts": _nested_multiparts,
    "a bomb of recipients": _status_bomb,
    "a huge subject": _replacing("Subject", lambda rng: "Re: " * 50_000),
    "a subject of encoded-words": _replacing("Subject", lambda rng: "=?utf-8?B?4oCo?= " * 20_000),
    "a subject of tags": _replacing("Subject", lambda rng: "[EXT] ***SPAM*** (x) " * 5_000),
    "impossible dates": _replacing("Date", lambda rng: rng.choice(_DATES)),
    "100,000 references": _replacing("References", lambda rng: "<a@b.example> " * 100_000),
    "references without an end": _replacing("References", lambda rng: "<" * 100_000),
    "a quoted-printable bomb": _quoted_printable(b"=\n" * 400_000),
    "quoted-printable surrogates": _quoted_printable(b"=ED=A0=80=ED=B0=80" * 5_000 + b"="),
    "quoted-printable signs": _quoted_printable(b"=" * 400_000),
    "base64 garbage": _base64_garbage,
    "separators in the body": _in_body(lambda rng: b"\nFrom a@b.example Fri Nov 20 10:00:00 2026\nFrom: x\n\n" * 3),
    "quoted separators": _in_body(lambda rng: b"\n>From a@b.example Fri Nov 20 10:00:00 2026\nFrom here on\n" * 3),
    "mixed line ends": _mixed_line_ends,
    "an address bomb": _address_bomb,
    "a body of addresses": _in_body(lambda rng: b"<a@b.example>: 550 5.1.1 unknown\n" * 30_000),
    "a body without line ends": _in_body(lambda rng: b"mailbox user unknown " * 50_000),
    "entities": _html("&#xD800; &#55296; &#x110000; &#0; &amp" * 9_000),
    "unclosed tags": _html("<" * 200_000),
    "scripts": _html("<script " * 100_000),
    "a megabyte of tags": _html("<p><br></p>" * 90_000),
    "repeated phrases": _repeated_phrases,
    "more repeated phrases": _repeated_phrases,
    "repeated characters": _repeated_character,
    "unicode of many marks": _in_body(lambda rng: ("e" + "\u0301" * 5_000).encode() * 5),
    "a subject of many marks": _replacing("Subject", lambda rng: "e" + "\u0301" * 100_000),
    "random octets": lambda mail, rng: rng.randbytes(rng.choice((0, 1, 20, 5_000))),
    "nothing": lambda mail, rng: rng.choice((b"\n", b"\n\n", b" ", b"\x00", b":", b": x\n\n", b"From")),
    "parameters": _replacing("Content-Type", lambda rng: "text/plain" + "; a=b" * 100_000),
    "quoted parameters": _replacing("Content-Type", lambda rng: 'multipart/mixed; boundary="' + "b" * 100_000),
    "a long name": _replacing("From", lambda rng: '"' * 100_000 + " <a@b.example>"),
    "an endless address": _replacing("From", lambda rng: "a" * 50_000 + "@" + "b." * 50_000),
    "unsubscribing with much": lambda mail, rng: b"Subject: unsubscribe\n\n" + b"x\n\n" * 300_000,
    "a mailed event": lambda mail, rng: (
        b"Subject: x\n\n" + rng.choice((b'{"a":' * 9999, b"{" * 99_999, b'{"mail":' + b"9" * 400))
    ),
}
"""Every way to damage a mail, by its name."""


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(each, (*path, key))


def _set(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    here = event
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return event


def _at_a_path(value: Callable[[random.Random], Any]) -> Callable[[Any, random.Random], Any]:
    return lambda event, rng: _set(event, rng.choice(list(_paths(event))), value(rng))


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"mail": value}
    return value


_GARBAGE = ("{", "[" * 9000, "", "null", "9" * 5000)
_RAW = "\x02raw\x02"  # stands for JSON that ``json`` does not write
EVENTS: Mapping[str, Callable[[Any, random.Random], Any]] = {
    "a list for an object": _at_a_path(lambda rng: []),
    "a list of numbers": _at_a_path(lambda rng: [1, 2.5, -3]),
    "nothing for a value": _at_a_path(lambda rng: None),
    "an object for a text": _at_a_path(lambda rng: {}),
    "a truth for a text": _at_a_path(lambda rng: rng.choice((True, False))),
    "a number for a text": _at_a_path(lambda rng: rng.choice((0, -1, 5, 1e308, 10**25))),
    "an empty text": _at_a_path(lambda rng: ""),
    "surrogates": _at_a_path(lambda rng: rng.choice(("\ud800", "a\udfff@b.example", "<\ud800@b.example>"))),
    "NULs and controls": _at_a_path(lambda rng: "a\x00b\x1b[2J\u202e\x7f"),
    "a text of a megabyte": _at_a_path(lambda rng: _TEXT[: MEGABYTE // 8]),
    "400 digits": _at_a_path(lambda rng: f"{_RAW}{'9' * 400}{_RAW}"),
    "an infinite number": _at_a_path(lambda rng: float(rng.choice(("inf", "-inf", "nan")))),
    "times of no calendar": _at_a_path(
        lambda rng: rng.choice(("0000-00-00T00:00:00Z", "99999-01-01", "2026-13-45", "T"))
    ),
    "a deep value": _at_a_path(lambda rng: _deep(rng.choice((50, 150, 500)))),
    "many recipients": _at_a_path(lambda rng: [{"emailAddress": f"u{n}@b.example"} for n in range(2_000)]),
    "many keys": _at_a_path(lambda rng: {f"k{n}": n for n in range(5_000)}),
    "a text about failure": _at_a_path(lambda rng: "user unknown 550 5.1.1 " * 500),
    "an event in an event": lambda event, rng: {"TopicArn": "x", "Message": json.dumps(_wrapped(event, 9))},
    "a message of garbage": lambda event, rng: {
        "TopicArn": "x",
        "Message": rng.choice(("{", "[" * 9000, "", "null", "9" * 5000)),
    },
    "a field less": lambda event, rng: {key: value for key, value in event.items() if rng.random() > 0.3},
}
"""Every way to damage an event, by its name."""


def _wrapped(event: Any, levels: int) -> Any:
    for _ in range(levels):
        event = {"detail": event} if levels % 2 else {"TopicArn": "x", "Message": json.dumps(event)}
    return event


def base_events() -> list[Any]:
    """One event of each provider and kind."""
    at, said = "2026-11-20T09:00:00Z", "550 5.1.1 user unknown"
    mail = {"messageId": "x", "timestamp": at, "headers": [{"name": "Message-ID", "value": "<a@b>"}]}
    to = [{"emailAddress": "a@b.example", "status": "5.1.1", "diagnosticCode": f"smtp; {said}"}]
    sendgrid = {"event": "bounce", "email": "a@b.example", "smtp-id": "<a@b>", "sg_event_id": "x", "sg_message_id": "y"}
    failed = {"event": "failed", "severity": "permanent", "recipient": "a@b.example", "timestamp": 1795000000.5}
    failed |= {"message": {"headers": {"message-id": "a@b"}}, "delivery-status": {"code": 550, "message": said}}
    postmark = {"Email": "a@b.example", "MessageID": "x", "BouncedAt": at, "Content": "Message-ID: <a@b>\n\nx"}
    return [
        {"notificationType": "Bounce", "mail": mail, "bounce": {"bounceType": "Permanent", "bouncedRecipients": to}},
        {"eventType": "Complaint", "mail": mail, "complaint": {"complainedRecipients": to}},
        {"eventType": "Delivery", "mail": mail, "delivery": {"recipients": ["a@b.example"], "smtpResponse": "250 ok"}},
        {"eventType": "DeliveryDelay", "mail": mail, "deliveryDelay": {"delayedRecipients": to}},
        {**sendgrid, "timestamp": 1795000000, "reason": said, "status": "5.1.1"},
        {"event-data": failed, "signature": {}},
        {**postmark, "RecordType": "Bounce", "Type": "HardBounce", "Details": f"smtp;{said}"},
        {**postmark, "RecordType": "SpamComplaint"},
    ]


def mutant_mails(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged mails, each with the name of its kind; every kind in turn, each on other messages."""
    rng, mails, kinds = random.Random(seed), base_mails(), list(MAILS.items())
    for number in range(count):
        name, mutation = kinds[number % len(kinds)]
        yield name, mutation(rng.choice(mails), rng)


def mutant_events(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """So many damaged events as JSON on one line."""
    rng, kinds = random.Random(seed), list(EVENTS.items())
    for number in range(count):
        name, mutation = kinds[number % len(kinds)]
        event = mutation(json.loads(json.dumps(rng.choice(base_events()))), rng)
        yield name, re.sub(r'"\\u0002raw\\u0002|\\u0002raw\\u0002"', "", json.dumps(event))


def write(path: Path, octets: bytes) -> None:
    """A file of these octets, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
