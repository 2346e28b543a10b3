"""The mail that a mailbox sends for its owner to the mailto: address of List-Unsubscribe (RFC 2369, one tap).

Apple Mail marks it with a field. Gmail, Outlook and others send what the address says: a subject and an empty body,
or one sentence of their own. Whoever writes more is a person who wants an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mass_apology.bounces.subjects import has_reply_prefix
from mass_apology.bounces.tokens import letter_in
from mass_apology.mail_parts import Part

_SUBJECT = re.compile(
    r"(?:please )?(?:unsubscribe|opt[ -]?out|remove me|abmelden|abbestellen|abmeldung|désabonnement|désinscription"
    r"|me désabonner|wypisz|rezygnacja|отписаться|отписка|cancelar suscripción|darse de baja|baja|disiscrizione"
    r"|cancelami|uitschrijven|afmelden|avregistrera|afmeld|avmeld|peruuta tilaus|loobun|atteikties|διαγραφή"
    r"|cancelar inscrição|退订|取消订阅|配信停止|수신거부)"
    r"(?:[\s:;,._=-]+(?:me|request|\S*\d\S*))?[\s.!]*",
    re.IGNORECASE,
)
_WRITTEN_BY_PROGRAM = re.compile(
    r"unsubscribe[.! ]*|-- ?|(?:sent from|get outlook for) .{1,80}"
    r"|.{0,200}\b(?:automatically (?:generated|sent)|automat(?:ic|ed) (?:e-?mail|message|unsubscribe)"
    r"|sent this (?:e-?mail|message) to unsubscribe)\b.{0,300}",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{0,2000}>|&nbsp;")
_LINES = 20  # of a body; one with more was written by a person


def asks_to_unsubscribe(message: Part, subject: str) -> bool:
    """Whether a mailbox unsubscribes its owner with this message, in which the owner has written nothing."""
    if message.header("x-apple-unsubscribe").lower() == "true":
        return True
    subject = subject.strip()
    asks = _SUBJECT.fullmatch(subject) or letter_in(subject) == subject.lower() != ""
    return bool(asks) and not has_reply_prefix(subject) and _says_nothing(message)


def _says_nothing(message: Part) -> bool:
    lines = [line for line in _lines(message) if line]
    return len(lines) <= _LINES and all(_WRITTEN_BY_PROGRAM.fullmatch(line) for line in lines)


def _lines(message: Part) -> Iterator[str]:
    for part in message.walk():
        if part.parts:
            continue
        text = part.text()
        for line in (_TAG.sub(" ", text) if part.media_type == "text/html" else text).split("\n"):
            yield line.strip()
