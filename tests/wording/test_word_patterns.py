"""Patterns of words: each sign, and what no pattern may be."""

from __future__ import annotations

import re

import pytest

from mass_apology.wording.matching import Patterns
from mass_apology.wording.patterns import Known, parse
from mass_apology.wording.sentences import sentences, words_in
from mass_apology.wording.word_reading import WordReading

FORMS = {"apologise": ("apologise", "apologised"), "fault": ("fault", "faults")}
PHRASES = {
    "we": ("we", "our .. team"),
    "sorry": ("<we> .. apologise", "sorry"),
    "regret": ("^ alas",),
    "one": ("<two>",),
    "two": ("<one>",),
}
KNOWN = Known(FORMS, PHRASES)


def passages(pattern: str, text: str) -> list[str]:
    """The places in the text that the pattern matches."""
    words = words_in(text)
    ends = sentences(text, words, frozenset(), frozenset(), is_greek=False)
    patterns = Patterns([("rule", parse(pattern, KNOWN))], KNOWN.lexicon)
    read = WordReading(patterns.words(), KNOWN.lexicon).read(words, ends)
    return [text[words[at.start].start : words[at.end - 1].end] for _, _, at in patterns.matches(read)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("apologise", "We apologised.", ["apologised"]),
        ("=apologise", "We apologised.", []),
        ("apolog*", "Our apologies.", ["apologies"]),
        ("*fault", "A default, two afaults, a fault.", ["default", "afaults", "fault"]),
        ("*=fault here", "Two faults here, a default here.", ["default here"]),
        ("by a *fault", "By a fault. By a seafault.", ["By a fault", "By a seafault"]),
        ("# minutes", "It took 12 minutes, and ten minutes.", ["12 minutes"]),
        ("by # june", "By 3rd June.", ["By 3rd June"]),
        ("on|by (the)? #|tenth", "On the tenth, by 11.", ["On the tenth", "by 11"]),
        ("sorry .. if", "Sorry to you all if. Sorry to each of you if.", ["Sorry to you all if"]),
        ("sorry ... if", "Sorry to each and every one of you if.", ["Sorry to each and every one of you if"]),
        ("(sorry|so so) if", "So so if, sorry if.", ["So so if", "sorry if"]),
        (
            "(late|so so|lost )? (a|the) day",
            "Late a day. So so the day.",
            ["Late a day", "a day", "So so the day", "the day"],
        ),
        ("a (b|c d|e f)? g", "A g. A b g. A c d g. A e f g. A e g.", ["A g", "A b g", "A c d g", "A e f g"]),
        ("sorry // but", "Sorry. But no. Sorry, but.", ["Sorry. But"]),
        ("^ fault", "Faults. No fault.", ["Faults"]),
        ("fault $", "A fault. The fault is ours.", ["fault"]),
        ("(^ so|too) sorry", "So sorry. I am so sorry, too sorry.", ["So sorry", "too sorry"]),
        ("(^ our small|our small) team", "Not our small team.", ["our small team"]),
        ("sorry (for|$)", "Sorry for it. Sorry about it. I am sorry.", ["Sorry for", "sorry"]),
        ("<regret> fault", "Alas fault. Our alas fault.", ["Alas fault"]),
        ("<sorry> for", "Our small team apologised for it.", ["Our small team apologised for"]),
    ],
)
def test_each_sign_of_a_pattern(pattern: str, text: str, expected: list[str]) -> None:
    assert passages(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(sorry", "a bracket is not closed"),
        ("sorry)", "“sorry)” has a bracket too many"),
        ("sorry|", "a word is missing at the end"),
        (".. sorry", "“.. sorry” must begin with a word"),
        ("", "“” must begin with a word"),
        ("<none>", "[phrases] has no “none”"),
        ("<one>", "“one” in [phrases] stands for itself"),
        ("so*", "“so*” needs 3 letters"),
        ("*so", "“*so” needs 3 letters"),
        ("(a b)|c", "a | outside of brackets stands between single words"),
        ("a // b // c", "“a // b // c” may go on into one sentence, and no third"),
        ("a (b // c)", "// stands outside of brackets and phrases"),
    ],
)
def test_what_is_no_pattern(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        parse(pattern, KNOWN)
