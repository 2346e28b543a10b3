"""Renders the live page's templates. What comes from outside is escaped, and its hidden characters are made visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from mass_apology.model import Status
from mass_apology.pages.charts import share_bar, swatch
from mass_apology.pages.document import page_file, reveal_unseen, shared_style
from mass_apology.pages.web.rate_chart import rate_chart
from mass_apology.pages.words import MEANINGS, lasted, present, status_word
from mass_apology.quantities import counted, number

_HERE = Path(__file__).parent
_STYLES = ("charts.css", "sheet.css")

_FIRST = ("now", "limit", "end", "people", "buttons")  # the five questions
PARTS = (*_FIRST, "pace", "relays", "chart", "waves", "shares", "replies", "notes", "asof")
"""What the campaign's page is made of, and what is replaced in it when it changes."""


def page(name: str, **values: object) -> str:
    """The page of this template, ``overview`` for overview_page.html."""
    return _environment().get_template(f"{name}_page.html").render(values)


def part(name: str, **values: object) -> str:
    """One part of the campaign's page."""
    return _environment().get_template(f"part_{name}.html").render(values)


def marked(html: str) -> Markup:
    """What ``part`` has made, for a page."""
    return Markup(html)  # noqa: S704 (it is escaped)


@cache
def style() -> str:
    """All CSS of the live page: that of the other pages, and its own."""
    return "\n".join([shared_style(), *map(page_file, _STYLES), _own("live.css")])


@cache
def script(name: str) -> str:
    """A script of the live page: live.js, passkey.js."""
    return _own(name)


def _own(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_revealed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "status": _status,
        "lasted": lasted,
        "time": _time,
        "clock": _clock,
        "unix": _unix,
        "segment": lambda text: quote(text, safe=""),  # of an address's path
    }
    made.globals |= {
        "counted": counted,
        "present": present,
        "meaning": MEANINGS.__getitem__,
        "share_bar": _share_bar,
        "swatch": lambda status: Markup(swatch(Status(status))),  # noqa: S704 (its values are ours)
        "rate_chart": _rate_chart,
        "parts": PARTS,
    }
    return made


def _revealed(value: object) -> object:
    """Of text that is not markup: hidden characters become visible."""
    return reveal_unseen(value, lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value


def _share_bar(counts: Mapping[Status, int], name: str, title: str) -> Markup:
    return Markup(share_bar(counts, name=name, title=title))  # noqa: S704 (it escapes its texts)


def _status(status: Status) -> str:
    return status_word(Status(status))


def _zone(context: Context) -> tzinfo:
    zone = context.get("zone", UTC)
    return zone if isinstance(zone, tzinfo) else UTC


@pass_context
def _time(context: Context, at: datetime) -> Markup:
    """In the zone of the page: the campaign's."""
    shown = f"{at.astimezone(_zone(context)):%Y-%m-%d %H:%M:%S %Z}"
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", shown)


@pass_context
def _unix(context: Context, at: float) -> Markup:
    """Of Unix seconds."""
    return _time(context, datetime.fromtimestamp(at, UTC))


@pass_context
def _clock(context: Context, at: datetime) -> Markup:
    shown = f"{at.astimezone(_zone(context)):%H:%M:%S}"
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", shown)


@pass_context
def _rate_chart(context: Context, steps: Sequence[tuple[datetime, int]], seconds: int) -> Markup:
    return Markup(rate_chart(steps, seconds, _zone(context)))  # noqa: S704 (its values are numbers and times)
