"""The commands and the content of one transaction as octets, or the reason why this relay cannot take it. Pure."""

from __future__ import annotations

import re

from mass_apology.model import Extensions, Message, NoReply, Problem

DATA = b"DATA\r\n"

_ENVID_CHARACTERS = 100  # RFC 3461 §4.4
_DOT_LINE = re.compile(rb"\n\.")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 §4: printable ASCII but "+" and "="


def objection(message: Message, extensions: Extensions) -> Problem | None:
    """Why this relay cannot take the message, found without asking it; ``None`` where nothing stands against it."""
    addresses = message.sender + message.delivery.address
    # The last guard against commands smuggled in an address; an addr-spec never holds them.
    if not addresses.isprintable() or ">" in addresses or "<" in addresses:
        return Problem(NoReply.UNSAFE_ADDRESS)
    if not extensions.smtputf8 and (message.smtputf8 or not addresses.isascii()):
        return Problem(NoReply.NEEDS_SMTPUTF8)
    if message.eightbit and not extensions.eightbitmime:
        return Problem(NoReply.NEEDS_8BITMIME)
    if extensions.size and len(message.data) > extensions.size:
        return Problem(NoReply.TOO_LARGE, f"{len(message.data)} octets, and it takes {extensions.size}")
    return None


def envelope(message: Message, extensions: Extensions) -> tuple[bytes, bytes, bytes]:
    """MAIL, RCPT and DATA, each with its CRLF, for a message to which there is no ``objection``."""
    mail = f"MAIL FROM:<{message.sender}>"
    rcpt = f"RCPT TO:<{message.delivery.address}>"
    if extensions.size is not None:
        mail += f" SIZE={len(message.data)}"  # RFC 1870 §6.1: before dot-stuffing
    if message.eightbit:
        mail += " BODY=8BITMIME"
    if message.smtputf8 or not (mail.isascii() and rcpt.isascii()):
        mail += " SMTPUTF8"
    if extensions.dsn:
        mail += _dsn_parameters(message.delivery.token)
        rcpt += " NOTIFY=FAILURE,DELAY"
    return f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), DATA


def _dsn_parameters(token: str) -> str:
    """RET and ENVID (RFC 3461 §4.3, §4.4): the Message-ID's left part names the letter and nobody."""
    if not (token.isascii() and token.isalnum()):
        token = _NOT_XTEXT.sub(lambda match: "".join(f"+{octet:02X}" for octet in match[0].encode()), token)
    if not 0 < len(token) <= _ENVID_CHARACTERS:
        return " RET=HDRS"
    return f" RET=HDRS ENVID={token}"


def stuffed(data: bytes) -> bytes:
    """The content with a dot before every line that begins with one (RFC 5321 §4.5.2). Done here and nowhere else."""
    if _DOT_LINE.search(data):  # a third of the time that ``in`` takes with so many line ends
        data = data.replace(b"\n.", b"\n..")
    return b"." + data if data.startswith(b".") else data
