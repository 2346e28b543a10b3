"""Every shipped letter, written by the product's own writer."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.letter.template_files import available_languages
from mass_apology.model import Content
from tests.gallery.examples import LOGO, TEMPLATES, customer, writer

PLAIN = "plain"
LAYOUTS = tuple(sorted(path.stem for path in (TEMPLATES / "layouts").glob("*.html")))
SHOWS_LAYOUTS = "service-outage"
"""The scenario that is written in the layouts other than ``PLAIN``: a layout does not differ by scenario."""

DATE = "Sat, 21 Nov 2026 09:00:00 +0000"
"""When the letters are written: the day after what they tell."""

_IMAGE = re.compile(r'src="cid:[^"]*"')


class Sample(Struct, frozen=True, kw_only=True):
    """One letter of the library, written."""

    scenario: str
    language: str
    layout: str
    complete: bool  # with all facts and columns; with the required ones only otherwise
    content: Content

    @property
    def name(self) -> str:
        """Unique, and usable as a file's name."""
        return f"{self.scenario}-{self.language}-{self.layout}-{'all' if self.complete else 'required'}"


def library() -> Iterator[Sample]:
    """All scenarios in all their languages, with all facts and with the required ones only."""
    for path in sorted(TEMPLATES.glob("*/scenario.toml")):
        yield from samples(path.parent.name, PLAIN)


def layouts() -> Iterator[Sample]:
    """One scenario in every layout but ``PLAIN``, in all its languages."""
    for layout in LAYOUTS:
        if layout != PLAIN:
            yield from samples(SHOWS_LAYOUTS, layout)


def samples(scenario: str, layout: str) -> Iterator[Sample]:
    """One scenario in one layout, in all its languages, with all facts and with the required ones only."""
    for complete in (True, False):
        for language in available_languages(scenario, [TEMPLATES]):
            whom = customer(scenario, language, complete=complete)
            content = writer(scenario, layout, complete=complete).content(whom, date=DATE)
            yield Sample(scenario=scenario, language=language, layout=layout, complete=complete, content=content)


def message(sample: Sample, *, date: str, eightbit: bool) -> bytes:
    """The message that carries the letter; its Message-ID names the letter. ``date`` comes from ``rfc5322_date``."""
    whom = customer(sample.scenario, sample.language, complete=sample.complete)
    whom = replace(whom, message_id=f"<{sample.name}@acme.example>")
    made = writer(sample.scenario, sample.layout, complete=sample.complete)
    return made.message(whom, sample.content, date=date, eightbit=eightbit).data


def saved(samples: Iterable[Sample], folder: Path) -> dict[Path, Sample]:
    """Each letter's HTML in a file of its own, whose path says which letter it is; its image, the logo, is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {(folder / f"{each.name}.html").resolve(): each for each in samples}
    logo = f'src="data:image/png;base64,{b64encode(LOGO.read_bytes()).decode("ascii")}"'
    for path, each in files.items():
        path.write_text(_IMAGE.sub(logo, each.content.html), encoding="utf-8")
    return files
