"""Which blocks of a letter are its salutation and its signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from mass_apology.wording.contacts import is_name
from mass_apology.wording.letter_text import Block, Document, Role
from mass_apology.wording.matching import Patterns
from mass_apology.wording.sentences import VALUE, first_word, has_words, words_in
from mass_apology.wording.wording_rules import Rules

_SHORT = 9  # words that a salutation or a line of a signature may have
_SIGNATURE = 14  # words that a block of it may have
_REMEMBERED = 1 << 14  # lines
_LAST = 12  # blocks at the end among which the signature begins


def shaped(document: Document, rules: Rules) -> Document:
    """The document, with the roles of its first and last blocks as a reader takes them."""
    blocks = list(_with_salutation(document.blocks, rules))
    return replace(document, blocks=tuple(_with_signature(blocks, rules)))


def _with_salutation(blocks: Sequence[Block], rules: Rules) -> Iterator[Block]:
    """A salutation is the first line of a paragraph, and has nothing but headings, names and pictures before it."""
    waiting = True
    greets = _has_salutation(blocks, rules)
    for block in blocks:
        if not waiting or block.role is not Role.PROSE:
            yield block
            continue
        line = block.text.partition("\n")[0]
        if _greets(line, rules):
            waiting = False
            yield replace(part(block, 0, len(line)), role=Role.SALUTATION)
            if len(line) < len(block.text):
                yield part(block, len(line) + 1, len(block.text))
            continue
        waiting = not has_words(line, _SHORT + 1) and not line.endswith(".")
        # What stands before the salutation in a line of its own is a heading, such as a recall's.
        is_heading = waiting and greets and "\n" not in block.text
        yield replace(block, role=Role.HEADING) if is_heading else block


def _has_salutation(blocks: Sequence[Block], rules: Rules) -> bool:
    prose = (each for each in blocks if each.role is Role.PROSE)
    return any(begins_with(each.text.partition("\n")[0], rules.greetings) for each in prose)


@lru_cache(maxsize=_REMEMBERED)
def _greets(line: str, rules: Rules) -> bool:
    if has_words(line, _SHORT + 1) or not has_words(line, 1):
        return False
    spoken = line.rpartition(",")[2] if line.endswith("!") else line  # "Anna, good morning!"
    return (
        any(begins_with(each, rules.greetings) for each in (line, spoken))
        or line.rstrip().endswith(",")
        or line.strip(" ,!*") == VALUE
    )


def _with_signature(blocks: Sequence[Block], rules: Rules) -> Iterator[Block]:
    """A signature begins at the closing; where there is none, with the name of who signs."""
    started = False
    for number, block in enumerate(blocks):
        if block.role is not Role.PROSE or number < len(blocks) - _LAST:
            yield block
        elif started and not has_words(block.text, _SIGNATURE + 1) and not _is_sentence(block):
            yield replace(block, role=Role.SIGNATURE)
        elif started:
            yield block
        else:
            at = _closing(block, rules)
            started = at is not None
            if at is None:
                yield block
                continue
            if at:
                yield part(block, 0, at - 1)
            yield replace(part(block, at, len(block.text)), role=Role.SIGNATURE)


def _closing(block: Block, rules: Rules) -> int | None:
    """Where in the block the line of the closing, or of the name, begins."""
    at = 0
    for line in block.text.split("\n"):
        if begins_with(line, rules.closings) and not has_words(line, _SHORT + 1):
            return at
        at += len(line) + 1
    return 0 if _begins_with_name(block, rules) else None


def _begins_with_name(block: Block, rules: Rules) -> bool:
    lines = block.text.split("\n")
    return is_name(lines[0], rules) and all(not has_words(line, _SHORT + 1) and line[-1:] != "." for line in lines)


def _is_sentence(block: Block) -> bool:
    return block.text.endswith((".", "!", "?")) and has_words(block.text, _SHORT)


@lru_cache(maxsize=_REMEMBERED)
def begins_with(line: str, patterns: Patterns) -> bool:
    """Whether one of ``patterns`` matches at the line's beginning. Letters of a campaign have most lines in common."""
    first = first_word(line)
    return first != "" and patterns.can_begin_with(first) and patterns.fits_at_start(words_in(line))


def part(block: Block, start: int, end: int) -> Block:
    """A piece of a block, of the same role."""
    return replace(block, text=block.text[start:end], places=block.places[start:end])
