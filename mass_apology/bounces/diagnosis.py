"""The cause of a failed delivery, judged by the enhanced code and the words of the last server.

The judgement leans to one side. Calling a living address dead keeps every later letter from a customer, so the words
that speak of us, of policy or of a full mailbox are looked for first, words that contradict "there is no such mailbox"
count more than the code, and what stays unclear is UNKNOWN.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from mass_apology.bounces import bounce_phrases
from mass_apology.bounces.bounce_report import Cause
from mass_apology.bounces.phrase_search import phrase_search
from mass_apology.bounces.refusal_phase import says_after_content

_LONGEST = 2000  # characters of a diagnostic that are looked at
_REFUSALS = 256  # whose causes are remembered

_ENHANCED = re.compile(r"(?<![\d.])([45]\.[0-9]{1,3}\.[0-9]{1,3})(?!\.?\d)")  # RFC 3463; not the middle of an IP
_CODE = re.compile(r"(?<![\w.:/-])([45][0-5][0-9])(?=[ \-:#])")  # RFC 5321 §4.2
# "user@spamcop.example" and "http://…/policy" are no words of the server's; a capital after a dot begins a sentence.
_CJK = r"\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"  # no blank divides an address from these
_NAMES = re.compile(
    rf"[^\s{_CJK}]{{0,64}}@[^\s{_CJK}]*|https?:\S*|www\.\S*|(?<![\w.-])(?!resolver\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+"
)

_LISTS = re.compile(
    r"https?:\S*(?:spamhaus|spamcop|sorbs|barracuda|uceprotect|dnsbl|rbl|block|black|/bl\b|polic|spam)", re.I
)
_DEAD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})  # RFC 3463 §3.2, RFC 7505 §5; 5.1.10 also O365
# IronPort calls every 550 to RCPT an "Unknown address error", and quotes the server's reply after it.
_AROUND = re.compile(r"\b[45]\.\d\.\d - [A-Za-z ]{4,60}(?=[45]\d\d[- ])")
_ADDRESS_REJECTED = re.compile(r"\b550[ -]#?\W{0,3}address rejected(?!:)")  # IronPort's answer, always with 5.1.0

_OURS = phrase_search(bounce_phrases.OURS)
_POLICY = phrase_search(bounce_phrases.POLICY)
_FULL = phrase_search(bounce_phrases.FULL)
_EXPIRED = phrase_search(bounce_phrases.EXPIRED)

_DEAD = re.compile(bounce_phrases.DEAD)
_PLAINLY_DEAD = re.compile(bounce_phrases.PLAINLY_DEAD)
_CONTRADICTED = phrase_search(bounce_phrases.CONTRADICTED)
_UNAVAILABLE = phrase_search(bounce_phrases.UNAVAILABLE)
_LOOKED_UP_LATE = re.compile(bounce_phrases.LOOKED_UP_LATE, re.I)
_WORD = re.compile(r"[^\W\d_]{3}")
# Words that say that the recipient was refused, and no reason.
_NO_REASON = re.compile(
    r"(?:[\W\d_]|\b(?:smtp|rcpt|to|the|recipient|address|mailbox|user|is|was|rejected|refused|delivery|attempts|permanent"
    r"|error|failed|failure|requested|action|not|taken|in|reply|command|giving|up|on)\b)*"
)
_SUPPOSED = re.compile(r"\bif (?:the|this|that|your?) [^.;]*")  # "If the address is not valid, …" says nothing of it
_REPLY = re.compile(r"(?<![\w.])[45][0-5]\d([ -])")


class _Refusal(Struct, frozen=True, kw_only=True):
    """A failure as a report tells it."""

    status: str  # the most telling enhanced code
    quoted: bool  # the last server's own, and not one that a relay made
    permanent: bool | None  # None where there is neither a code nor a reply
    words: str  # in lower case, without names
    after_content: bool  # the server had taken the recipient


def judge(status: str, diagnostic: str, *, after_content: bool = False) -> tuple[Cause, str]:
    """The cause of a failure, and the most telling enhanced code ("" where there is none).

    ``status`` is the report's own code (RFC 3464 §2.3.4) or empty; ``diagnostic`` is the last server's text;
    ``after_content`` says that it answered the content, and not RCPT.
    """
    diagnostic = _AROUND.sub("", diagnostic[:_LONGEST])
    telling, permanent = _weighed(status, diagnostic)
    if _LISTS.search(diagnostic):  # a page about blocked senders is all that some servers say
        return Cause.BLOCKED, telling
    refusal = _Refusal(
        status=telling,
        quoted=telling in diagnostic,
        permanent=permanent,
        words=_words(diagnostic),
        after_content=bool(after_content or says_after_content(diagnostic, ""))
        and not _LOOKED_UP_LATE.search(diagnostic),
    )
    return _cause(refusal), telling


def _words(diagnostic: str) -> str:
    words = " ".join(_NAMES.sub(" ", diagnostic.lower()).split())
    return _replies_apart(_SUPPOSED.sub(" ", words))


def _replies_apart(words: str) -> str:
    """``words`` with each reply as a sentence of its own: "host mx.example: 550 unknown …" is about no host.

    The lines of one reply, "550-… 550 …", are joined.
    """
    continued = False

    def begin(reply: re.Match[str]) -> str:
        nonlocal continued
        goes_on, continued = continued, reply[1] == "-"
        return "" if goes_on else f"; {reply[0]}"

    return _REPLY.sub(begin, words)


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


@lru_cache(maxsize=_REFUSALS)
def _cause(refusal: _Refusal) -> Cause:
    """One line a rule, in order. Without names, servers refuse many recipients in the same words."""
    words, detail = refusal.words, refusal.status[2:]
    # 5.4.1 "Recipient address rejected: Access denied" is how Microsoft 365 says that there is no such mailbox.
    access_denied = refusal.status == "5.4.1" and "recipient address rejected: access denied" in words
    if access_denied or (detail.startswith("7.") and _plainly_dead(refusal)):
        return Cause.UNKNOWN if refusal.after_content else Cause.DEAD
    if detail.startswith(("7.", "6.")) or detail in {"1.7", "1.8", "2.3", "3.4"}:  # policy, content, sender, size
        return Cause.BLOCKED
    if _OURS.search(words):
        return Cause.BLOCKED
    if detail == "2.2" or _FULL.search(words):
        return Cause.FULL
    temporary = refusal.permanent is False or detail == "4.7"
    return Cause.GIVEN_UP if temporary else _of_the_address(refusal)


def _plainly_dead(refusal: _Refusal) -> bool:
    """Whether nothing in the words but "no such user" can be meant by a code of policy."""
    others = (_OURS, _POLICY, _FULL, _CONTRADICTED, _UNAVAILABLE)
    return (
        refusal.status[0] == "5"
        and refusal.permanent is not False
        and not refusal.after_content
        and bool(_PLAINLY_DEAD.search(refusal.words))
        and not any(pattern.search(refusal.words) for pattern in others)
    )


def _of_the_address(refusal: _Refusal) -> Cause:
    """A failure that is neither about us nor temporary."""
    words = refusal.words
    by_words, by_code = bool(_DEAD.search(words)), _dead_by_code(refusal)
    by_code_alone = by_code and bool(_NO_REASON.fullmatch(words, max(0, words.find("; "))))
    proven = (by_words or by_code_alone) and not (refusal.after_content or _CONTRADICTED.search(words))
    if proven and by_code:
        return Cause.DEAD
    if _POLICY.search(words):
        return Cause.BLOCKED
    if proven:
        return Cause.DEAD
    # Outlook.com: "550 5.5.0 Requested action not taken: mailbox unavailable"; elsewhere these words may mean policy.
    if refusal.status == "5.5.0" and "mailbox unavailable" in words and not refusal.after_content:
        return Cause.DEAD
    return Cause.GIVEN_UP if _EXPIRED.search(words) else Cause.UNKNOWN


def _dead_by_code(refusal: _Refusal) -> bool:
    """Whether the code names the address as the trouble.

    Servers give 5.1.1 with reasons of all kinds in all languages, so it counts where they give none. Relays make it of
    any 550 to RCPT, so their own code counts only where the server said nothing.
    """
    if refusal.status == "5.1.0":
        return bool(_ADDRESS_REJECTED.search(refusal.words))
    silent = not _WORD.search(refusal.words)
    return refusal.status in _DEAD_CODES and (refusal.quoted or silent) and not _EXPIRED.search(refusal.words)
