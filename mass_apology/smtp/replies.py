"""What a relay said, read (RFC 5321 §4.2, RFC 2034) and judged: whose trouble it is, and where the letter stands. Pure.

One table judges. Rows stand from the particular to the general and the first that matches wins: a provider's text
where it changes the meaning of a code, then the enhanced code (RFC 3463, RFC 5248), then the basic code.
Only what is surely about the recipient, the destination or the letter itself ends a delivery; for everything else it
stays due. "Daily quota exceeded" with a 550 refuses nobody.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from enum import StrEnum, auto

from msgspec import Struct

from mass_apology.model import Outcome, Phase, Reply, Status

# What ``Outcome.problem`` begins with where the relay said nothing that could be judged.
CLOSED = "connection closed"
SILENT = "no reply within"  # seconds follow
STALLED = "nothing could be written for"  # seconds follow
NONSENSE = "not an SMTP reply"  # the line follows
UNEXPECTED = "not an answer to"  # the command and the reply follow
UNASKED = "a reply nobody asked for"  # the reply follows
INTERRUPTED = "the sending was interrupted"
NEEDS_SMTPUTF8 = "the address needs SMTPUTF8, which this relay does not offer"
NEEDS_8BITMIME = "the letter needs 8BITMIME, which this relay does not offer"
TOO_LARGE = "the letter is larger than this relay takes"  # both sizes follow
UNSAFE_ADDRESS = "an address of the envelope holds characters that must not reach a relay"


class Kind(StrEnum):
    """What happened, as far as the right reaction depends on it."""

    ACCEPTED = auto()  # 2yz after the dot
    BAD_ADDRESS = auto()  # no such mailbox or domain
    UNSUPPORTED_ADDRESS = auto()  # the relay cannot carry this address (RFC 6531)
    MAILBOX_FULL = auto()  # defer with a short cap, then refuse
    RECIPIENT_RATE = auto()  # this mailbox gets too much mail just now
    GREYLISTED = auto()  # come back in five minutes or more
    THROTTLE = auto()  # slow down
    SESSION_CAP = auto()  # enough messages on this connection: reconnect, no penalty
    CONCURRENCY = auto()  # one connection fewer
    SERVER_STORAGE = auto()  # the relay's disk is full: pause
    QUOTA = auto()  # pause until the window reopens
    CREDENTIALS = auto()  # the relay does not let us send: stop
    SENDER_AUTHENTICATION = auto()  # SPF, DKIM, DMARC, reverse DNS: stop
    CONTENT = auto()  # this letter is too large or malformed
    POLICY = auto()  # the destination calls it spam, or will not have it: count
    RELAY_REFUSAL = auto()  # the relay will not have our sender or our session
    TOO_MANY_RECIPIENTS = auto()  # a new transaction
    CONNECTION_LOST = auto()  # before the dot: nothing was handed over
    INTERRUPTED = auto()  # we stopped before the dot ourselves
    LACKS_EXTENSION = auto()  # this server cannot take 8bit content; another behind the same name may
    IN_DOUBT = auto()  # after the dot, and no reply known
    PROTOCOL_ERROR = auto()  # the relay and we do not understand each other
    TEMPORARY = auto()  # an unknown 4yz
    PERMANENT = auto()  # an unknown 5yz


class About(StrEnum):
    """Whose trouble it is."""

    RECIPIENT = auto()
    CONNECTION = auto()
    DESTINATION = auto()  # the recipient's domain
    RELAY = auto()
    CAMPAIGN = auto()  # our account, sender or reputation: every letter would meet it
    CONTENT = auto()


class Verdict(Struct, frozen=True, kw_only=True):
    """What an outcome means."""

    kind: Kind
    about: About
    status: Status  # where the delivery goes: ACCEPTED, REFUSED, DEFERRED or IN_DOUBT
    sentence: str  # for people; the reply itself stands beside it


class _Rule(Struct, frozen=True, kw_only=True):
    """A row of the table: everything that is given must match, and one of each tuple is enough."""

    verdict: Verdict
    enhanced: tuple[str, ...] = ()  # whole codes, or beginnings where they end with a dot
    codes: tuple[str, ...] = ()  # beginnings: "4" is any 4yz
    texts: tuple[str, ...] = ()  # parts of the text, lower case
    phases: tuple[Phase, ...] = ()

    def matches(self, phase: Phase, code: str, enhanced: str, text: str) -> bool:
        return (
            (not self.phases or phase in self.phases)
            and (not self.codes or code.startswith(self.codes))
            and (not self.enhanced or any(_covers(one, enhanced) for one in self.enhanced))
            and (not self.texts or any(one in text for one in self.texts))
        )


def _covers(pattern: str, enhanced: str) -> bool:
    return enhanced.startswith(pattern) if pattern.endswith(".") else enhanced == pattern


def _verdict(kind: Kind, about: About, status: Status, sentence: str) -> Verdict:
    return Verdict(kind=kind, about=about, status=status, sentence=sentence)


_D, _R = Status.DEFERRED, Status.REFUSED
_OPENING = (Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.TLS)

_ACCEPTED = _verdict(Kind.ACCEPTED, About.RECIPIENT, Status.ACCEPTED, "The relay accepted the letter.")
_IN_DOUBT = _verdict(
    Kind.IN_DOUBT,
    About.CONNECTION,
    Status.IN_DOUBT,
    "The letter was handed over and no reply is known: the relay may have it.",
)
_LOST = _verdict(
    Kind.CONNECTION_LOST, About.CONNECTION, _D, "The connection was lost before the letter was handed over."
)
_PROTOCOL = _verdict(Kind.PROTOCOL_ERROR, About.RELAY, _D, "The relay and this program did not understand each other.")
_SESSION_CAP = _verdict(Kind.SESSION_CAP, About.CONNECTION, _D, "The relay takes no more messages on this connection.")
_CONCURRENCY = _verdict(Kind.CONCURRENCY, About.RELAY, _D, "The relay wants fewer connections at a time.")
_THROTTLE = _verdict(Kind.THROTTLE, About.RELAY, _D, "The relay wants mail more slowly.")
_QUOTA = _verdict(Kind.QUOTA, About.CAMPAIGN, _D, "The relay's quota for this account is used up.")
_RECIPIENT_RATE = _verdict(Kind.RECIPIENT_RATE, About.RECIPIENT, _D, "This mailbox gets too much mail just now.")
_GREYLISTED = _verdict(Kind.GREYLISTED, About.DESTINATION, _D, "The destination asks to try again later.")
_STORAGE = _verdict(Kind.SERVER_STORAGE, About.RELAY, _D, "The relay is out of space.")
_MAILBOX_FULL = _verdict(Kind.MAILBOX_FULL, About.RECIPIENT, _D, "The mailbox is full.")
_CREDENTIALS = _verdict(Kind.CREDENTIALS, About.CAMPAIGN, _D, "The relay does not accept our login.")
_NOT_OURS = _verdict(
    Kind.CREDENTIALS, About.CAMPAIGN, _D, "The relay takes mail for others only after a login, or not from here."
)
_LOGIN_LATER = _verdict(Kind.TEMPORARY, About.RELAY, _D, "The relay cannot check our login just now.")
_SENDER = _verdict(
    Kind.SENDER_AUTHENTICATION,
    About.CAMPAIGN,
    _D,
    "The destination cannot verify our domain (SPF, DKIM, DMARC or reverse DNS).",
)
_OUR_SENDER = _verdict(Kind.RELAY_REFUSAL, About.CAMPAIGN, _D, "The relay does not accept our sender address.")
_RELAY_REFUSAL = _verdict(Kind.RELAY_REFUSAL, About.RELAY, _D, "The relay refuses to talk to us.")
_NOT_THE_RECIPIENT = _verdict(
    Kind.RELAY_REFUSAL, About.CAMPAIGN, _D, "The relay refuses the transaction, not the recipient."
)
_TOO_BIG = _verdict(Kind.CONTENT, About.CONTENT, _R, "The letter is too large.")
_CONTENT = _verdict(Kind.CONTENT, About.CONTENT, _R, "The letter's content is refused.")
_UNSUPPORTED = _verdict(
    Kind.UNSUPPORTED_ADDRESS, About.RECIPIENT, _R, "The address needs SMTPUTF8 (RFC 6531), and there is no way to it."
)
_BAD_ADDRESS = _verdict(Kind.BAD_ADDRESS, About.RECIPIENT, _R, "There is no such mailbox.")
_POLICY = _verdict(Kind.POLICY, About.DESTINATION, _R, "The destination refuses the letter by its policy.")
_TOO_MANY = _verdict(
    Kind.TOO_MANY_RECIPIENTS, About.CONNECTION, _D, "The relay takes no more recipients in this transaction."
)
_BUSY_CONNECTION = _verdict(Kind.THROTTLE, About.CONNECTION, _D, "The relay closes the connection for now.")
_BUSY_DESTINATION = _verdict(Kind.THROTTLE, About.DESTINATION, _D, "The destination cannot be reached just now.")
_MAILBOX_LATER = _verdict(Kind.TEMPORARY, About.RECIPIENT, _D, "The mailbox takes no mail just now.")
_RELAY_LATER = _verdict(Kind.TEMPORARY, About.RELAY, _D, "The relay has a passing trouble.")
_TEMPORARY = _verdict(Kind.TEMPORARY, About.DESTINATION, _D, "A temporary refusal without a known reason.")
_PERMANENT = _verdict(Kind.PERMANENT, About.RECIPIENT, _R, "A permanent refusal without a known reason.")

RULES: tuple[_Rule, ...] = (
    # Before there is any transaction: RFC 5321 §3.1 (554 greeting), RFC 4954 §6 (AUTH).
    _Rule(verdict=_CREDENTIALS, phases=(Phase.AUTH,), codes=("5",)),
    # Amazon SES, "Troubleshooting SMTP issues"; Exim, smtp_accept_max_per_connection.
    _Rule(verdict=_SESSION_CAP, codes=("421",), texts=("message count per session", "too many messages in this")),
    # Microsoft 365: "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded". Postfix anvil, with 421 4.7.0.
    _Rule(verdict=_CONCURRENCY, codes=("432",)),
    _Rule(
        verdict=_CONCURRENCY,
        codes=("4",),
        texts=("too many connections", "too many concurrent", "concurrent connections"),
    ),
    # Amazon SES: "454 Throttling failure: Daily message quota exceeded" and ": Maximum sending rate exceeded".
    _Rule(verdict=_QUOTA, codes=("4", "5"), texts=("daily message quota", "daily quota", "daily sending quota")),
    _Rule(verdict=_THROTTLE, codes=("4",), texts=("throttling failure", "maximum sending rate")),
    # Google: "550 5.4.5 Daily user sending limit exceeded", "550 5.7.1 Daily SMTP relay limit exceeded for customer".
    _Rule(verdict=_QUOTA, enhanced=("5.4.5",)),
    _Rule(
        verdict=_QUOTA,
        codes=("4", "5"),
        texts=("daily smtp relay", "daily user sending", "sending limit exceeded", "sending quota"),
    ),
    # Google: "450 4.2.1 Peak SMTP relay limit exceeded", against "… is receiving mail at a rate that …".
    _Rule(verdict=_THROTTLE, codes=("4",), texts=("peak smtp relay limit",)),
    _Rule(verdict=_RECIPIENT_RATE, codes=("4",), texts=("receiving mail at a rate", "receiving mail too quickly")),
    _Rule(verdict=_LOGIN_LATER, phases=(Phase.AUTH,), codes=("4",)),
    # Google, after the dot: "550 5.7.30 … DKIM did not pass", 5.7.32 "From: header not aligned".
    _Rule(verdict=_SENDER, phases=(Phase.DOT,), enhanced=("5.7.30", "5.7.32")),
    # RFC 4954 §6, RFC 5248; Microsoft 365: 5.7.30 (basic authentication), 5.7.57 (not authenticated).
    _Rule(verdict=_CREDENTIALS, codes=("530", "534", "535", "538")),
    _Rule(verdict=_CREDENTIALS, enhanced=("5.7.8", "5.7.9", "5.7.11", "5.7.30", "5.7.57")),
    # Postfix, Sendmail, Exim, Microsoft 365 (5.7.54): the relay does not know us, whoever the recipient is.
    _Rule(
        verdict=_NOT_OURS,
        codes=("4", "5"),
        texts=("relay access denied", "relaying denied", "relay not permitted", "unable to relay"),
    ),
    # RFC 7372 (5.7.20 to 5.7.26), RFC 7505 (5.7.27), RFC 8617 (5.7.29), Microsoft (5.7.515); Gmail also as 4.7.x.
    _Rule(
        verdict=_SENDER,
        enhanced=("5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.29", "5.7.515"),
    ),
    _Rule(verdict=_SENDER, enhanced=("4.7.23", "4.7.24", "4.7.25", "4.7.26", "4.7.27", "4.7.29", "4.7.30", "4.7.32")),
    # RFC 3463 X.1.7 and X.1.8 are the sender's address; Postfix says so at RCPT; Amazon SES says so after the dot.
    _Rule(verdict=_OUR_SENDER, enhanced=("4.1.7", "4.1.8", "5.1.7", "5.1.8", "5.7.60")),
    _Rule(
        verdict=_OUR_SENDER,
        codes=("4", "5"),
        texts=("sender address rejected", "address is not verified", "not allowed to send as"),
    ),
    # RFC 5321 §3.1 and §4.2.2: refused before anything was said.
    _Rule(verdict=_RELAY_REFUSAL, phases=_OPENING, codes=("5",)),
    # RFC 3463 X.3.4; RFC 1870 §6; Gmail: "552 5.7.0 This message was blocked because its content …".
    _Rule(verdict=_TOO_BIG, enhanced=("5.3.4", "5.2.3")),
    _Rule(verdict=_TOO_BIG, codes=("552",), texts=("message size", "size limit", "too large", "too big")),
    _Rule(verdict=_CONTENT, codes=("552",), enhanced=("5.7.0",)),
    # RFC 6531 §3.5; RFC 3463 X.6.x is the content.
    _Rule(verdict=_UNSUPPORTED, enhanced=("5.6.7",)),
    _Rule(verdict=_CONTENT, enhanced=("5.6.",)),
    # RFC 3463 X.2.2; RFC 5321 §4.2.3: 552 without more is the mailbox's allocation.
    _Rule(verdict=_MAILBOX_FULL, enhanced=("4.2.2", "5.2.2")),
    _Rule(verdict=_MAILBOX_FULL, codes=("552",), enhanced=("",)),
    # RFC 5321 §4.1.1.2: MAIL is about us; whatever is refused there, it is no recipient.
    _Rule(verdict=_PROTOCOL, phases=(Phase.MAIL,), codes=("500", "502", "503", "504", "555")),
    _Rule(verdict=_OUR_SENDER, phases=(Phase.MAIL,), codes=("5",)),
    # RFC 5248, RFC 7505 (5.1.10); Microsoft 365 (5.4.1, 5.2.1); RFC 3463 X.4.4: no route to the domain.
    _Rule(verdict=_BAD_ADDRESS, enhanced=("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1", "5.4.4")),
    # Outlook.com: "550 5.5.0 Requested action not taken: mailbox unavailable".
    _Rule(verdict=_BAD_ADDRESS, enhanced=("5.5.0",), texts=("mailbox unavailable",)),
    # RFC 3463 X.7.x is security and policy: "554 5.7.1 Message rejected as spam".
    _Rule(verdict=_POLICY, enhanced=("5.7.",), phases=(Phase.RCPT, Phase.DOT)),
    # RFC 3463 X.5.x, RFC 5321 §4.2.2; at RCPT a 501 is the address (§4.3.2).
    _Rule(verdict=_TOO_MANY, enhanced=("4.5.3",)),
    _Rule(verdict=_BAD_ADDRESS, phases=(Phase.RCPT,), codes=("501", "550", "551", "553"), enhanced=("",)),
    _Rule(verdict=_PROTOCOL, enhanced=("5.5.",)),
    _Rule(verdict=_PROTOCOL, codes=("50", "555")),
    # RFC 5321 §4.2.1: an unknown 5yz, which ends a delivery only where the recipient or the letter was answered.
    _Rule(verdict=_PERMANENT, phases=(Phase.RCPT, Phase.DOT), codes=("5",)),
    _Rule(verdict=_NOT_THE_RECIPIENT, codes=("5",)),
    # RFC 5321 §3.8: 421 closes the connection, whatever its reason.
    _Rule(verdict=_BUSY_CONNECTION, codes=("421",)),
    _Rule(verdict=_BUSY_CONNECTION, enhanced=("4.3.2",)),
    _Rule(verdict=_STORAGE, enhanced=("4.3.1",)),
    _Rule(verdict=_STORAGE, codes=("452",), enhanced=("",)),
    _Rule(verdict=_BUSY_DESTINATION, enhanced=("4.4.", "4.7.28")),
    # RFC 6647: greylisting answers 450 or 451, mostly with 4.7.1.
    _Rule(verdict=_GREYLISTED, codes=("4",), texts=("greylist", "graylist")),
    _Rule(verdict=_GREYLISTED, enhanced=("4.7.",)),
    _Rule(verdict=_MAILBOX_LATER, enhanced=("4.1.", "4.2.")),
    _Rule(verdict=_RELAY_LATER, enhanced=("4.3.",)),
    _Rule(verdict=_RELAY_LATER, codes=("454",)),
    _Rule(verdict=_RELAY_LATER, phases=_OPENING, codes=("4",)),
    _Rule(verdict=_TEMPORARY, codes=("4",)),
)
"""First match wins."""

_WITHOUT_REPLY: tuple[tuple[str, Verdict], ...] = (
    (
        INTERRUPTED,
        _verdict(Kind.INTERRUPTED, About.CAMPAIGN, _D, "The sending stopped before the letter was handed over."),
    ),
    (NEEDS_SMTPUTF8, _UNSUPPORTED),
    (
        NEEDS_8BITMIME,
        _verdict(Kind.LACKS_EXTENSION, About.RELAY, _D, "This server of the relay takes no 8bit content."),
    ),
    (TOO_LARGE, _TOO_BIG),
    (UNSAFE_ADDRESS, _BAD_ADDRESS),
    (NONSENSE, _PROTOCOL),
    (UNEXPECTED, _PROTOCOL),
    (UNASKED, _PROTOCOL),
)


def classify(outcome: Outcome) -> Verdict:
    """Says what the end of a transaction means, or of an opening (the phases before MAIL).

    After the dot any 2yz is acceptance and any 4yz or 5yz, 421 included, is definite non-acceptance; no reply is doubt.
    """
    reply = outcome.reply
    if reply is None:
        return _without_reply(outcome)
    if reply.positive:
        return _ACCEPTED if outcome.phase is Phase.DOT else _PROTOCOL
    code, enhanced, text = str(reply.code), reply.enhanced or "", reply.text.lower()
    for rule in RULES:
        if rule.matches(outcome.phase, code, enhanced, text):
            return rule.verdict
    # 3yz where none belongs: the relay may have the letter if the dot was written.
    return _IN_DOUBT if outcome.dot_written else _PROTOCOL


def _without_reply(outcome: Outcome) -> Verdict:
    if outcome.dot_written:
        return _IN_DOUBT
    problem = outcome.problem or ""
    return next((verdict for beginning, verdict in _WITHOUT_REPLY if problem.startswith(beginning)), _LOST)


_LINE = re.compile(rb"([2-5][0-9][0-9])(?:[ -](.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)")


def parse_reply(lines: Sequence[bytes]) -> Reply:
    """Reads one whole reply, given its lines without their endings (RFC 5321 §4.2.1).

    Raises ``ValueError`` where it is none: no code of 200 to 599, or lines of different codes.
    """
    if len(lines) == 1:
        return _parse_line(lines[0])
    parts = [_code_and_text(line) for line in lines]
    if len({code for code, _ in parts}) > 1:
        raise ValueError(f"{NONSENSE}: lines of one reply with different codes")
    return make_reply(parts[0][0], [text for _, text in parts])


@functools.lru_cache(maxsize=64)  # three of a transaction's four replies are always the same
def _parse_line(line: bytes) -> Reply:
    code, text = _code_and_text(line)
    return make_reply(code, [text])


def _code_and_text(line: bytes) -> tuple[int, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{NONSENSE}: {printable(line[:80])}")
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
