"""No-break spaces in a letter's running text, once per template: no line ends in a word that leads to the next.

Polish keeps its one-letter words with what follows, Russian its short prepositions too, and a dash with what stands
before it. Only the template's own spaces are bound: addresses, code and values stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it.token import Token as MarkdownToken

from mass_apology.languages import Bonds
from mass_apology.languages.language import NO_BREAK
from mass_apology.letter.markup.masking import Mask

# What stands for the rest of a paragraph while its spaces are looked at.
_VALUE = "0"  # most values beside such words are dates, times and numbers
_STATEMENT = "\x1f"  # it may leave nothing between two spaces, so none beside it is bound
_OTHER = "x"  # code, or an image
_LINE_END = "\v"  # a hard one
_STANDS_FOR = {"softbreak": "\n", "hardbreak": _LINE_END}

_SPACE = r"[ \n]"
_BEGINNING = rf"(?:\A|[^\w'’{_STATEMENT}-]){_STATEMENT}*"  # of a word, which may be the first on a condition


def bind(tokens: Sequence[MarkdownToken], mask: Mask) -> None:
    """Bind the words of one paragraph, in place. ``tokens`` are Markdown's inline ones, still masked."""
    if pattern := _pattern(mask.environment.language.bonds or Bonds()):
        places = list(_running(tokens, mask))
        text = "".join(sign for sign, _, _ in places)
        for match in pattern.finditer(text):
            _, token, position = places[match.start(match.lastgroup or 0)]
            _put(token, position)


def _running(tokens: Sequence[MarkdownToken], mask: Mask) -> Iterator[tuple[str, MarkdownToken, int]]:
    """The paragraph character by character, each with its token and its place there; emphasis takes no room."""
    for token in tokens:
        if token.type == "text":
            end = 0
            for match in mask.pattern.finditer(token.content):
                yield from ((token.content[place], token, place) for place in range(end, match.start()))
                yield _STATEMENT if mask.token(match).statement else _VALUE, token, match.start()
                end = match.end()
            yield from ((token.content[place], token, place) for place in range(end, len(token.content)))
        elif not token.nesting:
            yield _STANDS_FOR.get(token.type, _OTHER), token, 0


def _put(token: MarkdownToken, place: int) -> None:
    if token.type == "softbreak":
        token.type, token.tag, token.content = "text", "", NO_BREAK
    else:
        token.content = token.content[:place] + NO_BREAK + token.content[place + 1 :]


@cache
def _pattern(bonds: Bonds) -> re.Pattern[str] | None:
    """A pattern whose one group that matches is a space to bind; ``None`` for a language that binds none."""
    wanted = []
    if bonds.to_number:
        wanted.append(rf"(?<=\d)(?P<number>{_SPACE}){_any(bonds.to_number)}(?!\w)")
    if bonds.to_next:  # the next word begins with it
        wanted.append(rf"{_BEGINNING}{_any(bonds.to_next)}(?=(?P<next>{_SPACE})[^\s{_STATEMENT}])")
    if bonds.to_previous:
        wanted.append(rf"(?<=[^\s{_STATEMENT}])(?P<previous>{_SPACE}){_any(bonds.to_previous)}")
    return re.compile("|".join(wanted), re.IGNORECASE) if wanted else None


def _any(words: str) -> str:
    return f"(?:{'|'.join(map(re.escape, words.split()))})"
