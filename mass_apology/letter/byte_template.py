"""A language's letter as segments of octets with holes between them: a letter is its holes, and a few joins.

Segments are what all recipients in a time zone read alike, encoded once. ``docs/decisions/025-byte-templates.md`` says
what may differ by letter all the same, and where. The ordinary way, ``Template.render`` and ``Skeleton.compose``, makes
the same octets; where a letter cannot be made here it tells why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from mass_apology.letter.customers import Customers
from mass_apology.letter.markup.compiled_letter import SEPARATOR, Filling, Unfilled
from mass_apology.letter.message.compose import Bodies
from mass_apology.letter.template_files import Template
from mass_apology.model import Content, Delivery

ZONES = 64
"""Of how many time zones the segments are kept; a zone's take some 20 KB."""

_Hole = TypeVar("_Hole", str, bytes)
_EMPTY_LINES = re.compile(rb"(?:\r\n){3,}")


class Filled(NamedTuple):
    """One letter: the segments of its time zone, and what its groups of holes are filled with."""

    segments: Segments
    fillings: list[Filling]


class Segments(NamedTuple):
    """What all letters of one language and time zone share."""

    texts: list[str]  # the whole letter, with an empty place for each hole
    subject: Part
    text: Part
    html: Part


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


class ByteTemplate:
    """Writes the letters of one language."""

    def __init__(self, template: Template, customers: Customers) -> None:
        self._template = template
        self._customers = customers
        self._groups = [(group, customers.key(group.inputs)) for group in template.script.groups]
        self._places = [place for group, _ in self._groups for place in group.places]
        self._segments = lru_cache(ZONES)(self._in_zone)
        self._subject = lru_cache(1024)(self._subject_line)

    def filled(
        self, delivery: Delivery, rows: Sequence[Mapping[str, str]], values: Callable[[], dict[str, Any]]
    ) -> Filled:
        """One delivery's letter; ``rows`` are its rows, ``values`` its variables, made only where they are needed.

        Raises ``Unfilled``, or as many errors as an expression may.
        """
        customers = self._customers
        customers.read_types(rows)
        first = rows[0] if len(rows) == 1 else customers.first(delivery, rows)
        zone = customers.time_zone(delivery, rows[0])
        return Filled(
            self._segments(zone),
            [group.filling(key(delivery, rows, first, zone), values) for group, key in self._groups],
        )

    def bodies(self, filled: Filled) -> Bodies:
        """What a message is put together from; raises as ``content`` does."""
        segments, fillings = filled
        holes = self._in_order([each.octets for each in fillings], b"")
        text = segments.text.joined(holes)
        text = _ended(text) if self._template.text_is_exact else _tidied(text)
        html = segments.html.joined(holes)
        return Bodies(self._subject(segments.subject.joined(holes)), text, html and _ended(html))

    def content(self, filled: Filled) -> Content:
        """The letter before it becomes a message; ``TemplateError`` where its subject cannot be one."""
        pieces = filled.segments.texts.copy()
        pieces[1::2] = self._in_order([each.texts for each in filled.fillings], "")
        return self._template.content("".join(pieces))

    def _in_order(self, fillings: Iterable[Iterable[_Hole]], empty: _Hole) -> list[_Hole]:
        holes = [empty] * len(self._places)
        for place, value in zip(self._places, chain.from_iterable(fillings), strict=True):
            holes[place] = value
        return holes

    def _subject_line(self, octets: bytes) -> str:
        return self._template.subject_line(octets.decode().replace("\r\n", "\n"))

    def _in_zone(self, zone: str) -> Segments:
        stretches = self._template.script.stretches(zone)
        parts = _parts(stretches)
        if len(parts) != (4 if self._template.is_on_paper else 3):
            raise Unfilled
        texts = [piece for stretch in stretches for piece in (stretch, "")][:-1]
        return Segments(texts, *parts[:3])


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


def _tidied(text: bytes) -> bytes:
    """As ``template_files`` does it with the same text before it is octets: no bare CR or LF is in it."""
    text = _ended(text.strip(b"\r\n"))
    return _EMPTY_LINES.sub(b"\r\n\r\n", text) if b"\r\n\r\n\r\n" in text else text


def _ended(body: bytes) -> bytes:
    return body if body.endswith(b"\n") else body + b"\r\n"
