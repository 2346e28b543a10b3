"""The cause of a failed delivery, judged by the enhanced code and the words of the last server.

The judgement leans to one side. Calling a living address dead keeps every later letter from a customer, so the words
that speak of us, of policy or of a full mailbox are looked for first, and what stays unclear is UNKNOWN.
"""

from __future__ import annotations

import re

from mass_apology.bounces import bounce_phrases
from mass_apology.bounces.bounce_report import Cause

_LONGEST = 2000  # characters of a diagnostic that are looked at

_ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?!\.?\d)")  # RFC 3463; not the middle of an IP
_CODE = re.compile(r"(?<![\w.:/-])([245][0-5][0-9])(?=[ \-:#])")  # RFC 5321 §4.2
# "user@spamcop.example" and "http://…/policy" are no words of the server's; a capital after a dot begins a sentence.
_NAMES = re.compile(r"\S{0,64}@\S*|https?:\S*|www\.\S*|(?<![\w.-])(?!resolver\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+")

_LISTS = re.compile(
    r"https?:\S*(?:spamhaus|spamcop|sorbs|barracuda|uceprotect|dnsbl|rbl|block|black|/bl\b|polic|spam)", re.I
)
_DEAD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})  # RFC 3463 §3.2, RFC 7505 §5; 5.1.10 also O365

_OURS = re.compile(bounce_phrases.OURS)
_POLICY = re.compile(bounce_phrases.POLICY)
_FULL = re.compile(bounce_phrases.FULL)
_LATE = re.compile(bounce_phrases.LATE)
_EXPIRED = re.compile(bounce_phrases.EXPIRED)

_DEAD = re.compile(bounce_phrases.DEAD)


def judge(status: str, diagnostic: str) -> tuple[Cause, str]:
    """The cause of a failure, and the most telling enhanced code ("" where there is none).

    ``status`` is the report's own code (RFC 3464 §2.3.4) or empty; ``diagnostic`` is the last server's text.
    """
    diagnostic = diagnostic[:_LONGEST]
    telling, permanent = _weighed(status, diagnostic)
    words = " ".join(_NAMES.sub(" ", diagnostic).lower().split())
    if _LISTS.search(diagnostic):  # a page about blocked senders is all that some servers say
        return Cause.BLOCKED, telling
    return _cause(telling, permanent, words), telling


def _weighed(status: str, diagnostic: str) -> tuple[str, bool | None]:
    """The most telling code, and whether it is permanent; ``None`` where there is neither a code nor a reply.

    Relays translate replies, often to 5.0.0, so the server's own words weigh more.
    """
    quoted, reply = _ENHANCED.search(diagnostic), _CODE.search(diagnostic)
    telling = status
    if (
        quoted
        and not (quoted[1].endswith(".0.0") and status[:1] == quoted[1][0])
        and not _out_of_order(quoted[1], status)
    ):
        telling = quoted[1]
    leading = reply[1][0] if reply else telling[:1]
    return telling, leading == "5" if leading in {"4", "5"} else None


def _out_of_order(quoted: str, status: str) -> bool:
    """Whether the reply is only about the order of commands: "no valid recipients" to a DATA that was sent ahead."""
    return quoted == "5.5.1" and bool(status)


def _cause(status: str, permanent: bool | None, words: str) -> Cause:  # noqa: FBT001 (one line a rule, in order)
    detail = status[2:]
    # 5.4.1 "Recipient address rejected: Access denied" is how Microsoft 365 says that there is no such mailbox.
    if status == "5.4.1" and "recipient address rejected: access denied" in words:
        return Cause.DEAD
    if detail.startswith(("7.", "6.")) or detail in {"1.7", "1.8", "2.3", "3.4"}:  # policy, content, sender, size
        return Cause.BLOCKED
    if _OURS.search(words):
        return Cause.BLOCKED
    if detail == "2.2" or _FULL.search(words):
        return Cause.FULL
    if permanent is False or detail == "4.7":
        return Cause.GIVEN_UP
    return _of_the_address(status, words)


def _of_the_address(status: str, words: str) -> Cause:
    """A failure that is neither about us nor temporary."""
    by_code, by_words = status in _DEAD_CODES, bool(_DEAD.search(words)) and not _LATE.search(words)
    if by_code and by_words:
        return Cause.DEAD
    if _POLICY.search(words):
        return Cause.BLOCKED
    # Outlook.com: "550 5.5.0 Requested action not taken: mailbox unavailable"; elsewhere these words may mean policy.
    if by_code or by_words or (status == "5.5.0" and "mailbox unavailable" in words):
        return Cause.DEAD
    return Cause.GIVEN_UP if _EXPIRED.search(words) else Cause.UNKNOWN
