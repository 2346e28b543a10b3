"""What somebody wrote beside a name for colleagues, and no customer should read: "VIP", "(deceased)", "- do not call".

Also a greeting that stands in front of it: "Dear John". Words that are somebody's name count only where they are not
written as one: "John Smith OLD", and neither "John Old" nor "Rip Torn".
"""

from __future__ import annotations

import re

from mass_apology.names.name_words import folded, joined, name_words

# In brackets, which need not be closed, or behind a dash between blanks.
_ASIDE = re.compile(r"[(\[][^()\[\]]*|\s[-–—]+\s.+")
_DEAD = re.compile(r"[†✝]|\bś\.? ?p\b", re.IGNORECASE)  # "śp." (świętej pamięci) is told from "SP Singh" by its accent


def holds_remark(text: str) -> bool:
    """Whether words of a name, whose blanks are single, are about its bearer and not of the name."""
    words = text.split()
    return (
        _DEAD.search(text) is not None
        or _begins_with_greeting(text)
        or _holds_phrase(text)
        or (len(words) > 1 and any(map(_is_marked, words)))
        or any(_is_remark(aside, before=text[: aside.start()]) for aside in _ASIDE.finditer(text))
    )


def _begins_with_greeting(text: str) -> bool:
    said = f"{folded(text)} "
    return any(said.startswith(greeting) and len(said) > len(greeting) for greeting in name_words().greetings)


def _holds_phrase(text: str) -> bool:
    said = f" {folded(text)} "
    return any(phrase in said for phrase in name_words().remarks)


def _is_marked(word: str) -> bool:
    letters = "".join(filter(str.isalpha, word))
    return joined(word) in name_words().remarks_unless_capitalised and not letters.istitle()


def _is_remark(aside: re.Match[str], *, before: str) -> bool:
    """ "(son)", "- account closed", "(IT)"; no maiden name, title or second name: "(née Jones)", "(Jr.)"."""
    lists, words = name_words(), [word for word in aside[0].strip("([-–— ").split() if joined(word)]
    if any(joined(word) in lists.remarks_beside for word in words):
        return True
    if not words or joined(words[0]) in lists.titles or joined(words[0]) in lists.particles:
        return False
    in_capitals = all(map(str.isupper, words)) and not any(len(word) > 1 and word.isupper() for word in before.split())
    return words[0][:1].islower() or in_capitals
