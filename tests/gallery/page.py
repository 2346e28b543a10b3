"""All pictures on one static page, to look through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from msgspec import Struct

from tests.gallery.accessibility import NARROW
from tests.gallery.pictures import Picture
from tests.gallery.samples import Sample

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
_CHOICES = ("scenario", "language", "layout", "facts", "width", "theme")


class Exhibit(Struct, frozen=True, kw_only=True):
    """One letter in the gallery."""

    sample: Sample
    document: Path  # its HTML
    pictures: Sequence[Picture]


def page(exhibits: Sequence[Exhibit], folder: Path) -> str:
    """The page's HTML; it lies in ``folder``, above the documents and pictures."""
    letters = "\n".join(_article(each, folder) for each in exhibits)
    return _PAGE.substitute(choices="\n".join(_choice(name, exhibits) for name in _CHOICES), letters=letters)


def _choice(name: str, exhibits: Iterable[Exhibit]) -> str:
    values = {_marks(each.sample).get(name) for each in exhibits}
    values |= {_picture_marks(picture).get(name) for each in exhibits for picture in each.pictures}
    options = "".join(f"<option>{escape(value)}</option>" for value in sorted(filter(None, values)))
    return f'<label>{name} <select name="{name}"><option value="">all</option>{options}</select></label>'


def _marks(sample: Sample) -> dict[str, str]:
    facts = "all" if sample.complete else "required"
    return {"scenario": sample.scenario, "language": sample.language, "layout": sample.layout, "facts": facts}


def _picture_marks(picture: Picture) -> dict[str, str]:
    return {"width": str(picture.width), "theme": picture.theme}


def _article(exhibit: Exhibit, folder: Path) -> str:
    content = exhibit.sample.content
    pictures = "".join(_figure(each, exhibit, folder) for each in exhibit.pictures)
    return (
        f"<article {_data(_marks(exhibit.sample))}>"
        f'<h2 lang="{exhibit.sample.language}">{escape(content.subject)}</h2>'
        f'<p><a href="{_link(exhibit.document, folder)}">{escape(exhibit.sample.name)}</a>'
        f" · HTML {len(content.html.encode()) / 1024:.1f} KB · text {len(content.text.encode()) / 1024:.1f} KB"
        f" · subject {len(content.subject)} characters</p>"
        f'<div class="letter">{pictures}<pre lang="{exhibit.sample.language}">{escape(content.text)}</pre></div>'
        "</article>"
    )


def _figure(picture: Picture, exhibit: Exhibit, folder: Path) -> str:
    link = _link(picture.path, folder)
    described = f"{exhibit.sample.name}, {picture.width} px, {picture.theme}"
    return (
        f'<a href="{link}" {_data(_picture_marks(picture))}>'
        f'<img loading="lazy" class="{"narrow" if picture.width == NARROW else "wide"}" src="{link}"'
        f' width="{picture.width}" height="{picture.height}" alt="{escape(described)}"></a>'
    )


def _data(marks: dict[str, str]) -> str:
    return " ".join(f'data-{name}="{escape(value)}"' for name, value in marks.items())


def _link(path: Path, folder: Path) -> str:
    return escape(path.relative_to(folder.resolve()).as_posix())
