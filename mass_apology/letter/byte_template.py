"""A language's letter as segments of octets with holes between them: a letter is its holes, and a few joins.

Segments are what all recipients in a time zone read alike, encoded once. ``docs/decisions/025-byte-templates.md`` says
what may differ by letter all the same, and where. The ordinary way, ``Template.render`` and ``Skeleton.compose``, makes
the same octets; where a letter cannot be made here it tells why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mass_apology.letter.customers import Customers, Rows
from mass_apology.letter.markup.compiled_letter import Filling, Unfilled
from mass_apology.letter.markup.static_parts import SEPARATOR
from mass_apology.letter.message.compose import LONGEST_LINE, Bodies
from mass_apology.letter.template_files import Template
from mass_apology.model import Content, Delivery

ZONES = 64
"""Of how many time zones the segments are kept; a zone's hold the letter twice, as text and as octets."""

_EMPTY_LINES = re.compile(rb"(?:\r\n){3,}")


Values = Callable[[Delivery, Rows, str], dict[str, Any]]
"""The variables of one letter: of a delivery, its rows and the message's Date."""


class Segments(NamedTuple):
    """What all letters of one language and time zone share."""

    texts: list[str]  # the whole letter, with an empty place for each hole
    subject: Part
    text: Part
    html: Part
    text_width: int  # octets of the longest line, with nothing in the holes
    html_width: int
    may_hold_boundary: bool
    is_tidy: bool  # the text, where no filling breaks its lines


class Part(NamedTuple):
    """Segments, with an empty place for each of the letter's holes from ``first`` to before ``last``."""

    first: int
    last: int
    octets: list[bytes]

    def joined(self, holes: Sequence[bytes]) -> bytes:
        """The part of one letter, given all of the letter's holes."""
        if self.first == self.last:
            return self.octets[0]
        pieces = self.octets.copy()
        pieces[1::2] = holes[self.first : self.last]
        return b"".join(pieces)


Filled = tuple[Segments, list[Filling]]
"""One letter: the segments of its time zone, and what its groups of holes are filled with."""


class ByteTemplate:
    """Writes the letters of one language."""

    def __init__(self, template: Template, customers: Customers, values: Values) -> None:
        self._template = template
        self._customers = customers
        self._values = values
        self._groups = [(group, group.kept, customers.key(group.inputs)) for group in template.script.groups]
        places = [place for group, _, _ in self._groups for place in group.places]
        self._order = sorted(range(len(places)), key=places.__getitem__)
        self._segments = lru_cache(ZONES)(self._in_zone)
        self._subject = lru_cache(1024)(self._subject_line)

    def filled(self, delivery: Delivery, rows: Rows, written: str) -> Filled:
        """One delivery's letter; ``rows`` are its rows, ``written`` the message's Date.

        Raises ``Unfilled``, or as many errors as an expression may.
        """
        customers = self._customers
        customers.read_types(rows)
        first = rows[0] if len(rows) == 1 else customers.first(delivery, rows)
        zone = customers.time_zone(delivery, rows[0])
        variables: _Variables | None = None
        fillings = []
        for group, kept, key_of in self._groups:
            key = key_of(delivery, rows, first, zone)
            filling = kept(key)
            if filling is None:
                variables = variables or _Variables(self._personal, self._values, delivery, rows, first, written)
                filling = group.filling(key, variables)
            fillings.append(filling)
        return self._segments(zone), fillings

    def _personal(self, name: str, delivery: Delivery, rows: Rows, first: Mapping[str, str]) -> str:
        if name == "code":
            return delivery.code
        judged = self._customers.judged(delivery, rows[0])
        if name == "name":
            return judged.shown
        return self._template.salutation(judged.greeted, self._customers.gender(first))

    def bodies(self, filled: Filled) -> Bodies:
        """What a message is put together from; raises as ``content`` does."""
        segments, fillings = filled
        every: list[bytes] = []
        text_width, html_width = segments.text_width, segments.html_width
        may_hold_boundary, is_tidy = segments.may_hold_boundary, segments.is_tidy
        for filling in fillings:
            every += filling.octets
            text_width += filling.text_width
            html_width += filling.html_width
            may_hold_boundary = may_hold_boundary or filling.has_underscore
            is_tidy = is_tidy and not filling.breaks_lines
        holes = [every[place] for place in self._order]
        text = segments.text.joined(holes)
        if not is_tidy:
            text = _ended(text) if self._template.text_is_exact else _tidied(text)
        html = segments.html.joined(holes)
        html = html and _ended(html)
        subject = self._subject(segments.subject.joined(holes))
        return Bodies(subject, text, html, text_width <= LONGEST_LINE >= html_width, not may_hold_boundary)

    def content(self, filled: Filled) -> Content:
        """The letter before it becomes a message; ``TemplateError`` where its subject cannot be one."""
        every = [text for filling in filled[1] for text in filling.texts]
        pieces = filled[0].texts.copy()
        pieces[1::2] = [every[place] for place in self._order]
        return self._template.content("".join(pieces))

    def _subject_line(self, octets: bytes) -> str:
        return self._template.subject_line(octets.decode().replace("\r\n", "\n"))

    def _in_zone(self, zone: str) -> Segments:
        stretches = self._template.script.stretches(zone)
        parts = _parts(stretches)
        if len(parts) != (4 if self._template.is_on_paper else 3):
            raise Unfilled
        subject, text, html = parts[:3]
        if not self._template.text_is_exact:
            text = text._replace(octets=_stripped(text.octets))
        segments = [*text.octets, *html.octets]
        return Segments(
            [piece for stretch in stretches for piece in (stretch, "")][:-1],
            subject,
            text,
            html,
            _width(text),
            _width(html),
            # A boundary has one "=_": it is in a segment, or begins in what stands before one, or ends in a hole.
            any(b"=_" in each or each.startswith(b"_") for each in segments),
            not self._template.text_is_exact and not any(b"\r\n\r\n\r\n" in each for each in text.octets),
        )


class _Variables:
    """The variables of one letter."""

    __slots__ = ("_every", "_letter", "_make", "_personal", "_written")

    def __init__(
        self,
        personal: Callable[[str, Delivery, Rows, Mapping[str, str]], str],
        make: Values,
        delivery: Delivery,
        rows: Rows,
        first: Mapping[str, str],
        written: str,
    ) -> None:
        self._personal = personal
        self._make = make
        self._letter = (delivery, rows, first)
        self._written = written
        self._every: dict[str, Any] | None = None

    def personal(self, name: str) -> str:
        return self._personal(name, *self._letter)

    def every(self) -> dict[str, Any]:
        if self._every is None:
            delivery, rows, _ = self._letter
            self._every = self._make(delivery, rows, self._written)
        return self._every


def _parts(stretches: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    first, octets = 0, list[bytes]()
    for hole, stretch in enumerate(stretches):
        *ends, rest = (each.encode().replace(b"\n", b"\r\n") for each in stretch.split(SEPARATOR))
        for end in ends:
            parts.append(Part(first, hole, [*octets, end]))
            first, octets = hole, []
        octets += [rest, b""]
    return [*parts, Part(first, len(stretches) - 1, octets[:-1])]


def _width(part: Part) -> int:
    return max(map(len, b"".join(part.octets).split(b"\r\n")))


def _stripped(octets: Sequence[bytes]) -> list[bytes]:
    """A text's segments as ``_tidied`` leaves its beginning and its end, where its first and last words are theirs."""
    stripped = [*octets]
    stripped[0] = stripped[0].lstrip(b"\r\n")
    stripped[-1] = stripped[-1].rstrip(b"\r\n") + b"\r\n"
    return stripped


def _tidied(text: bytes) -> bytes:
    """As ``template_files`` does it with the same text before it is octets: no bare CR or LF is in it."""
    text = text.strip(b"\r\n") + b"\r\n"
    return _EMPTY_LINES.sub(b"\r\n\r\n", text) if b"\r\n\r\n\r\n" in text else text


def _ended(body: bytes) -> bytes:
    return body if body.endswith(b"\n") else body + b"\r\n"
