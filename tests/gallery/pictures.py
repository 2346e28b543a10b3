"""Pictures of letters in Chromium: on a telephone and on a screen, light and dark."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from playwright.sync_api import Browser, CDPSession, Page

from tests.gallery.accessibility import NARROW, THEMES, Theme

WIDTHS = (NARROW, 800)
"""CSS pixels."""
_QUALITY = 70  # per cent; letters stay sharp, and a thousand pictures take some 40 MB


class Picture(Struct, frozen=True, kw_only=True):
    """One picture of one letter."""

    path: Path
    width: int
    height: int
    theme: Theme


def photographed(letters: Iterable[Path], browser: Browser, folder: Path) -> Iterator[tuple[Path, list[Picture]]]:
    """Each letter with its pictures, whole from top to bottom. Nothing is fetched from anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(offline=True)
    page = context.new_page()
    developer = context.new_cdp_session(page)  # Playwright's own pictures are PNG or JPEG, several times as large
    for letter in letters:
        page.goto(letter.as_uri())
        yield letter, [_picture(page, developer, letter, folder, *how) for how in _ways()]
    context.close()


def _ways() -> Iterator[tuple[int, Theme]]:
    return ((width, theme) for width in WIDTHS for theme in THEMES)


def _picture(page: Page, developer: CDPSession, letter: Path, folder: Path, width: int, theme: Theme) -> Picture:
    page.set_viewport_size({"width": width, "height": 200})  # lower than any letter: the picture is as high as it
    page.emulate_media(color_scheme=theme)
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    how = {"format": "webp", "quality": _QUALITY, "captureBeyondViewport": True, "clip": clip}
    path = folder / f"{letter.stem}-{width}-{theme}.webp"
    path.write_bytes(b64decode(developer.send("Page.captureScreenshot", how)["data"]))
    return Picture(path=path, width=width, height=height, theme=theme)
