"""Header fields of a message: encoded-words, folding, mailboxes. Every field is a string that ends with CRLF.

Nothing from a customer or a template becomes a header without passing ``_safe``: a line break, another control
character or ``=?`` in a value is refused, because each has been seen to turn into a header of its own.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache
from hashlib import blake2b

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from mass_apology.errors import MessageError

WIDTH = 76
"""Columns of a line that holds an encoded-word (RFC 2047 §2); RFC 5322 §2.1.1 would allow 78 and at most 998."""

LONGEST_MAILBOX = 500
"""Characters of a name with its address; an address alone has 320 at most."""

TOKEN = 32
"""Characters of a Message-ID's left side: 128 bits in hexadecimal."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"""[^\s@<>()\[\]:;,\\"]{1,64}@[A-Za-z0-9.-]{1,255}""")
# Most addresses and names: nothing in them is unsafe, and nothing wants quotes, a fold or an encoded-word.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255}")
_PLAIN_NAME = re.compile(r"[A-Za-z'-]+(?: [A-Za-z'-]+)*")
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,255}@[!-;=?A-~]{1,255}>")
_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}")

_WORD_FRAME = len("=?utf-8?b??=")
_WORD_OCTETS = (WIDTH - 1 - _WORD_FRAME) // 4 * 3  # what fits into an encoded-word on a line of its own


class Mailbox(Struct, frozen=True, kw_only=True):
    """A name and an address (RFC 5322 §3.4), ready for a header and for an envelope."""

    name: str  # as people read it, without quotes; empty where there is none
    address: str  # addr-spec; the domain as A-labels (RFC 5890), the local part as written

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def parse_mailbox(text: str, key: str) -> Mailbox:
    """Read ``Anna Kowalska <anna@acme.example>``, with or without quotes, or an address alone.

    ``key`` is the setting it stands in, for the ``MessageError`` that says why it cannot be used.
    """
    if len(text) > LONGEST_MAILBOX:
        raise MessageError(
            f"`{key}` has {len(text):,} characters, and {LONGEST_MAILBOX} is the most.",
            next_step=f"Write `{key}` in campaign.toml as: Anna Kowalska <anna@acme.example>",
        )
    found = _MAILBOX.fullmatch(text.strip())
    name, address = (found["name"].strip(), found["address"].strip()) if found else ("", text.strip())
    if quoted := _QUOTED.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", quoted[1])
    return Mailbox(name=_safe(name, f"`{key}`"), address=_checked_address(address, key))


def _checked_address(address: str, key: str) -> str:
    try:
        # Reserved names such as acme.example are for trials, and whether a domain has mail is the relay's knowledge.
        valid = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise MessageError(
            f"`{key}` holds the address {address!r}, which cannot be used: {error}",
            next_step=f"Write `{key}` in campaign.toml as: Anna Kowalska <anna@acme.example>",
        ) from error
    return f"{valid.local_part}@{valid.ascii_domain}"


@lru_cache(maxsize=1024)  # a letter's subject is mostly the same for everyone of one language
def text_field(name: str, value: str) -> str:
    """An unstructured field such as Subject, folded at ``WIDTH``; parsers read back exactly ``value``.

    Raises ``MessageError`` where ``value`` holds a control character or ``=?``.
    """
    _safe(value, f"The header {name}")
    if value.isascii() and value == value.strip():
        folded = _folded(name, value)
        if folded is not None:
            return f"{name}: {folded}\r\n"
    return f"{name}: {_encoded_words(value, used=len(name) + 2)}\r\n"


def raw_field(name: str, value: str) -> str:
    """A field that programs read, as it is on one line: folding or encoding would break a URL or JSON in it.

    Raises ``MessageError`` where that is impossible.
    """
    _safe(value, f"The header {name}")
    field = f"{name}: {value}\r\n"
    if not value.isascii() or not value.strip() or len(field) > 1000:  # 998 octets and CRLF
        raise MessageError(
            f"The header {name} is empty, holds non-ASCII characters, or is longer than a line may be (998 octets).",
            next_step="Shorten it, or write its special characters percent-encoded, in `[message]` of campaign.toml.",
        )
    return field


def mailbox_field(name: str, display: str, address: str) -> str:
    """A field with one mailbox, such as To; raises ``MessageError`` where ``display`` or ``address`` is unsafe.

    A non-ASCII local part is written as raw UTF-8 (RFC 6532): such a message needs SMTPUTF8.
    """
    if not _PLAIN_ADDRESS.fullmatch(address) and not _ADDRESS.fullmatch(_safe(address, f"The address in {name}")):
        raise MessageError(
            f"The address {address!r} for the header {name} is not an addr-spec with an ASCII domain.",
            next_step="Correct the address, or set its row aside with --skip-bad-rows.",
        )
    if not display:
        return f"{name}: {address}\r\n"
    if _PLAIN_NAME.fullmatch(display) and len(name) + len(display) + len(address) + 5 <= WIDTH:
        return f"{name}: {display} <{address}>\r\n"
    phrase = _phrase(_safe(display, f"The name in {name}"), used=len(name) + 2)
    last = phrase.rpartition("\n")[2] if "\n" in phrase else f"{name}: {phrase}"
    break_ = " " if len(last) + len(address) + 3 <= WIDTH else "\r\n "
    return f"{name}: {phrase}{break_}<{address}>\r\n"


def message_id(key: bytes, wave: str, identity: int, domain: str) -> str:
    """The Message-ID (RFC 5322 §3.6.4) of one recipient's letter in one wave, with angle brackets.

    ``key`` is the campaign's secret, 16 to 64 octets; ``identity`` the recipient's signed 64-bit hash; ``domain`` the
    sender's, as A-labels. A letter that does go twice carries one id, so that a mailbox can fold the two. The left side
    is 128 bits of keyed BLAKE2b (RFC 7693) in hexadecimal: collisions are out of the question, and nobody without
    the key can find out whether a given customer was written to.
    """
    if not 16 <= len(key) <= blake2b.MAX_KEY_SIZE:
        raise ValueError(f"a key of {len(key)} octets, but 16 to {blake2b.MAX_KEY_SIZE} are needed")
    digest = blake2b(identity.to_bytes(8, "big", signed=True) + wave.encode(), key=key, digest_size=16).hexdigest()
    return f"<{digest}@{domain}>"


def message_id_field(message_id: str) -> str:
    """Message-ID, written raw: RFC 5322 §3.6.4 allows no folding inside it."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise MessageError(
            f"{message_id!r} is not a Message-ID in angle brackets.",
            next_step="The ledger was changed by something else; restore it from a copy.",
        )
    return f"Message-ID: {message_id}\r\n"


def field_name(name: str) -> str:
    """``name`` where it can be a header's name: letters, digits and hyphens, which is narrower than RFC 5322 §2.2."""
    if not _FIELD_NAME.fullmatch(name):
        raise MessageError(
            f"`message.headers` holds the name {name!r}, which is not a header's name.",
            next_step="Use letters, digits and hyphens, at most 60, such as X-Campaign.",
        )
    return name


def _safe(value: str, what: str) -> str:
    found = _UNSAFE.search(value)
    if found is None:
        return value
    culprit = "=?" if found[0] == "=?" else f"the control character U+{ord(found[0]):04X}"
    raise MessageError(
        f"{what} holds {culprit}, with which a message can be given headers it should not have.",
        next_step="Remove it from the file where it stands, or set its row aside with --skip-bad-rows.",
    )


@lru_cache(1024)  # names come back
def _phrase(display: str, *, used: int) -> str:
    """A display name as atoms, as a quoted string, or, where it is long or not ASCII, as encoded-words."""
    if display.isascii() and len(display) + used <= WIDTH:
        if _ATOMS.fullmatch(display):
            return display
        quoted = '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) + used <= WIDTH and display.strip():
            return quoted
    return _encoded_words(display, used=used)


def _folded(name: str, value: str) -> str | None:
    """ASCII text broken before single spaces, or ``None`` where a line would stay longer than ``WIDTH``."""
    if len(name) + 2 + len(value) <= WIDTH:
        return value
    if "  " in value:  # a fold inside a run of spaces can leave a line of white space only (RFC 5322 §3.2.2)
        return None
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        elif len(lines) == 1 and lines[0] == f"{name}:":
            return None
        else:
            lines.append(f" {word}")
    if max(map(len, lines)) > WIDTH:
        return None
    return "\r\n".join(lines).removeprefix(f"{name}: ")


def _encoded_words(text: str, *, used: int) -> str:
    """RFC 2047: base64 words of at most 75 columns, folded, none of which ends inside a character.

    Base64 throughout: over a sixth of non-ASCII octets it is shorter than "Q", and below that the two differ little.
    """
    octets = text.encode()
    words: list[str] = []
    start, room = 0, max((WIDTH - used - _WORD_FRAME) // 4 * 3, 6)
    while start < len(octets):
        end = start + room
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # a continuation octet: step back to its first
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(octets[start:end], newline=False).decode('ascii')}?=")
        start, room = end, _WORD_OCTETS
    return "\r\n ".join(words)
