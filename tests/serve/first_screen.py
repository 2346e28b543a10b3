"""Five questions, and whether a phone's first screen answers them."""

from __future__ import annotations

from collections.abc import Sequence

from browser import axe_violations
from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
PARTS = ("now", "limit", "end", "people", "buttons")
"""Is it moving, what holds it back, when does it end, who has not heard and why, what can be pressed."""


def answered_on_first_screen(page: Page, said: Sequence[str]) -> None:
    """Each part says this, without scrolling, and axe finds nothing."""
    for part, words in zip(PARTS, said, strict=True):
        element = page.locator(f"#part-{part}")
        assert words in " ".join(element.inner_text().split()), part
    last = page.locator("#part-buttons button, #part-buttons summary, #part-buttons p").first
    for shown in (page.locator("h1"), *(page.locator(f"#part-{part} p").first for part in PARTS[1:4]), last):
        box = shown.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= PHONE["height"], shown
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert axe_violations(page) == ""
