"""Characters that no letter holds: controls, and signs that turn the direction of writing where none has to be turned.

They show nothing, and change what is around them: a line ends, a bell rings, "moc.live" reads as "evil.com".
"""

from __future__ import annotations

import re
import unicodedata

from babel import Locale, UnknownLocaleError

# C0 but for tab and line feed, DEL, C1; line and paragraph separators; interlinear annotation; lone surrogates.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ud800-\udfff"
_OVERRIDES = "\u202d\u202e"  # UAX #9 §2.2: a text in Hebrew or Arabic does without them, too
_EMBEDDINGS = "\u202a-\u202c\u2066-\u2069"  # §2.1, §2.4: of use where both directions meet

_EVERYWHERE = re.compile(f"[{_CONTROLS}{_OVERRIDES}]")
_FROM_LEFT_TO_RIGHT = re.compile(f"[{_CONTROLS}{_OVERRIDES}{_EMBEDDINGS}]")
_ENTITY = re.compile(r"&#(?:(?P<decimal>[0-9]{1,8})|[xX](?P<hexadecimal>[0-9A-Fa-f]{1,7}));?")
_TURNED = re.compile(f"[{_OVERRIDES}]|[\u202a\u202b][^\u202c]*\\Z|[\u2066-\u2068][^\u2069]*\\Z")


def control_character(text: str, *, right_to_left: bool = False) -> re.Match[str] | None:
    """The first character that has no place in a template or a fact; ``right_to_left``: of a language written so."""
    return (_EVERYWHERE if right_to_left else _FROM_LEFT_TO_RIGHT).search(text)


def control_reference(text: str, *, right_to_left: bool = False) -> re.Match[str] | None:
    """The first reference such as ``&#x202e;`` that Markdown or HTML would turn into such a character."""
    for found in _ENTITY.finditer(text):
        number = int(found["decimal"]) if found["decimal"] else int(found["hexadecimal"], 16)
        if number > 0x10FFFF or control_character(chr(number), right_to_left=right_to_left):
            return found
    return None


def turns_what_follows(value: str) -> bool:
    """Whether a customer's value overrides the direction of writing, or begins another one and does not end it."""
    return _TURNED.search(value) is not None


def named(character: str) -> str:
    """ "U+202E RIGHT-TO-LEFT OVERRIDE"."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def written_from_right_to_left(language: str) -> bool:
    """Whether a language is, by its ISO 639 code; what is no language is not."""
    try:
        return bool(Locale.parse(language).text_direction == "rtl")
    except (UnknownLocaleError, ValueError):
        return False
