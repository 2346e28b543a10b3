"""The preview page: every letter as its customer would see it, in one file that can be handed round.

A letter's parts stand in a data block of their own, which the browser reads only when the letter is shown; one compact
index serves the list, the filters and the search. So the page opens as fast with thousands of letters as with ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology.model import Severity
from mass_apology.pages.document import document, harmless, page_file, reveal_unseen, shared_style

_SCRIPTS = ("preview_letter.js", "preview_state.js", "preview_list.js", "preview_views.js", "preview.js")
_TITLE = "Preview of "
_BEGINNING = 4096  # octets of a page, with its title
_GRAVEST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INFO)

# JSON in a script element: nothing in it may look like markup, and older readers end a line at U+2028 and U+2029.
_ACTIVE = "<>&\u2028\u2029"


class Head(Struct, frozen=True, kw_only=True):
    """The facts about the plan at the top of the page."""

    campaign: str
    template: str
    wave: str = "first"
    code: str  # the plan's digest as words
    made_at: str  # when the preview was made, as text
    letters: int  # in the whole plan; the page may show a sample of them
    lacking: tuple[str, ...] = ()  # facts that campaign.toml lacks, and the letters show examples of
    notes: tuple[str, ...] = ()  # sentences: how the sample was drawn, what was set aside


class LetterFinding(Struct, frozen=True, kw_only=True):
    """A finding about one letter."""

    severity: Severity
    code: str  # kebab-case
    problem: str  # a sentence
    advice: str  # a sentence
    marks: tuple[str, ...] = ()  # exact words, highlighted wherever the letter has them


class Letter(Struct, frozen=True, kw_only=True):
    """One letter, rendered, and its message."""

    number: int  # in the plan, from 1
    line: int  # of the recipients file
    name: str
    address: str
    language: str
    domain: str
    segments: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()  # its optional sentences, as short texts
    subject: str
    text: str
    html: str  # a whole document
    source: str  # the message (RFC 5322); octets that are not UTF-8 as escapes
    images: Mapping[str, str] = {}  # content id → data: URI
    findings: tuple[LetterFinding, ...] = ()


def preview_page(head: Head, letters: Iterable[Letter]) -> Iterator[str]:
    """The page in pieces of a letter each; ``letters`` is read once, and only its index is kept in memory."""
    return document(
        title=f"{_TITLE}{head.campaign}",
        style=shared_style() + page_file("preview.css"),
        script="".join(page_file(name) for name in _SCRIPTS),
        body=_body(head, letters),
        letters=True,
    )


def is_preview_page(path: Path) -> bool:
    """Whether there is a page of this program at ``path``."""
    try:
        with path.open("rb") as file:
            return f"<title>{_TITLE}".encode() in file.read(_BEGINNING)
    except OSError:
        return False


def _body(head: Head, letters: Iterable[Letter]) -> Iterator[str]:
    yield '<noscript><p class="without-script">This page needs JavaScript, which is switched off here. Switch it on '
    yield "(nothing is loaded from any network), or write the letters as text: "
    yield "<code>mass-apology preview --to preview.txt</code></p></noscript>\n"
    yield f'<div id="page" hidden>\n<header class="top">{_top(head)}</header>\n{page_file("preview.html")}</div>\n'
    index = _Index()
    images: dict[str, int] = {}
    for position, letter in enumerate(letters):
        for uri in letter.images.values():
            if uri not in images:  # one logo serves every letter
                images[uri] = len(images)
                yield _data(f"image-{images[uri]}", uri)
        index.add(letter)
        yield _data(f"letter-{position}", _parts(letter, images))
    yield _data("index", {"facets": index.facets(), "letters": index.rows, "planned": head.letters})


def _top(head: Head) -> str:
    wave = (("Wave", head.wave),) if head.wave != "first" else ()
    facts = (*wave, ("Letter", head.template), ("Made", head.made_at), ("Version", head.code))
    notes = "".join(f"<li>{harmless(note)}</li>" for note in head.notes)
    return (
        '<div class="name"><p class="stage">Preview. Nothing has been sent.</p>'
        f'<h1><bdi>{harmless(head.campaign)}</bdi></h1></div>\n<dl class="facts">'
        '<div><dt>Letters</dt><dd id="extent"></dd></div>'
        + "".join(f"<div><dt>{term}</dt><dd><bdi>{harmless(fact)}</bdi></dd></div>" for term, fact in facts)
        + "</dl>\n"
        + (_examples(head.lacking) if head.lacking else "")
        + (f'<ul class="notes">{notes}</ul>\n' if notes else "")
    )


def _examples(lacking: Sequence[str]) -> str:
    facts = ", ".join(f"<code>{harmless(fact)}</code>" for fact in lacking)
    return (
        '<p class="examples" role="note"><strong>EXAMPLES — not your facts.</strong> '
        f"campaign.toml lacks {facts}: the letters show examples, marked, and cannot be sent.</p>\n"
    )


def _parts(letter: Letter, images: Mapping[str, int]) -> Mapping[str, object]:
    return {
        "text": reveal_unseen(letter.text, lines=True),
        "html": letter.html,
        "source": reveal_unseen(letter.source.replace("\r\n", "\n"), lines=True),
        "images": {name: images[uri] for name, uri in letter.images.items()},
        "findings": [
            {
                "severity": finding.severity,
                "code": reveal_unseen(finding.code),
                "problem": reveal_unseen(finding.problem),
                "advice": reveal_unseen(finding.advice),
                # The HTML has the words as they are, the text as they are shown.
                "marks": list(dict.fromkeys(_both_ways(finding.marks))),
            }
            for finding in sorted(letter.findings, key=lambda each: _GRAVEST_FIRST.index(each.severity))
        ],
    }


def _both_ways(marks: Iterable[str]) -> Iterator[str]:
    for words in marks:
        yield words
        yield reveal_unseen(words, lines=True)


class _Index:
    """The data of each letter for list, filters and search; repeated values are indexes into one vocabulary."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []
        self._vocabulary: dict[str, dict[str, int]] = {}

    def add(self, letter: Letter) -> None:
        gravest = min((_GRAVEST_FIRST.index(each.severity) for each in letter.findings), default=None)
        self.rows.append(
            (
                letter.number,
                letter.line,
                reveal_unseen(letter.name),
                reveal_unseen(letter.address),
                reveal_unseen(letter.subject),
                "" if gravest is None else _GRAVEST_FIRST[gravest],
                self._numbers("language", (letter.language,)),
                self._numbers("segment", letter.segments),
                self._numbers("domain", (letter.domain,)),
                self._numbers("finding", (each.code for each in letter.findings)),
                self._numbers("variant", letter.variant),
            )
        )

    def facets(self) -> Mapping[str, list[str]]:
        return {facet: [reveal_unseen(value) for value in values] for facet, values in self._vocabulary.items()}

    def _numbers(self, facet: str, values: Iterable[str]) -> list[int]:
        known = self._vocabulary.setdefault(facet, {})
        return sorted({known.setdefault(value, len(known)) for value in values})


def _data(name: str, value: object) -> str:
    # A lone surrogate cannot be written as UTF-8; as a backslash escape it is good JSON.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace").decode()
    for character in _ACTIVE:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>\n'
