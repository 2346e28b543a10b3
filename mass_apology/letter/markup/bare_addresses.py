"""Turns addresses that stand bare in a letter into links, in its HTML only.

A web address of the letter's own words becomes one, and a fact or a value of the sender's that is nothing but a web
address, a mail address or a telephone number with its country's code. What a customer's row holds never becomes a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token as MarkdownToken

from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.masking import Mask

_HOST = r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+(?::\d+)?"
_WEB = re.compile(rf"\bhttps?://{_HOST}(?:[/?#][^\s<>\"“”„»]*)?", re.IGNORECASE)
_WHOLE_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_WHOLE_MAIL = re.compile(r"[^\s@<>\"?&%]+@[^\W_][\w.-]*\.[^\W\d_]{2,}")
_WHOLE_PHONE = re.compile(r"\+\d[\d ()/.\u00a0-]{5,20}\d")
_AFTER = ".,;:!?…'’)]*_"  # ends a sentence rather than an address


def linked(tokens: Sequence[MarkdownToken], mask: Mask, guard: Guard) -> Iterator[MarkdownToken]:
    """The tokens of running text with links for bare addresses; ``bare`` in their ``meta`` says that they are ours."""
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or within:
            yield token
        else:
            yield from _linked(token, mask, guard)


def _linked(token: MarkdownToken, mask: Mask, guard: Guard) -> Iterator[MarkdownToken]:
    end = 0
    for start, stop, address in _bare(token.content, mask):
        yield _text(token.content[end:start])
        yield MarkdownToken("link_open", "a", 1, attrs={"href": guard.address(address)}, meta={"bare": True})
        yield _text(token.content[start:stop])
        yield MarkdownToken("link_close", "a", -1)
        end = stop
    yield _text(token.content[end:]) if end else token


def _bare(text: str, mask: Mask) -> Iterator[tuple[int, int, str]]:
    """Start, end and address, masked, of each bare address."""
    found = []
    for match in _WEB.finditer(text):
        address = match[0].rstrip(_AFTER)
        if match[0].startswith(f"{address})") and address.count("(") > address.count(")"):
            address += ")"
        host = address.split("/")[2]
        if not mask.find(host) and not any(token.statement for token in mask.find(address)):
            found.append((match.start(), match.start() + len(address), address))
    for word in mask.pattern.finditer(text):
        literal = mask.token(word).literal
        around = (start <= word.start() < stop for start, stop, _ in found)
        if literal is not None and not any(around) and (address := _whole(literal.strip())):
            found.append((word.start(), word.end(), mask.literal(address, mask.token(word))))
    return iter(sorted(found))


def _whole(value: str) -> str:
    """The address that a value is; empty where it is none."""
    if _WHOLE_WEB.fullmatch(value):
        return value
    if _WHOLE_MAIL.fullmatch(value):
        return f"mailto:{value}"
    if _WHOLE_PHONE.fullmatch(value):
        return f"tel:+{re.sub(r'[^0-9]', '', value)}"
    return ""


def _text(content: str) -> MarkdownToken:
    return MarkdownToken("text", "", 0, content=content)
