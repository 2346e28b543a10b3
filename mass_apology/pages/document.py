"""The frame of every page: one file that runs only its own script and makes no network request.

The policy in the page (CSP Level 3) holds even if a value were to slip through the escaping: no request, no foreign
script, no form, no other base address.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

# Characters that are invisible or change the direction of their neighbours: controls, line separators, bidirectional
# marks, zero-width characters, fillers, tags; and lone surrogates, which UTF-8 cannot encode.
_UNSEEN_IN_LINES = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSEEN_BUT_BREAKS = re.compile(f"[{_UNSEEN_IN_LINES}]")
_UNSEEN = re.compile(f"[\t\n{_UNSEEN_IN_LINES}]")

# The joiners belong between two letters of Persian or Hindi and between two emoji, and nowhere else.
_JOINED = "[\u0250-\u1fff\u2190-\ufefe\U00010000-\U0001ffff]"
_STRAY_JOINER = re.compile(f"[\u200c\u200d](?!{_JOINED})|(?<!{_JOINED})[\u200c\u200d]")


def reveal_unseen(text: str, *, lines: bool = False) -> str:
    """Make hidden characters of untrusted text visible: ``"a\\u202eb"`` becomes ``"a⟨U+202E⟩b"``.

    The result is one line, as tabs and line breaks count as unseen; with ``lines`` they stay. It can be encoded as
    UTF-8. It is text and still wants ``escape``.
    """
    shown = (_UNSEEN_BUT_BREAKS if lines else _UNSEEN).sub(_as_escape, text)
    if "\u200c" in shown or "\u200d" in shown:
        return _STRAY_JOINER.sub(_as_escape, shown)
    return shown


def harmless(text: str) -> str:
    """Untrusted text as HTML, for an element's content or a quoted attribute: revealed, then escaped."""
    return escape(reveal_unseen(text))


@cache
def page_file(name: str) -> str:
    """The text of a style sheet or script of this package, by its file name."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def shared_style() -> str:
    """The CSS of all pages: type, colours in light and dark, focus, tables. A page adds its own rules."""
    return page_file("document.css")


def document(
    *,
    title: str,
    style: str,
    body: Iterable[str],
    script: str = "",
    letters: bool = False,
    language: str = "en",
) -> Iterator[str]:
    """A whole self-contained HTML page, in pieces.

    ``title`` and ``language`` are text; ``body`` is HTML, and its values are already ``harmless``. ``style`` is all of
    the page's CSS, ``script`` runs at the end of the body. The page's policy admits these two by their SHA-256 and
    nothing else, images only as ``data:`` URIs, and no form and no base address.

    ``letters`` says that the page shows letters in srcdoc frames. These inherit the policy, and letters are full of
    style attributes, so any inline style is admitted; scripts still are only by their hash.

    Raises ``ValueError`` where the style or the script would end its own element.
    """
    if "</style" in style.lower() or "</script" in script.lower() or "<!--" in script:
        raise ValueError("a page's style or script would end its own element")
    yield (
        f'<!doctype html>\n<html lang="{harmless(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_policy(style, script, letters=letters))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{harmless(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield from body
    if script:
        yield f"<script>{script}</script>\n"
    yield "</body>\n</html>\n"


def _as_escape(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"


def _policy(style: str, script: str, *, letters: bool) -> str:
    styles = "'unsafe-inline'" if letters else _admitted(style)
    return (
        f"default-src 'none'; script-src {_admitted(script)}; style-src {styles}; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )


def _admitted(inline: str) -> str:
    """The CSP source that admits exactly this inline text."""
    if not inline:
        return "'none'"
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"
