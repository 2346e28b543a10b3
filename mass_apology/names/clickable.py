"""Names that mail programs turn into links by themselves, without anybody having marked them up.

"evil.com, please log in" in a name would be a link in a letter that the company signed. Programs look for schemes,
"www.", domains of a known top level, IP addresses and e-mail addresses, in any shape that Unicode folds into these.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

from mass_apology.names.name_words import joined, name_words

# Domains that are in no public list and are linked all the same, in some programs or networks (RFC 6761, RFC 7686 …).
_SPECIAL = "example test invalid localhost local onion internal intranet lan home corp alt i2p eth"
_LOOKED_AT = 1000  # characters; a customer's name has 200 at most
_DOTS = str.maketrans("。｡．․", "....")  # UTS 46 §2.3, and the one dot leader
_MAYBE = re.compile(r"[.:@/\\\u3002\uff61\uff0e\u2024\uff1a\uff20\uff0f]")

_SCHEME = re.compile(
    r"(?<![^\W_])(?:[a-z][a-z0-9+.-]{0,30}://|(?:https?|hxxps?|ftps?|sftp|mailto|tel|sms|callto|sip|sips|skype|xmpp|irc|geo|maps"
    r"|file|data|javascript|vbscript|magnet|webcal|whatsapp|tg|viber|facetime|intent|market|bitcoin|news|nntp|ldap|ssh"
    r"|git|smb|ws|wss|about|blob|cid|mid|view-source|ms-[a-z-]+):)"
)
_WWW = re.compile(r"(?<![^\W_])www\d{0,2}\.")
_MAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
_IPV6 = re.compile(r"\[[0-9a-f:]*:[0-9a-f:.]*\]|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])")
_SHARE = re.compile(r"\\\\\w")
_PATH = re.compile(r"(?<![\w.])[\w-]+(?:\.[\w-]+)+(?:/\S|:\d)")
_DOMAIN = re.compile(r"(?<![\w-])(?:[\w-]{1,63}\.)+(?P<top>[^\W_][\w-]*)(?=\.?(?![\w]))")


def clickable(name: str) -> str:
    """The part of a name that a mail program would make a link of, folded; "" where there is none.

    Of what is far too long for a name only the beginning is looked at: the search takes the square of its length.
    """
    if not _MAYBE.search(name):
        return ""
    text = plain(name[:_LOOKED_AT]).casefold()
    for pattern in (_MAIL, _SCHEME, _WWW, _SHARE, _IPV4, _IPV6, _PATH):
        if found := pattern.search(text):
            return found[0]
    return next((found[0] for found in _DOMAIN.finditer(text) if _is_domain(found[0], found["top"])), "")


def _is_domain(text: str, top: str) -> bool:
    """Whether it is one of a known top level, and neither a title nor several: "Dr.med.", "M.Sc"."""
    titles = name_words().titles
    is_title = joined(text) in titles or all(joined(part) in titles for part in text.split(".") if part)
    return top in _top_level_domains() and not is_title


def plain(name: str) -> str:
    """The name without what shows nothing, and with the usual letters and dots in place of look-alikes."""
    shown = "".join(each for each in name if not is_invisible(each))
    return unicodedata.normalize("NFKC", shown.translate(_DOTS)).translate(_DOTS)


def is_invisible(character: str) -> bool:
    """Whether a character shows nothing by itself and may hide in the middle of a word."""
    return unicodedata.category(character) in {"Cf", "Cc"} or character in _FILLERS


_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))


@cache
def _top_level_domains() -> frozenset[str]:
    lines = (files(__package__) / "top_level_domains.txt").read_text(encoding="utf-8").splitlines()
    listed = " ".join(line for line in lines if not line.startswith("#"))
    ascii_forms = (f"xn--{each.encode('punycode').decode()}" for each in listed.split() if not each.isascii())
    return frozenset((*listed.split(), *ascii_forms, *_SPECIAL.split()))
