"""The table that classifies replies of 4yz and 5yz: their cause, and the delivery's next status. Pure.

The first matching row wins, and particular rows stand before general ones: codes with one meaning only, the topic of
the text (``reply_texts``), the enhanced code (RFC 3463, RFC 5248), the basic code. A delivery ends only if the reply is
surely about the recipient, the destination or the letter itself; otherwise it stays due. "Daily quota exceeded" with a
550 refuses nobody.
"""

from __future__ import annotations

from enum import StrEnum, auto

from msgspec import Struct

from mass_apology.model import Phase, Status
from mass_apology.smtp.reply_texts import Topic


class Kind(StrEnum):
    """The kind of an outcome; each kind has its own reaction in ``sending.decisions``."""

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
    ACCOUNT = auto()  # our account is suspended, not activated, unpaid or in a trial: stop
    SENDER_AUTHENTICATION = auto()  # SPF, DKIM, DMARC, reverse DNS: stop
    REPUTATION = auto()  # something is held against our host, domain or account: stays due; several stop the run
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
    """The party that the cause lies with."""

    RECIPIENT = auto()
    CONNECTION = auto()
    DESTINATION = auto()  # the recipient's domain
    RELAY = auto()
    CAMPAIGN = auto()  # our account, sender or reputation: every letter would meet it
    CONTENT = auto()


class ReplyVerdict(Struct, frozen=True, kw_only=True):
    """The classification of an outcome."""

    kind: Kind
    about: About
    status: Status  # the delivery's next status: ACCEPTED, REFUSED, DEFERRED or IN_DOUBT
    sentence: str  # for the user, shown with the reply


class Rule(Struct, frozen=True, kw_only=True):
    """A row of the table; it matches if each non-empty tuple has a value that matches."""

    verdict: ReplyVerdict
    enhanced: tuple[str, ...] = ()  # whole codes, or prefixes that end with a dot; "xx" is any two digits
    unless: tuple[str, ...] = ()  # enhanced codes, in the same notation, that exclude the row
    codes: tuple[str, ...] = ()  # prefixes of the basic code: "4" is any 4yz
    topics: tuple[Topic | None, ...] = ()  # topics of the text; None: no known topic
    phases: tuple[Phase, ...] = ()

    def matches(self, phase: Phase, code: str, enhanced: str, topic: Topic | None) -> bool:
        return (
            (not self.phases or phase in self.phases)
            and (not self.codes or code.startswith(self.codes))
            and (not self.enhanced or any(_covers(one, enhanced) for one in self.enhanced))
            and (not self.topics or topic in self.topics)
            and not any(_covers(one, enhanced) for one in self.unless)
        )


def _covers(pattern: str, enhanced: str) -> bool:
    if pattern.endswith("xx"):
        return enhanced[:-2] == pattern[:-2] and enhanced[-2:].isdigit()
    return enhanced.startswith(pattern) if pattern.endswith(".") else enhanced == pattern


def _verdict(kind: Kind, about: About, status: Status, sentence: str) -> ReplyVerdict:
    return ReplyVerdict(kind=kind, about=about, status=status, sentence=sentence)


_D, _R = Status.DEFERRED, Status.REFUSED
_OPENING = (Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.TLS)

ACCEPTED = _verdict(Kind.ACCEPTED, About.RECIPIENT, Status.ACCEPTED, "The relay accepted the letter.")
IN_DOUBT = _verdict(
    Kind.IN_DOUBT,
    About.CONNECTION,
    Status.IN_DOUBT,
    "The letter was handed over and no reply is known: the relay may have it.",
)
INTERRUPTED = _verdict(Kind.INTERRUPTED, About.CAMPAIGN, _D, "The sending stopped before the letter was handed over.")
LACKS_EXTENSION = _verdict(Kind.LACKS_EXTENSION, About.RELAY, _D, "This server of the relay takes no 8bit content.")
LOST = _verdict(
    Kind.CONNECTION_LOST, About.CONNECTION, _D, "The connection was lost before the letter was handed over."
)
PROTOCOL = _verdict(Kind.PROTOCOL_ERROR, About.RELAY, _D, "The relay and this program did not understand each other.")
SESSION_CAP = _verdict(Kind.SESSION_CAP, About.CONNECTION, _D, "The relay takes no more messages on this connection.")
CONCURRENCY = _verdict(Kind.CONCURRENCY, About.RELAY, _D, "The relay wants fewer connections at a time.")
THROTTLE = _verdict(Kind.THROTTLE, About.RELAY, _D, "The relay wants mail more slowly.")
QUOTA = _verdict(Kind.QUOTA, About.CAMPAIGN, _D, "The relay's quota for this account is used up.")
RECIPIENT_RATE = _verdict(Kind.RECIPIENT_RATE, About.RECIPIENT, _D, "This mailbox gets too much mail just now.")
GREYLISTED = _verdict(Kind.GREYLISTED, About.DESTINATION, _D, "The destination asks to try again later.")
STORAGE = _verdict(Kind.SERVER_STORAGE, About.RELAY, _D, "The relay is out of space.")
MAILBOX_FULL = _verdict(Kind.MAILBOX_FULL, About.RECIPIENT, _D, "The mailbox is full.")
CREDENTIALS = _verdict(Kind.CREDENTIALS, About.CAMPAIGN, _D, "The relay does not accept our login.")
NOT_OURS = _verdict(
    Kind.CREDENTIALS, About.CAMPAIGN, _D, "The relay takes mail for others only after a login, or not from here."
)
LOGIN_LATER = _verdict(Kind.TEMPORARY, About.RELAY, _D, "The relay cannot check our login just now.")
ACCOUNT = _verdict(
    Kind.ACCOUNT,
    About.CAMPAIGN,
    _D,
    "Our account at the relay may not send: suspended, not activated, unpaid or on trial.",
)
REPUTATION = _verdict(
    Kind.REPUTATION,
    About.CAMPAIGN,
    _D,
    "The host or domain that our mail comes from is on a block list or has a bad name.",
)
SOMETHING_OF_OURS = _verdict(
    Kind.REPUTATION, About.CAMPAIGN, _D, "The relay has something against our account or sender, not the recipient."
)
SENDER = _verdict(
    Kind.SENDER_AUTHENTICATION,
    About.CAMPAIGN,
    _D,
    "The destination cannot verify our domain (SPF, DKIM, DMARC or reverse DNS).",
)
OUR_SENDER = _verdict(Kind.RELAY_REFUSAL, About.CAMPAIGN, _D, "The relay does not accept our sender address.")
RELAY_REFUSAL = _verdict(Kind.RELAY_REFUSAL, About.RELAY, _D, "The relay refuses to talk to us.")
NOT_THE_RECIPIENT = _verdict(
    Kind.RELAY_REFUSAL, About.CAMPAIGN, _D, "The relay refuses the transaction, not the recipient."
)
TOO_BIG = _verdict(Kind.CONTENT, About.CONTENT, _R, "The letter is too large.")
CONTENT = _verdict(Kind.CONTENT, About.CONTENT, _R, "The letter's content is refused.")
UNSUPPORTED = _verdict(
    Kind.UNSUPPORTED_ADDRESS, About.RECIPIENT, _R, "The address needs SMTPUTF8 (RFC 6531), and there is no way to it."
)
BAD_ADDRESS = _verdict(Kind.BAD_ADDRESS, About.RECIPIENT, _R, "There is no such mailbox.")
LOOP = _verdict(Kind.PERMANENT, About.RECIPIENT, _R, "Mail to this address runs in a circle.")
POLICY = _verdict(Kind.POLICY, About.DESTINATION, _R, "The destination refuses the letter by its policy.")
TOO_MANY = _verdict(
    Kind.TOO_MANY_RECIPIENTS, About.CONNECTION, _D, "The relay takes no more recipients in this transaction."
)
BUSY_CONNECTION = _verdict(Kind.THROTTLE, About.CONNECTION, _D, "The relay closes the connection for now.")
BUSY_DESTINATION = _verdict(Kind.THROTTLE, About.DESTINATION, _D, "The destination cannot be reached just now.")
MAILBOX_LATER = _verdict(Kind.TEMPORARY, About.RECIPIENT, _D, "The mailbox takes no mail just now.")
RELAY_LATER = _verdict(Kind.TEMPORARY, About.RELAY, _D, "The relay has a passing trouble.")
TEMPORARY = _verdict(Kind.TEMPORARY, About.DESTINATION, _D, "A temporary refusal without a known reason.")
PERMANENT = _verdict(Kind.PERMANENT, About.RECIPIENT, _R, "A permanent refusal without a known reason.")

_NAMED = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""Codes that name the recipient's address, whatever the text beside them says."""

RULES: tuple[Rule, ...] = (
    # Before there is any transaction: RFC 5321 §3.1 (554 greeting), RFC 4954 §6 (AUTH).
    Rule(verdict=CREDENTIALS, phases=(Phase.AUTH,), codes=("5",)),
    # Codes that mean one thing only. RFC 4954 §6, RFC 5248. Google, after the dot: "550 5.7.30 … DKIM did not pass",
    # 5.7.32 "From: header not aligned"; Microsoft 365: 5.7.30, 5.7.139 (basic authentication), 5.7.57 (no login).
    Rule(verdict=SENDER, phases=(Phase.DOT,), enhanced=("5.7.30", "5.7.32")),
    Rule(verdict=CREDENTIALS, codes=("530", "534", "535", "538")),
    Rule(verdict=CREDENTIALS, enhanced=("5.7.8", "5.7.11", "5.7.30", "5.7.57", "5.7.139")),
    # RFC 7372 (5.7.20 to 5.7.26), RFC 7505 (5.7.27), RFC 8617 (5.7.29), Microsoft (5.7.509, 5.7.515).
    Rule(
        verdict=SENDER,
        enhanced=(
            *("5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.29"),
            *("5.7.509", "5.7.515"),
        ),
    ),
    # Gmail also as 4.7.x.
    Rule(verdict=SENDER, enhanced=("4.7.23", "4.7.24", "4.7.25", "4.7.26", "4.7.27", "4.7.29", "4.7.30", "4.7.32")),
    # Microsoft 365: "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded".
    Rule(verdict=CONCURRENCY, codes=("432",)),
    # Microsoft 365: 5.1.90 and 5.7.233 are daily limits of a mailbox and a tenant, 5.7.232 that of a trial, 5.7.705 a
    # tenant's threshold, 5.7.508 that of an address. Google: 5.4.5.
    Rule(verdict=QUOTA, enhanced=("5.1.90", "5.4.5", "5.7.232", "5.7.233", "5.7.508", "5.7.705")),
    # Microsoft 365: a tenant may send no mail (5.7.501 to 503, 5.7.7xx), or a host is banned (5.7.511, 5.7.6xx).
    Rule(verdict=ACCOUNT, enhanced=("5.7.13", "5.7.501", "5.7.502", "5.7.503", "5.7.7xx")),
    Rule(verdict=REPUTATION, enhanced=("5.7.511", "5.7.6xx")),
    Rule(verdict=RECIPIENT_RATE, enhanced=("5.2.121", "5.2.122")),
    # Zoho: "550 5.4.6 Unusual sending activity detected", while Postfix and Exim mean "too many hops".
    Rule(verdict=LOOP, enhanced=("5.4.6",), topics=(Topic.LOOP,)),
    Rule(verdict=QUOTA, enhanced=("5.4.6",)),
    # RFC 3463 X.1.7 and X.1.8 are the sender's address; Microsoft 365: 5.2.252, 5.7.60. Zoho counts with 5.1.8, too.
    Rule(verdict=QUOTA, enhanced=("5.1.8",), topics=(Topic.SENDING_LIMIT,)),
    Rule(verdict=OUR_SENDER, enhanced=("4.1.7", "4.1.8", "5.1.7", "5.1.8", "5.7.60", "5.2.252")),
    # What the text speaks of. Amazon SES, Exim (smtp_accept_max_per_connection): 421; others say 451 or 452.
    Rule(verdict=SESSION_CAP, codes=("4",), topics=(Topic.SESSION,)),
    Rule(verdict=RECIPIENT_RATE, codes=("4", "5"), topics=(Topic.RECIPIENT_RATE,), unless=_NAMED),
    Rule(verdict=CONCURRENCY, codes=("4", "5"), topics=(Topic.CONNECTIONS,), unless=_NAMED),
    Rule(verdict=QUOTA, codes=("4", "5"), topics=(Topic.SENDING_LIMIT,), unless=_NAMED),
    # OpenSMTPD (max-mails), after a hundred letters: "452 4.5.3 Too many recipients: Too many messages sent". At MAIL
    # nobody has been named yet, so it counts those of the letters before.
    Rule(verdict=SESSION_CAP, enhanced=("4.5.3",), phases=(Phase.MAIL,)),
    # RFC 3463 X.2.2; RFC 3463 X.3.4; RFC 1870 §6.
    Rule(verdict=MAILBOX_FULL, enhanced=("4.2.2", "5.2.2")),
    Rule(verdict=TOO_BIG, enhanced=("5.3.4", "5.2.3")),
    Rule(verdict=TOO_BIG, codes=("5",), topics=(Topic.SIZE,), unless=("5.5.", "5.6.", "5.7.")),
    Rule(verdict=TOO_MANY, enhanced=("4.5.3",), topics=(None, Topic.LIMIT)),
    Rule(verdict=THROTTLE, codes=("4", "5"), topics=(Topic.RATE,), unless=_NAMED),
    Rule(verdict=MAILBOX_FULL, codes=("4", "5"), topics=(Topic.MAILBOX_FULL,), unless=(*_NAMED, "4.3.1")),
    Rule(verdict=QUOTA, codes=("4", "5"), topics=(Topic.LIMIT,), unless=(*_NAMED, "4.3.", "5.3.", "5.2.1")),
    Rule(verdict=LOGIN_LATER, phases=(Phase.AUTH,), codes=("4",)),
    Rule(verdict=OUR_SENDER, codes=("4", "5"), topics=(Topic.SENDER,), unless=(*_NAMED, "4.1.1")),
    # Postfix, Sendmail, Exim, qmail, Microsoft 365 (5.7.54, 5.7.64): the relay does not know us, whoever is written to.
    Rule(verdict=NOT_OURS, enhanced=("5.7.54", "5.7.64")),
    Rule(verdict=NOT_OURS, codes=("4", "5"), topics=(Topic.RELAYING,), unless=_NAMED),
    Rule(verdict=SENDER, codes=("5",), topics=(Topic.AUTHENTICATION,), unless=_NAMED),
    # As a 4yz it is a judgement that passes, mostly with our rate.
    Rule(verdict=REPUTATION, codes=("5",), topics=(Topic.BLOCKED_HOST,), unless=_NAMED),
    Rule(verdict=THROTTLE, codes=("4",), topics=(Topic.BLOCKED_HOST,)),
    Rule(verdict=ACCOUNT, codes=("4", "5"), topics=(Topic.ACCOUNT,), unless=(*_NAMED, "5.2.1")),
    # RFC 5321 §3.1 and §4.2.2: refused before anything was said.
    Rule(verdict=RELAY_REFUSAL, phases=_OPENING, codes=("5",)),
    # Gmail: "552 5.7.0 This message was blocked because its content …".
    Rule(verdict=CONTENT, codes=("552",), enhanced=("5.7.0",)),
    # RFC 6531 §3.5; RFC 3463 X.6.x is the content, and so is Microsoft's 5.7.512.
    Rule(verdict=UNSUPPORTED, enhanced=("5.6.7",)),
    Rule(verdict=CONTENT, enhanced=("5.6.", "5.7.512")),
    # RFC 5321 §4.2.3: 552 without more is the mailbox's allocation.
    Rule(verdict=MAILBOX_FULL, codes=("552",), enhanced=("",)),
    # RFC 5321 §4.1.1.2: MAIL is about us; whatever is refused there, it is no recipient.
    Rule(verdict=PROTOCOL, phases=(Phase.MAIL,), codes=("500", "502", "503", "504", "555")),
    Rule(verdict=OUR_SENDER, phases=(Phase.MAIL,), codes=("5",)),
    # RFC 5248, RFC 7505 (5.1.10); Microsoft 365 (5.4.1, 5.2.1); RFC 3463 X.4.4: no route to the domain.
    Rule(verdict=BAD_ADDRESS, enhanced=(*_NAMED, "5.2.1", "5.4.1", "5.4.4")),
    Rule(
        verdict=BAD_ADDRESS, topics=(Topic.NO_MAILBOX,), phases=(Phase.RCPT, Phase.DOT), codes=("5",), unless=("5.7.",)
    ),
    Rule(verdict=SOMETHING_OF_OURS, codes=("5",), topics=(Topic.OURS,)),
    # RFC 3463 X.7.x is security and policy: "554 5.7.1 Message rejected as spam".
    Rule(verdict=POLICY, enhanced=("5.7.",), phases=(Phase.RCPT, Phase.DOT)),
    Rule(verdict=POLICY, topics=(Topic.RECIPIENT_CLOSED,), phases=(Phase.RCPT, Phase.DOT), codes=("5",)),
    # RFC 3463 X.5.x, RFC 5321 §4.2.2; at RCPT a 501, 551 or 553 is the address (§4.3.2).
    Rule(verdict=BAD_ADDRESS, phases=(Phase.RCPT,), codes=("501", "551", "553"), enhanced=("",)),
    Rule(verdict=PROTOCOL, enhanced=("5.5.",)),
    Rule(verdict=PROTOCOL, codes=("50", "555")),
    # RFC 5321 §4.2.1: an unknown 5yz, which ends a delivery only where the recipient or the letter was answered.
    Rule(verdict=PERMANENT, phases=(Phase.RCPT, Phase.DOT), codes=("5",)),
    Rule(verdict=NOT_THE_RECIPIENT, codes=("5",)),
    # RFC 5321 §3.8: 421 closes the connection, whatever its reason.
    Rule(verdict=BUSY_CONNECTION, codes=("421",)),
    Rule(verdict=BUSY_CONNECTION, enhanced=("4.3.2",)),
    Rule(verdict=STORAGE, enhanced=("4.3.1",)),
    Rule(verdict=STORAGE, codes=("452",), enhanced=("",)),
    Rule(verdict=BUSY_DESTINATION, enhanced=("4.4.", "4.7.28")),
    # Microsoft: "451 4.7.500 Server busy", "451 4.7.650 … temporarily rate limited due to IP reputation".
    Rule(verdict=THROTTLE, enhanced=("4.7.5xx", "4.7.6xx", "4.7.7xx", "4.7.8xx")),
    # RFC 6647: greylisting answers 450 or 451, mostly with 4.7.1.
    # Postfix with a busy filter behind it: "451 4.7.1 Service unavailable - try again later".
    Rule(verdict=GREYLISTED, codes=("4",), topics=(Topic.GREYLISTING,)),
    Rule(verdict=THROTTLE, codes=("4",), topics=(Topic.BUSY,), unless=("4.2.",)),
    Rule(verdict=GREYLISTED, enhanced=("4.7.",)),
    Rule(verdict=MAILBOX_LATER, enhanced=("4.1.", "4.2.")),
    Rule(verdict=RELAY_LATER, enhanced=("4.3.",)),
    Rule(verdict=RELAY_LATER, codes=("454",)),
    Rule(verdict=RELAY_LATER, phases=_OPENING, codes=("4",)),
    Rule(verdict=TEMPORARY, codes=("4",)),
)
"""First match wins."""


def judge(phase: Phase, code: int, enhanced: str, topic: Topic | None) -> ReplyVerdict | None:
    """Classify a reply of 4yz or 5yz; ``None`` for others."""
    digits = str(code)
    return next((rule.verdict for rule in RULES if rule.matches(phase, digits, enhanced, topic)), None)
