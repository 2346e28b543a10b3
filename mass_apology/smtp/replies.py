"""What a relay said, read (RFC 5321 §4.2, RFC 2034), and how a transaction's end is judged. Pure.

The table that judges replies is in ``reply_verdicts``; what their texts speak of, in ``reply_texts``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from mass_apology.model import NoReply, Outcome, Phase, Reply
from mass_apology.smtp import reply_verdicts
from mass_apology.smtp.reply_texts import topic
from mass_apology.smtp.reply_verdicts import ReplyVerdict

_WITHOUT_REPLY: Mapping[NoReply, ReplyVerdict] = {
    NoReply.CLOSED: reply_verdicts.LOST,
    NoReply.SILENT: reply_verdicts.LOST,
    NoReply.STALLED: reply_verdicts.LOST,
    NoReply.NONSENSE: reply_verdicts.PROTOCOL,
    NoReply.UNEXPECTED: reply_verdicts.PROTOCOL,
    NoReply.UNASKED: reply_verdicts.PROTOCOL,
    NoReply.INTERRUPTED: reply_verdicts.INTERRUPTED,
    NoReply.NEEDS_SMTPUTF8: reply_verdicts.UNSUPPORTED,
    NoReply.NEEDS_8BITMIME: reply_verdicts.LACKS_EXTENSION,
    NoReply.TOO_LARGE: reply_verdicts.TOO_BIG,
    NoReply.UNSAFE_ADDRESS: reply_verdicts.BAD_ADDRESS,
}
"""What each end without a reply means where the dot was not written."""


def classify(outcome: Outcome) -> ReplyVerdict:
    """Says what the end of a transaction means, or of an opening (the phases before MAIL).

    After the dot any 2yz is acceptance and any 4yz or 5yz, 421 included, is definite non-acceptance; no reply is doubt.
    """
    reply = outcome.reply
    if reply is None:
        return _without_reply(outcome)
    if reply.positive:
        return reply_verdicts.ACCEPTED if outcome.phase is Phase.DOT else reply_verdicts.PROTOCOL
    verdict = reply_verdicts.judge(outcome.phase, reply.code, reply.enhanced or "", topic(reply.text))
    if verdict is not None:
        return verdict
    # 3yz where none belongs: the relay may have the letter if the dot was written.
    return reply_verdicts.IN_DOUBT if outcome.dot_written else reply_verdicts.PROTOCOL


def _without_reply(outcome: Outcome) -> ReplyVerdict:
    if outcome.dot_written:
        return reply_verdicts.IN_DOUBT
    return _WITHOUT_REPLY[outcome.problem.kind] if outcome.problem else reply_verdicts.LOST


_LINE = re.compile(rb"([2-5][0-9][0-9])(?:[ -](.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)")


def parse_reply(lines: Sequence[bytes]) -> Reply:
    """Parse one whole reply, given its lines without their endings (RFC 5321 §4.2.1).

    Raises ``ValueError`` with the line where it is none: no code of 200 to 599, or lines of different codes.
    """
    if len(lines) == 1:
        return _parse_line(lines[0])
    parts = [_code_and_text(line) for line in lines]
    if len({code for code, _ in parts}) > 1:
        raise ValueError("lines of one reply with different codes")
    return make_reply(parts[0][0], [text for _, text in parts])


@functools.lru_cache(maxsize=64)  # three of a transaction's four replies are always the same
def _parse_line(line: bytes) -> Reply:
    code, text = _code_and_text(line)
    return make_reply(code, [text])


def _code_and_text(line: bytes) -> tuple[int, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(printable(line[:80]))
    return int(match[1]), printable(match[2] or b"")


def make_reply(code: int, texts: Sequence[str]) -> Reply:
    """A reply of its code and the texts of its lines, which may each begin with the enhanced code (RFC 2034 §4)."""
    match = _ENHANCED.match(texts[0])
    # RFC 2034 §4: the classes must agree; where they do not, the basic code is what the server acts by.
    if match is None or match[1][0] != str(code)[0]:
        return Reply(code=code, text=_joined(texts))
    enhanced = match[1]
    return Reply(code=code, enhanced=enhanced, text=_joined([_without(enhanced, text) for text in texts]))


def _without(enhanced: str, text: str) -> str:
    match = _ENHANCED.match(text)
    return text[match.end() :] if match and match[1] == enhanced else text


def _joined(texts: Sequence[str]) -> str:
    return texts[0].strip() if len(texts) == 1 else " ".join(stripped for text in texts if (stripped := text.strip()))


def printable(octets: bytes) -> str:
    """The octets as text for terminals and ledgers: UTF-8 where it is, and nothing in it that moves a cursor."""
    text = octets.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else _escaped(c) for c in text.rstrip("\r"))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
