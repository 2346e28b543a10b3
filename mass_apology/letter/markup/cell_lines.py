"""Cells of several lines in a letter's HTML: each line stays one, wherever a value stands among the words.

In an address, an image's words and preformatted text line ends are what they are.
"""

from __future__ import annotations

import re

from jinja2 import nodes
from msgspec.structs import replace

from mass_apology.letter.markup.masking import Mask, Token
from mass_apology.letter.markup.zones_once import DATED


def with_lines_kept(masked_html: str, mask: Mask) -> str:
    """A body that Markdown has made, masked: what its values' lines are is known when a letter is rendered.

    Facts of campaign.toml are prose, whose line ends mean nothing.
    """
    among_words = re.compile(rf"<pre\b.*?</pre>|<(?!!--)[^<>]*>|(?P<word>{mask.pattern.pattern})", re.DOTALL)

    def kept(match: re.Match[str]) -> str:
        word = mask.pattern.fullmatch(match[0]) if match["word"] else None
        token = mask.token(word) if word else None
        if token is None or token.statement or token.literal is not None or _is_dated(token, mask):
            return match[0]
        return mask.add(replace(token, code=f"({token.code})|kept_lines"))

    return among_words.sub(kept, masked_html)


def _is_dated(token: Token, mask: Mask) -> bool:
    """Whether it writes a moment, which has one line, and whose zone a sentence says once."""
    (output,) = mask.environment.parse(f"{{{{{token.code}}}}}").find_all(nodes.Output)
    return any(isinstance(each, nodes.Filter) and each.name in DATED for each in output.nodes)
