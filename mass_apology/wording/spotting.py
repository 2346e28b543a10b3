"""Faults that are seen without a language's words: marks, capitals, stops, small letters, long subjects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mass_apology.wording.finding import Spot
from mass_apology.wording.letter_text import Block, Role
from mass_apology.wording.matching import Text
from mass_apology.wording.sentences import VALUE, is_abbreviation, normal, words_in
from mass_apology.wording.wording_rules import Rules

SUBJECT = 78
"""Characters of a subject (RFC 5322 §2.1.1)."""

_VALUE = 12  # characters that a value in a subject may have
_PARAGRAPH = 7  # words from which a paragraph without a stop is no heading
_SMALL = 4  # letters of words that are small in titles, too
_FULL_LINE = 40  # characters from which a line of a paragraph was broken because it was full
_NEAR = 300  # characters that are looked at beside a place, so that long texts are read in linear time
_CAPITALS = 3  # words in capitals that shout
_SHOUTED = 10  # letters that they have at least
_STRESSED = 4  # letters of a common word in capitals that shouts alone

_UNFINISHED = re.compile(
    r"\[[^\W\d_][^\[\]]{0,40}\]|\{\{[^{}\n]{0,60}\}\}|\{%[^{}\n]{0,60}%\}|(?<![\w{])\{[^\W\d_]\w{0,30}\}|\$\{[^{}\s]{1,40}\}"
    r"|<[^\W\d_][\w ]{0,30}>|«[A-Za-z]+_[A-Za-z_]+»|%[^\W\d_][^\Wa-zα-ωа-яё]{2,30}%|\*\|[A-Z_]{1,30}\|\*"
    r"|\b(?:XX+|TODO|FIXME|TBD|TBC)\b|\b[Ll]orem ipsum\b|(?<![\w.@/-])(?:nan|NaN|null|NULL|None)(?![\w@/-]|\.\w)"
    r"|\(\?\)|\?{3,}|(?<![\w-])xx+(?=\.?[ \t\u00a0][^\W\d_])|_{4,}|#(?:REF!|VALUE!|N/A|NAME\?)"
)
_UNFINISHED_SIGNS = frozenset("[{$<«%*?_#")
_UNFINISHED_WORDS = ("XX", "TODO", "FIXME", "TBD", "TBC", "orem ipsum", "nan", "NaN", "null", "NULL", "None", "xx")
_TAG = re.compile(r"\[[^\[\]]+\]\s+(?=\w)")  # "[Solved] No e-mail on Monday"
_NONE_IN_A_SENTENCE = re.compile(r"None\b(?= of\b)|null\b(?= and void\b)")
_NOBODY = re.compile(r"^[^\W\d_]+(?: [^\W\d_]+)? [,!]$")
_BANGS = re.compile(r"[!?]{2,}")
_CAPITAL_WORD = re.compile(r"[^\W\d_]{2,}")
_DOUBLED = re.compile(
    r"(?<![.…])\.\.(?![.…])|,,|(?<=\w)\.[,;]|,\.|(?<=\w)[ \t]\.,?(?=\s|$)|;;|(?<=\w) ,(?=\s)"
    r"|(?<![.…])\.\s\.(?=\s|$)|[!?]\.(?=\s|$)"
)
_PAIR = re.compile(r"[.,;!?\s][.,;]")  # in every one of them
_FIRST_PICTURE = "\u2600"
_EMOJI = re.compile(
    r"[\U0001f300-\U0001faff\u2600-\u27bf](?:\ufe0f|\u200d[\U0001f300-\U0001faff])*|(?<!\S)[:;]-?[)(DP](?!\w)"
)
_ADDRESS = re.compile(r"(?:\S+@\S+|https?://\S+|www\.\S+|[\w-]+(?:\.[\w-]+)+/\S*)[.)]*$|" + VALUE + "$")
_TELEPHONE = re.compile(r"[+\d][\d ()/-]{5,}[.)]*$")
_ENDS = (".", "!", "?")
_CLOSING_MARKS = "\"'”“»’)]*_ "


def spots(block: Block, text: Text, rules: Rules) -> Iterator[Spot]:
    """All such faults of one block."""
    signs = set(block.text)
    if not _UNFINISHED_SIGNS.isdisjoint(signs) or any(map(block.text.__contains__, _UNFINISHED_WORDS)):
        yield from _unfinished(block, rules)
    if block.role is Role.SALUTATION:
        yield from _greeting_nobody(block, rules)
    yield from _shouting(block, text, rules)
    if has_pictures := not signs.isdisjoint(":;") or max(signs, default="") >= _FIRST_PICTURE:
        yield from (Spot("over-familiar", *found.span()) for found in _EMOJI.finditer(block.text))
    if block.role is Role.SUBJECT:
        yield from _long_subject(block)
    elif block.role is Role.PROSE:
        yield from _small_letters(block, text, rules)
        yield from _no_stop(block, text, has_pictures=has_pictures)
    if _PAIR.search(block.text):
        yield from _doubled(block, rules)


def _unfinished(block: Block, rules: Rules) -> Iterator[Spot]:
    """ "null" is a word of several languages: zero. Status pages put a subject's tag in brackets before it."""
    tag = _TAG.match(block.text) if block.role is Role.SUBJECT else None
    for found in _UNFINISHED.finditer(block.text, tag.end() if tag else 0):
        if not (found[0] in rules.common_words or _NONE_IN_A_SENTENCE.match(block.text, found.start())):
            yield Spot("unfinished", *found.span())


def _greeting_nobody(block: Block, rules: Rules) -> Iterator[Spot]:
    """French has a space before "!", with or without a name: "Bonjour !"."""
    nobody = _NOBODY.search(block.text)
    if nobody and not (rules.code == "fr" and nobody[0].endswith("!")):
        yield Spot("unfinished", *nobody.span())


def _shouting(block: Block, text: Text, rules: Rules) -> Iterator[Spot]:
    if "!" in block.text:
        yield from (Spot("shouting", *found.span()) for found in _BANGS.finditer(block.text) if "!" in found[0])
    written = [block.text[word.start : word.end] for word in text.words]
    if not any(map(str.isupper, written)):
        return
    run: list[tuple[int, int]] = []
    for number, word in enumerate([*written, ""]):
        if word.isupper() and _CAPITAL_WORD.match(word):
            run.append((text.words[number].start, text.words[number].end))
            continue
        if run and (_is_loud(run) or _is_stressed([block.text[first:last] for first, last in run], rules)):
            yield Spot("shouting", run[0][0], run[-1][1])
        run = []


def _is_loud(run: Sequence[tuple[int, int]]) -> bool:
    return len(run) >= _CAPITALS and sum(end - start for start, end in run) >= _SHOUTED


def _is_stressed(words: Sequence[str], rules: Rules) -> bool:
    """Whether one of them is a common word: "WITH care". A shorter one may be an abbreviation: "WHO", "ESA"."""
    return any(len(word) >= _STRESSED and normal(word) in rules.common_words for word in words)


def _long_subject(block: Block) -> Iterator[Spot]:
    length = len(block.text) + block.text.count(VALUE) * (_VALUE - 1)
    if length > SUBJECT:
        yield Spot("long-subject", 0, len(block.text))


def _small_letters(block: Block, text: Text, rules: Rules) -> Iterator[Spot]:
    """A block's first sentence counts, too, but not one that goes on after a salutation's comma: see ``critic``.

    "NOW!!! come in" shouts, and is one sentence.
    """
    ends = (*_ENDS, ";") if rules.code == "el" else _ENDS  # the Greek question mark
    for sentence in text.sentences:
        word = text.words[sentence.first]
        written = block.text[word.start : word.end]
        if not written.islower() or word.text in rules.abbreviations:
            continue
        if _ADDRESS.search(block.text[word.start : word.start + _NEAR].split()[0]):
            continue
        before = block.text[max(0, word.start - _NEAR) : word.start].rstrip(_CLOSING_MARKS + "\n")
        if word.start == 0 or (before.endswith(ends) and not before.endswith(("!!", "..."))):
            yield Spot("lower-case-start", word.start, word.end)


def _no_stop(block: Block, text: Text, *, has_pictures: bool) -> Iterator[Spot]:
    if len(text.words) < _PARAGRAPH:
        return
    body = (_EMOJI.sub("", block.text) if has_pictures else block.text).rstrip(_CLOSING_MARKS)
    if not body[-1:].isalnum() or _ADDRESS.search(block.text[-_NEAR:]):
        return
    lines = body.split("\n")
    if len(lines) > 1 and (all(": " in line for line in lines) or min(map(len, lines[:-1])) < _FULL_LINE):
        return  # values, each after its name; or lines that are no paragraph's, since it would have filled them
    if _TELEPHONE.search(block.text[-_NEAR:]) and all(_spoken(line) < _PARAGRAPH for line in block.text.split("\n")):
        return
    last = text.sentences[-1]
    if _is_titled([block.text[word.start : word.end] for word in text.words[last.first : last.end]]):
        return
    start = text.words[max(last.first, last.end - 4)].start
    yield Spot("missing-full-stop", start, text.words[-1].end)


def _is_titled(words: list[str]) -> bool:
    """Whether most long words have capitals, as in a firm's name with its address."""
    long = [word for word in words if len(word) > _SMALL and not word[0].isdigit()]
    return sum(word[0].isupper() for word in long) * 4 > len(long) * 3


def _spoken(line: str) -> int:
    """The words of a line that are no numbers."""
    return sum(not word.text[:1].isdigit() for word in words_in(line))


def _doubled(block: Block, rules: Rules) -> Iterator[Spot]:
    for found in _DOUBLED.finditer(block.text):
        before = block.text[max(0, found.start() - 12) : found.start()].split()[-1:]
        # A number with a stop is an ordinal or a date in many languages: "15.11.2026., Riga".
        abbreviated = before and (before[0][-1].isdigit() or is_abbreviation(normal(before[0]), rules.abbreviations))
        if not (found[0] in {".,", ".;"} and abbreviated):
            yield Spot("doubled-stop", *found.span())
