"""Markdown as mailmerge turns it into HTML: every line end a line break, no tables, raw HTML as it is.

mailmerge uses Python-Markdown, which is not CommonMark. What the two take differently as a rule is switched off here,
and ``differences`` names the rest where a source has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.markdown import Flavour, compile_body, parser_of
from mass_apology.letter.markup.masking import Mask, undashed
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.source import Fragment

_ADDED = frozenset({"filter unless_blank", "endfilter"})  # by our own compiler
_START = re.compile(r'<ol start="\d+">')
_ITEM = r"(?:[-*+]|\d+\.)[ \t]"


class _Unguarded(Guard, frozen=True, kw_only=True):
    """Leaves addresses as they are: the page that they come to stand in is guarded as a whole."""

    def address(self, masked: str) -> str:
        return masked

    def image(self, masked: str) -> str:
        return masked


def markdown_page(source: str, name: str) -> str:
    """The page of a part in Markdown, with its Jinja in place. Raises ``TemplateError``."""
    environment = LetterEnvironment(Localiser(SHIPPED["en"]))
    fragment = Fragment(path=Path(name), line=1, text=source)
    mask = Mask(environment, [source], {})
    guard = _Unguarded(mask=mask, path=fragment.path, text=source)
    body = compile_body(mask.hide(undashed(fragment)), mask, guard, flavour=Flavour.PYTHON_MARKDOWN)

    def restored(match: re.Match[str]) -> str:
        token = mask.token(match)
        if token.code in _ADDED:
            return ""
        return f"{{%{token.code}%}}" if token.statement else f"{{{{{token.code}}}}}"

    return f"<html><body>{_START.sub('<ol>', mask.pattern.sub(restored, body.html)).strip()}</body></html>"


def differences(source: str) -> Iterator[str]:
    """Sentences about what Python-Markdown takes for something else than CommonMark does."""
    if re.search(rf"(?m)^ {{1,3}}{_ITEM}", source):
        yield "A list item is indented by less than four spaces: mailmerge does not put it inside the item above."
    if re.search(r"(?m)^\d+\)[ \t]", source):
        yield "`1)` begins a list here, and is text in mailmerge's letters."
    if re.search(r"(?m)^#{1,6}[^#\s]", source):
        yield "`#Heading` without a space is a heading in mailmerge's letters, and text here."
    if re.search(r"(?m)^ {1,3}#{1,6}[ \t]", source):
        yield "A heading that is indented is one here, and text in mailmerge's letters."
    if re.search(r"\*\*\*\S|___\S", source):
        yield "`***both***` is strong words with emphasis in them for mailmerge, and the reverse here: they look alike."
    if re.search(r"(?m)^>.*\n\n+>", source):
        yield "Quotations with an empty line between them are one in mailmerge's letters, and two here."
    if re.search(r"\\\n", source):
        yield "A backslash at the end of a line is a line break here, and stays in mailmerge's letters."
    if re.search(r"(?m)^(?:~~~|```)\w", source):
        yield "A fenced block with a language reads differently in mailmerge's letters."


def markdown_html(text: str) -> str:
    """The page of a text without Jinja."""
    return f"<html><body>{_START.sub('<ol>', parser_of(Flavour.PYTHON_MARKDOWN).render(text))}</body></html>"
