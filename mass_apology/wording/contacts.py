"""Whether a letter names a way to a person, and is signed by one."""

from __future__ import annotations

import re

from mass_apology.wording.letter_text import Document, Role
from mass_apology.wording.sentences import VALUE, words_in
from mass_apology.wording.wording_rules import MISSING, Rules

_MAILBOX = re.compile(r"(?<![\w.])([\w.+-]{1,64})@[\w-]{1,63}\.\w")
_TELEPHONE = re.compile(r"(?<![\w.,/])\+?\(?\d[\d ()/.\u00a0-]{5,18}\d(?![\w/])")
_NOBODY_READS = re.compile(r"no.?-?reply|do.?not.?reply", re.IGNORECASE)
_DIGITS = 7  # of a telephone number
_LINES = 8  # at a letter's end, among which a name stands
_NAME = re.compile(
    r"(?:(?:\w+\.-?\s?){1,4}\s*)?[^\W\d_]+(?:['’-][^\W\d_]+)*(?:\s+(?:[a-zà-ÿ]{2,3}\s+)?[^\W\d_]+\.?(?:['’-][^\W\d_]+)*){1,3}"
)


def parts(document: Document, rules: Rules) -> set[str]:
    """The ids of the rules for the parts that the document has."""
    found = set()
    if any(_is_contact(block.text) for block in document.blocks if block.role is not Role.SUBJECT):
        found.add(f"contact{MISSING}")
    if _is_signed(document, rules):
        found.add(f"signatory{MISSING}")
    return found


def _is_contact(text: str) -> bool:
    if any(not _NOBODY_READS.search(found[1]) for found in _MAILBOX.finditer(text)):
        return True
    return any(sum(each.isdigit() for each in found[0]) >= _DIGITS for found in _TELEPHONE.finditer(text))


def _is_signed(document: Document, rules: Rules) -> bool:
    """A name is two words or more with capitals, in a line of its own at the end, and no team's or firm's."""
    blocks = [each for each in document.blocks if each.role in {Role.SIGNATURE, Role.PROSE, Role.ITEM}][-_LINES:]
    lines = [line.strip() for block in blocks for line in block.text.split("\n")]
    return any(is_name(line, rules) for line in lines[-_LINES * 2 :] if line)


def is_name(line: str, rules: Rules) -> bool:
    """Whether a line holds a person's name, alone or before a position."""
    line = re.split(r"\s[–—|·-]\s|, | \(", line)[0].strip(" ,*_")
    if line == VALUE:
        return True
    found = _NAME.fullmatch(line)
    if not found:
        return False
    words = [line[word.start : word.end] for word in words_in(line)]
    if any(word.text in rules.nobody for word in words_in(line)):
        return False
    capitals = [word for word in words if word[0].isupper() and not (word.isupper() and len(word) > 1)]
    return len(capitals) >= 2 and capitals[0] == words[0] and words[-1][0].isupper()
