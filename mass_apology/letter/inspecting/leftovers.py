"""Words in a finished letter that a program left there: place holders, signs of a missing value, and HTML.

A letter is looked at once for each recipient, so what is clean must cost next to nothing: a regular expression runs
only where a substring that each of its matches contains is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from mass_apology.letter.example_values import MARK


class Kind(StrEnum):
    """What was left. The value is the finding's code."""

    PLACEHOLDER = "leftover-placeholders"
    MISSING_VALUE = "missing-value-words"
    EXAMPLE = "example-facts"


class Leftover(Struct, frozen=True, kw_only=True):
    """What one letter holds of one kind."""

    kind: Kind
    words: tuple[str, ...]  # as they stand in the letter, each once

    @property
    def problem(self) -> str:
        """What is wrong, as a sentence."""
        if self.kind is Kind.EXAMPLE:
            return f"The letter says “{MARK}”: it tells examples in the place of facts."
        words = ", ".join(f"“{word}”" for word in self.words)
        if self.kind is Kind.PLACEHOLDER:
            return f"The letter still holds the place holder {words}."
        return f"The letter says {words} where a value is missing."

    @property
    def advice(self) -> str:
        """What to do next, as a sentence."""
        if self.kind is Kind.PLACEHOLDER:
            return "Write it as {{ customer.… }} in the template, or delete it."
        if self.kind is Kind.EXAMPLE:
            return "Write the facts under [incident] in campaign.toml."
        return "Correct the value in the file, or leave its cell empty."


# In square brackets and single braces stands much that is meant, such as a ticket or a path: only words of a merge
# field count. In capitals the words may be surrounded by others.
_FIELD = (
    r"(?:NAME|DATE|E?-?MAIL|ADDRESS|AMOUNT|COMPANY|CUSTOMER|CLIENT|IMIĘ|NAZWISKO|DATA|KWOTA|ИМЯ|ФАМИЛИЯ|ДАТА|СУММА)"
)
_CAPITALS = r"[A-ZĘÓŁŻА-Я0-9_ -]{0,30}"
_SMALL_FIELD = r"(?i:(?:your|first|last|full|user|customer|client|company)?[ _.-]?name|imię|nazwisko|имя|фамилия)"

_BRACES = r"\{\{[^{}]{0,60}\}\}|\{%[^{}]{0,60}%\}|\$\{[^{}\s]{1,40}\}"

_PLACEHOLDERS = (
    ("[", rf"\[(?:{_CAPITALS}{_FIELD}{_CAPITALS}|{_SMALL_FIELD}|(?i:insert|enter) [^\]\n]{{1,40}}|object Object)\]"),
    ("{", rf"{_BRACES}|(?<![$/\w{{])\{{{_SMALL_FIELD}\}}(?!\}})"),
    ("<", r"<<[^<>\n]{1,40}>>"),
    ("«", r"«[A-Za-z]+_[A-Za-z_]+»"),
    ("|", r"\*\|[^|\s]{1,40}\|\*"),
    ("%", r"%(?<![\w%]%)(?:%[^%\s]{1,40}%|[A-Z][A-Z_]{2,30})%(?![\w%])"),
)

# "None of your data was lost" is a sentence, so None counts in the middle of one only.
_MISSING_VALUES = (
    ("#", r"#(?:REF!|VALUE!|DIV/0!|NUM!|NULL!|NAME\?|N/A)"),
    ("N", r"N(?<![\w#]N)(?:a[NT]|ULL|/A|one(?:(?<=[\w,:(€$£] None)|(?<=\w\nNone))(?! of\b))\b"),
    ("nan", r"nan(?<![\w.@/-]nan)(?![@/-]|\.?\w)"),
)

_EXAMPLES = (("EXAMPLE", re.escape(MARK).replace(r"\ ", r"\s+")),)  # its lines may be broken

# Every match contains its sign, and one character is found many times faster than a pattern is. A pattern begins with
# its sign where it can, and looks behind it: one that begins with a look behind is tried at every character.
_SIGNS = tuple(
    (sign, kind, re.compile(pattern))
    for kind, signs in (
        (Kind.PLACEHOLDER, _PLACEHOLDERS),
        (Kind.MISSING_VALUE, _MISSING_VALUES),
        (Kind.EXAMPLE, _EXAMPLES),
    )
    for sign, pattern in signs
)

# "null and void" is a phrase, and NA is North America: these count as somebody's name only, where the salutation ends.
_NOBODY = re.compile(r"[\s,](null|None|NA|n/a|nil|NIL|undefined)\s*[,!:.]?\Z")

_TAGS = (
    "a|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|ol|p|pre|s|small|span|strong"
    "|style|sub|sup|table|tbody|td|th|thead|tr|u|ul"
)
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,300}})?/?>", re.IGNORECASE)
_CODE = re.compile(r"(`+)[^`].*?\1", re.DOTALL)


def leftovers(subject: str, text: str) -> list[Leftover]:
    """What stands in a finished letter by mistake: at most one of each kind; none for a clean letter.

    ``text`` begins with the salutation, and its lines are separated by "\n".
    """
    whole = f"{subject}\n\n{text}"
    found = [(kind, words) for sign, kind, pattern in _SIGNS if sign in whole for words in pattern.findall(whole)]
    if nobody := _NOBODY.search(text[: text.find("\n")]):
        found.append((Kind.MISSING_VALUE, nobody[1]))
    return _gathered(found) if found else []


def _gathered(found: Sequence[tuple[Kind, str]]) -> list[Leftover]:
    words = {kind: tuple(dict.fromkeys(word for each, word in found if each is kind)) for kind in Kind}
    return [Leftover(kind=kind, words=words[kind]) for kind in Kind if words[kind]]


def markup_in(text: str) -> tuple[str, ...]:
    """The tags in a text, each once."""
    return tuple(dict.fromkeys(_MARKUP.findall(text))) if "<" in text else ()


def markup_in_markdown(body: str) -> tuple[str, ...]:
    """The tags in a letter in Markdown, but for its code."""
    return markup_in(_CODE.sub("", body))
