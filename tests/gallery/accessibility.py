"""axe's judgement of letters in Chromium, and whether they fit on a telephone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from msgspec import Struct
from playwright.sync_api import Browser, Page

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
NARROW = 320
"""CSS pixels: the narrowest telephone, and a page at 400 % (WCAG 2.2, 1.4.10)."""

# A letter is read inside the page of a mail client, which has the main landmark and shows the subject as the heading;
# a second one of each would be a mistake there.
_OUTLINE_OF_A_PAGE = ("landmark-one-main", "page-has-heading-one", "region")
_OPTIONS: Mapping[Theme, Mapping[str, object]] = {
    "light": {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in _OUTLINE_OF_A_PAGE}},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},  # nothing but the colours differs
}


class Barrier(Struct, frozen=True, kw_only=True):
    """What keeps somebody from reading one letter."""

    letter: Path
    theme: Theme
    rule: str  # axe's name of it; "sideways" where the letter is wider than the screen
    element: str  # the first one's HTML


def barriers(letters: Iterable[Path], browser: Browser) -> Iterator[Barrier]:
    """Everything found in the letters on a narrow screen, light and dark: structure, names, contrast, language."""
    context = browser.new_context(viewport={"width": NARROW, "height": 640}, offline=True)
    try:
        page = context.new_page()
        for letter in letters:
            page.goto(letter.as_uri())
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                yield from _violations(page, letter, theme)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW:
                yield Barrier(letter=letter, theme="light", rule="sideways", element=f"<html> of {width} px")
    finally:
        context.close()


def _violations(page: Page, letter: Path, theme: Theme) -> Iterator[Barrier]:
    violations: Sequence[dict[str, list[dict[str, str]]]] = (
        Axe().run(page, options=_OPTIONS[theme]).response["violations"]
    )
    for each in violations:
        yield Barrier(letter=letter, theme=theme, rule=str(each["id"]), element=each["nodes"][0]["html"][:120])
