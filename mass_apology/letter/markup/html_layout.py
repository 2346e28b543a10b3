"""The frame around a body: a page of HTML whose CSS is inlined once, and a text around the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import escape

from css_inline import CSSInliner, InlineError
from msgspec import Struct

from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.markdown import Body
from mass_apology.letter.markup.masking import Mask
from mass_apology.letter.markup.source import Fragment, mistake

SLOTS = frozenset({"subject", "preheader", "body"})
"""The variables of a layout that stand for the letter's own parts; each is printed alone, as in ``{{ body }}``."""

MAX_ELEMENTS = 1_000
"""Of a layout. What inlines the styles goes down a level of its stack for each that stands in another."""

_ELEMENT = re.compile(r"<[A-Za-z]")

STYLING = ("language", "direction", "brand.colour", "brand.ink")
"""What may stand in a layout's styles too, printed alone: it is put in before they are inlined."""


class Parts(Struct, frozen=True, kw_only=True):
    """What a layout frames, masked, and in what."""

    subject: str  # plain text
    preheader: str  # plain text
    body: Body
    styling: Mapping[str, str]  # values of ``STYLING``, of letters, digits and "#" only


def frame_html(layout: Fragment, parts: Parts, mask: Mask) -> str:
    """The whole HTML document, masked, with its styles inlined; rules under ``@media`` stay in a style element."""
    _refuse_many_elements(layout, "layout")
    guard = Guard(mask=mask, path=layout.path, text=layout.text)
    page = _commented(guard.attributes(mask.hide(layout)), mask)
    own = {"subject": escape(parts.subject), "preheader": escape(parts.preheader), "body": parts.body.html}
    slots = {**parts.styling, **own}
    return _inlined(_filled(page, slots, layout, mask), layout, mask)


def inlined(page: str, letter: Fragment, mask: Mask, kept: re.Pattern[str]) -> str:
    """A whole page of one's own, masked, with its styles inlined too; comments that match ``kept`` stay as they are."""
    _refuse_many_elements(letter, "page")
    pieces, end = [], 0
    for comment in kept.finditer(page):
        pieces += [_commented(page[end : comment.start()], mask), comment[0]]
        end = comment.end()
    return _inlined("".join([*pieces, _commented(page[end:], mask)]), letter, mask, keep_style_tags=True)


def _refuse_many_elements(file: Fragment, what: str) -> None:
    if len(_ELEMENT.findall(file.text)) > MAX_ELEMENTS:
        problem = f"the {what} has more than {MAX_ELEMENTS:,} elements."
        raise mistake(file.path, 1, problem, "Make it simpler.")


def _inlined(page: str, file: Fragment, mask: Mask, *, keep_style_tags: bool = False) -> str:
    try:
        # Remote style sheets would be fetched at every load, and by every reader.
        styled = CSSInliner(
            load_remote_stylesheets=False, keep_at_rules=True, keep_style_tags=keep_style_tags, minify_css=True
        ).inline(page)
    except InlineError as error:
        raise mistake(file.path, 1, f"the styles cannot be inlined: {error}.", "Correct the CSS.") from error
    _check_kept(page, styled, mask)
    return styled


def frame_text(layout: Fragment, parts: Parts, mask: Mask) -> str:
    """The whole text, masked."""
    slots = {"subject": parts.subject, "preheader": parts.preheader, "body": parts.body.text}
    return _filled(mask.hide(layout), slots, layout, mask)


def _commented(page: str, mask: Mask) -> str:
    """Statements as comments, which an HTML parser leaves where they are, inside tables too."""
    return mask.pattern.sub(lambda match: f"<!--{match[1]}-->" if mask.token(match).statement else match[1], page)


def _filled(masked: str, slots: Mapping[str, str], layout: Fragment, mask: Mask) -> str:
    if [token.code.strip() for token in mask.find(masked)].count("body") != 1:
        raise mistake(layout.path, 1, "the layout does not print `{{ body }}` once.", "Write `{{ body }}` in it once.")
    return mask.pattern.sub(lambda match: slots.get(mask.token(match).code.strip(), match[0]), masked)


def _check_kept(before: str, after: str, mask: Mask) -> None:
    """Every piece of Jinja must come through the HTML parser as it went in."""
    lost = Counter(match[0] for match in mask.pattern.finditer(before))
    lost.subtract(match[0] for match in mask.pattern.finditer(after))
    for word, count in lost.items():
        if count:
            token = mask.find(word)[0]
            problem = f"`{token.code.strip()}` stands where HTML allows none, such as inside a tag."
            raise mistake(token.path, token.line, problem, "Move it between the elements.")
