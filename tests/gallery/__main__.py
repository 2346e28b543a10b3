"""``python -m tests.gallery``: pictures of all letters on one page, ``build/gallery/index.html``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.gallery.page import Exhibit, page
from tests.gallery.pictures import photographed
from tests.gallery.samples import layouts, library, saved
from tests.pages.browser import CHROMIUM, chromium

FOLDER = Path(__file__).resolve().parents[2] / "build" / "gallery"  # git-ignored


def main() -> None:
    """Write every letter, photograph it four times, and say where the page is."""
    if CHROMIUM is None:
        sys.exit("There is no Chromium here; on Debian: apt-get install chromium")
    shutil.rmtree(FOLDER, ignore_errors=True)
    documents = saved([*library(), *layouts()], FOLDER / "letters")
    with chromium() as browser:
        exhibits = [
            Exhibit(sample=documents[document], document=document, pictures=pictures)
            for document, pictures in photographed(documents, browser, FOLDER / "pictures")
        ]
    index = FOLDER / "index.html"
    index.write_text(page(exhibits, FOLDER), encoding="utf-8")
    sys.stdout.write(f"{len(exhibits)} letters: {index.as_uri()}\n")


if __name__ == "__main__":
    main()
