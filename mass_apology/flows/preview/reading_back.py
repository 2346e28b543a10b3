"""Decodes a finished message as a mail program does, so that a preview shows the very bytes that are sent."""

from __future__ import annotations

import email.policy
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage

from msgspec import Struct


class Mail(Struct, frozen=True, kw_only=True):
    """One message, decoded."""

    subject: str
    to: str
    text: str  # the plain part; line breaks are "\n", also in ``html``
    html: str
    images: Mapping[str, str]  # Content-ID without brackets → data: URI


def read_back(data: bytes) -> Mail:
    """Decode a message that this program composed."""
    message = message_from_bytes(data, policy=email.policy.default)
    return Mail(
        subject=str(message["Subject"]),
        to=str(message["To"]),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        images=dict(_images(message)),
    )


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _images(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in message.walk():
        name = part["Content-ID"]
        if name:
            octets = part.get_payload(decode=True)
            encoded = b64encode(octets if isinstance(octets, bytes) else b"").decode("ascii")
            yield str(name).strip("<> "), f"data:{part.get_content_type()};base64,{encoded}"
