"""The common form of all feedback: one report about letters of ours, from a message or an event of any format."""

from __future__ import annotations

from enum import StrEnum, auto

from msgspec import Struct


class Kind(StrEnum):
    """The kind of one message or event. Each is exactly one of these."""

    FAILURE = auto()  # a letter was not delivered, and nobody will try again
    DELAY = auto()  # a letter is still under way: no failure
    SUCCESS = auto()  # a letter was delivered, relayed or expanded (RFC 3464 §2.3.3)
    COMPLAINT = auto()  # somebody called a letter abuse (RFC 5965)
    OPT_OUT = auto()  # a mailbox unsubscribes its owner, who has written nothing (List-Unsubscribe by mail)
    AUTO_REPLY = auto()  # an out-of-office notice, a read receipt or another answer of a machine (RFC 3834)
    REPLY = auto()  # a person answered
    UNREAD = auto()  # anything else: for a person to look at


class Cause(StrEnum):
    """The cause of a failure. Only ``DEAD`` is "hard" and suppresses the address."""

    DEAD = auto()  # there is no such mailbox or domain, and there will be none
    FULL = auto()  # the mailbox is full
    BLOCKED = auto()  # content, policy or reputation: about the letter or about us
    GIVEN_UP = auto()  # tried for as long as the relay tries
    UNKNOWN = auto()  # the report does not say, or not clearly enough to call the address dead


class Affected(Struct, frozen=True, kw_only=True):
    """One recipient in a report."""

    kind: Kind  # of this recipient: one report may speak of a failure and a delay
    address: str = ""  # addr-spec as reported: the original recipient where it is named, else the final one; or empty
    final: str = ""  # addr-spec of the final recipient, where the report names it (RFC 3464 §2.3.2)
    cause: Cause | None = None  # of a FAILURE, and of nothing else
    status: str = ""  # enhanced code "5.1.1" (RFC 3463), the most telling one of the report; empty where it has none
    diagnostic: str = ""  # the last server's reply, on one printable line of at most 500 characters
    remote: str = ""  # that server (RFC 3464 §2.3.5)

    @property
    def forwarded(self) -> bool:
        """Whether the letter failed under an address that ours was forwarded to."""
        return is_elsewhere(self.final, self.address)

    @property
    def hard(self) -> bool:
        """Whether the address itself is dead; one that forwards to a dead address is not."""
        return self.cause is Cause.DEAD and not self.forwarded


def is_elsewhere(final: str, address: str) -> bool:
    """Whether ``final`` is another mailbox than ``address``; not where either is unknown.

    A mail system may write its host's name before the domain, and any letter in upper case.
    """
    if not final or not address:
        return False
    (final_user, _, final_host), (user, _, host) = (each.lower().rpartition("@") for each in (final, address))
    hosts = f".{_ascii(final_host)}", f".{_ascii(host)}"
    return final_user != user or not (hosts[0].endswith(hosts[1]) or hosts[1].endswith(hosts[0]))


def _ascii(host: str) -> str:
    """A domain as it stands in DNS (RFC 5890), as far as it has such a form."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


class Clues(Struct, frozen=True, kw_only=True):
    """Clues that match a report to a delivery, the most trustworthy first; any may be empty.

    ``envelope_id``, ``message_ids``, ``references``, a token in ``sent_to`` and a long ``relay_id`` cannot be guessed
    by an outsider. An address can: a report that is matched by nothing else must not count as hard.
    """

    envelope_id: str = ""  # the ENVID of our MAIL FROM (RFC 3464 §2.2.1), decoded from xtext
    message_ids: tuple[str, ...] = ()  # of the returned message, with angle brackets
    references: tuple[str, ...] = ()  # In-Reply-To, then References from the youngest; with angle brackets
    sent_to: tuple[str, ...] = ()  # where the report itself was sent: a VERP return path is among these
    relay_id: str = ""  # the relay's own id of the letter, which SES, SendGrid and Postmark give after 250


class Report(Struct, frozen=True, kw_only=True):
    """One message or event, understood. ``mail_reading`` and ``providers`` make it; ``flows.feedback`` records it."""

    kind: Kind  # the gravest of ``affected``, where there is any
    affected: tuple[Affected, ...] = ()  # for a reply of a person or a machine: who sent it
    clues: Clues = Clues()
    sender: str = ""  # addr-spec of From
    subject: str = ""  # decoded, on one printable line of at most 200 characters
    by_person: bool = False  # UNREAD, for it answers nothing; yet it may be a person who writes to us anew
    at: float | None = None  # Unix seconds: the report's own Date, as claimed


GRAVITY = (
    Kind.COMPLAINT,
    Kind.FAILURE,
    Kind.DELAY,
    Kind.SUCCESS,
    Kind.OPT_OUT,
    Kind.AUTO_REPLY,
    Kind.REPLY,
    Kind.UNREAD,
)
"""The gravest first: one report may speak of several recipients."""


def gravest(affected: tuple[Affected, ...]) -> Kind:
    """The kind of a report about these recipients; ``affected`` is not empty."""
    return min((one.kind for one in affected), key=GRAVITY.index)


def one_line(text: str, longest: int) -> str:
    """``text`` for ledgers and terminals: white space joined, control characters gone, at most ``longest`` characters.

    Texts of any size come in, so only as much is looked at as can be needed.
    """
    joined = " ".join(text[: longest * 4].split())
    if not joined.isprintable():
        joined = "".join(character for character in joined if character.isprintable())
    return joined if len(joined) <= longest else joined[: longest - 1] + "…"
