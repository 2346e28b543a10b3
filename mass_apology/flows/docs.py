"""``docs``: the pages of documentation that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import DocsError
from mass_apology.system.shipped_folder import shipped_folder

_NAMED = 5  # pages that an error names


class Page(Struct, frozen=True, kw_only=True):
    """One page, as the list of pages shows it."""

    name: str  # "guards"
    title: str  # its first line


def pages() -> list[Page]:
    """All pages by name. Raises ``InstallationError`` where they were not installed."""
    return [Page(name=name, title=_title(path)) for name, path in _files().items()]


def read(name: str) -> str:
    """The page's Markdown; the name may end with ``.md``. Raises ``DocsError`` where there is no such page."""
    files = _files()
    path = files.get(name.removesuffix(".md").lower())
    if path is not None:
        return path.read_text(encoding="utf-8")
    near = ", ".join(_near(name, files))
    raise DocsError(
        f"There is no page {name!r}; near it: {near}." if near else f"There is no page {name!r}.",
        next_step="For the names of all pages: mass-apology docs",
    )


def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in sorted(shipped_folder("docs").glob("*.md"), key=lambda path: path.stem)}


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as page:
        return page.readline().lstrip("#").strip()


def _near(name: str, files: Mapping[str, Path]) -> list[str]:
    """Pages with nearly that name; where there are none, those that have the word most often."""
    word = name.casefold()
    if near := get_close_matches(word, files, n=_NAMED):
        return near
    found = {each: path.read_text(encoding="utf-8").casefold().count(word) for each, path in files.items()}
    return sorted((each for each in found if found[each]), key=lambda each: (-found[each], each))[:_NAMED]
