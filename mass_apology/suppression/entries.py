"""The record of a suppressed address."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from msgspec import Struct

from mass_apology.errors import SuppressionError
from mass_apology.mailboxes import LONGEST_ADDRESS, folded

LONGEST_NOTE = 500
"""Characters."""

_NOT_IN_LOCAL_PART = re.compile(r'[()<>\[\]:;,\\"@]')  # RFC 5322 §3.2.3: "specials", of which only the dot is left
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*", re.ASCII)


class Reason(StrEnum):
    """Why an address is suppressed."""

    DEAD_ADDRESS = "dead-address"  # a hard bounce: the mailbox does not exist
    REQUESTED = "requested"  # its owner asked never to be written to
    COMPLAINT = "complaint"  # its owner reported a letter as abuse (RFC 5965)
    MANUAL = "manual"  # added by a person, or by a list without reasons
    OPT_OUT = "opt-out"  # its owner wants no marketing


class Scope(StrEnum):
    """The letters that an entry is about."""

    EVERYTHING = "everything"
    MARKETING = "marketing"


class Purpose(StrEnum):
    """The purpose of a campaign's letters."""

    SAFETY = "safety"  # a recall, a danger: without the letter people may come to harm
    SERVICE = "service"  # about a service that the customer uses: an outage, a double charge
    MARKETING = "marketing"  # advertising, news


# An opt-out means marketing; a letter to a dead address never arrives.
_ONLY_SCOPE = {Reason.OPT_OUT: Scope.MARKETING, Reason.DEAD_ADDRESS: Scope.EVERYTHING}


class Entry(Struct, frozen=True, kw_only=True):
    """One suppressed address, or all addresses of one domain. ``Entry.of`` makes a checked one."""

    address: str | None  # as given, "@acme.example" for a whole domain; None after a purge
    whole_domain: bool = False
    reason: Reason
    scope: Scope
    at: float  # when it was first suppressed, Unix seconds
    source: str  # the campaign, "import", or the person who added it
    note: str = ""  # one line; empty after a purge

    @classmethod
    def of(
        cls, address: str, reason: Reason, *, at: float, source: str, scope: Scope | None = None, note: str = ""
    ) -> Self:
        """Make a checked entry. Without ``scope`` the reason decides it; ``source`` and ``note`` become one line.

        Raises ``SuppressionError`` for an invalid address, a scope that contradicts the reason, or too long a note.
        """
        line = _line(note)
        if len(line) > LONGEST_NOTE:
            raise SuppressionError(
                f"The note for {address[:60]!r} has {len(line)} characters.",
                next_step=f"Shorten it to {LONGEST_NOTE} characters.",
            )
        plain = checked_address(address)
        return cls(
            address=plain,
            whole_domain=plain.startswith("@"),
            reason=reason,
            scope=_scope(reason, scope),
            at=at,
            source=_line(source),
            note=line,
        )


def _line(text: str) -> str:
    """The text on one line, with single blanks, without invisible characters and terminal controls."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _scope(reason: Reason, stated: Scope | None) -> Scope:
    only = _ONLY_SCOPE.get(reason)
    if stated is None:
        return only or Scope.EVERYTHING
    if only not in {None, stated}:
        raise SuppressionError(
            f'The reason "{reason}" and the scope "{stated}" contradict each other: its scope is always "{only}".',
            next_step=f'Leave the scope out, or give another reason, such as "{Reason.REQUESTED}".',
        )
    return stated


def checked_address(text: str) -> str:
    """Check an address, or "@acme.example" for a whole domain, and return it without outer blanks.

    Raises ``SuppressionError`` if it could never match a recipient: an entry without effect is worse than none.
    """
    address = text.strip()
    if flaw := _flaw(address):
        raise SuppressionError(
            f"{address[:60]!r} cannot be suppressed: {flaw}.",
            next_step="Write a bare address such as anna@acme.example, or @acme.example for a whole domain.",
        )
    return address


def _flaw(address: str) -> str | None:
    local_part, at, domain = folded(address).rpartition("@")
    if not address.isprintable() or " " in address:
        return "it holds a blank or an invisible character"
    if not at:
        return "it has no @-sign"
    if len(address.encode()) > LONGEST_ADDRESS:
        return f"it is longer than {LONGEST_ADDRESS} octets"
    if _NOT_IN_LOCAL_PART.search(local_part):
        return "what stands before the @-sign is not only a mailbox's name"
    if local_part == "*":
        return "a whole domain is written without the asterisk"
    return None if _DOMAIN.fullmatch(domain) else "what stands after the @-sign is no domain"
