"""The code of one language's letter: the whole, which is the ordinary way to write it, and its common part and holes.

Holes that depend on the same cells are filled together, and what they were filled with is kept: the next letter with
the same cells has the same texts. Nothing else is kept of a letter.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from jinja2 import Template as JinjaTemplate
from jinja2 import nodes
from msgspec import Struct

from mass_apology.letter.markup.hole_inputs import Inputs, inputs_of
from mass_apology.letter.markup.printed_holes import LONGEST, Printed, printed
from mass_apology.letter.markup.sandbox import TIME_ZONE, LetterEnvironment, compiled
from mass_apology.letter.markup.static_parts import MARK, Division
from mass_apology.letter.markup.zones_once import DATED, WITHIN

MAX_PIECES = 20_000
"""How many pieces a letter may consist of: a loop that writes more is a mistake."""

MAX_CHARACTERS = 1_000_000
"""How many characters a letter's subject, text and HTML may have together."""

KEPT_FILLINGS = 1_024
"""Of one group of holes; when there are more, all are let go."""

KEPT_OCTETS = 250_000
"""The most octets of them, likewise."""

_NOT_IN_MESSAGE = re.compile(r"[\0\r\ud800-\udfff]")
_NOT_IN_HOLE = re.compile(r"[\0\r\x1e\ud800-\udfff]")
_ZONED = DATED | frozenset(WITHIN.values())


class Endless(Exception):
    """The letter has ``MAX_PIECES`` pieces or more, or more than ``MAX_CHARACTERS``."""


class Unfilled(Exception):
    """A hole cannot be filled by itself; the whole letter may tell why."""


class Filling(Struct, frozen=True, kw_only=True, gc=False):
    """What one group's holes are filled with, in their order."""

    texts: tuple[str, ...]
    octets: tuple[bytes, ...]  # UTF-8, with CRLF
    size: int  # octets of all together
    text_width: int  # octets of the longest lines, one of each hole in the text part, all together
    html_width: int  # the same of the other holes
    has_underscore: bool  # as all boundaries of a message have one
    breaks_lines: bool  # in the text part, beside it empty lines can come together


class CompiledLetter:
    """What a letter's template says, as code."""

    def __init__(self, environment: LetterEnvironment, tree: nodes.Template, constants: Mapping[str, object]) -> None:
        """Compile a bounded tree; ``constants`` are the variables that are the same in every letter."""
        self._environment = environment
        self._tree = tree
        self._constants = constants

    def write(self, values: dict[str, Any]) -> str:
        """The letter with these variables, of which ``TIME_ZONE`` is one.

        Raises what its expressions raise, or ``Endless``.
        """
        return written(self.whole, values)

    @cached_property
    def whole(self) -> JinjaTemplate:
        """The undivided letter, whose lines are the source's."""
        return compiled(self._environment, self._tree, self._constants)

    @cached_property
    def groups(self) -> tuple[HoleGroup, ...]:
        """Its holes."""
        division = self._division
        told: dict[tuple[Inputs | None, bool], list[int]] = {}
        shown = [printed(hole, escaped=hole in division.escaped) for hole in division.holes]
        for places in division.groups():
            inputs = inputs_of([division.holes[place] for place in places], settled=division.settled, zoned=_ZONED)
            told.setdefault((inputs, all(shown[place] for place in places)), []).extend(places)
        share = 1 + len(told)
        return tuple(
            PrintedGroup(inputs, self._holes(places), [each for place in sorted(places) if (each := shown[place])])
            if inputs and all_printed
            else self._group(inputs, places, share)
            for (inputs, all_printed), places in told.items()
        )

    def stretches(self, time_zone: str) -> list[str]:
        """What everybody in a time zone reads: before the first hole, between two, and behind the last one."""
        common = written(self._common, {TIME_ZONE: time_zone}, share=1 + len(self.groups))
        stretches = common.split(MARK)
        if len(stretches) != 1 + len(self._division.holes) or _NOT_IN_MESSAGE.search(common):
            raise Unfilled
        return stretches

    @cached_property
    def _division(self) -> Division:
        return Division(self._tree, self._constants)

    @cached_property
    def _common(self) -> JinjaTemplate:
        return compiled(self._environment, self._division.common(), self._constants)

    def _group(self, inputs: Inputs | None, places: list[int], share: int) -> HoleGroup:
        part = self._division.part([self._division.holes[place] for place in places])
        template = compiled(self._environment, part, self._constants)
        return WrittenGroup(inputs, self._holes(places), template, share, self._environment)

    def _holes(self, places: Sequence[int]) -> dict[int, bool]:
        """Places of holes in their order, and whether each is in the text."""
        return {place: self._division.parts[place] == 1 for place in sorted(places)}


class Variables(Protocol):
    """One letter's variables, made when they are asked for."""

    def personal(self, name: str) -> str:
        """What one of ``PERSONAL`` stands for, "" where there is none."""
        ...

    def every(self) -> dict[str, Any]:
        """All of them."""
        ...


class HoleGroup:
    """Holes that are filled together."""

    inputs: Inputs | None
    """What they depend on; ``None`` where that cannot be told, and nothing is kept."""

    places: tuple[int, ...]
    """Which of the letter's holes they are, counted from 0."""

    def __init__(self, inputs: Inputs | None, holes: Mapping[int, bool]) -> None:
        """``holes`` has their places in order, and whether each is in the text part."""
        self.inputs = inputs
        self.places = tuple(holes)
        self._in_text = tuple(holes.values())
        self._kept: dict[Hashable, Filling] = {}
        self._octets = 0

    def kept(self, key: Hashable) -> Filling | None:
        """What a letter with these inputs had before, if that is still known."""
        return self._kept.get(key)

    def filling(self, key: Hashable, values: Variables) -> Filling:
        """For a letter with these inputs and variables; raises ``Unfilled``, or what an expression raises."""
        made = _filling(self._texts(values), self._in_text)
        if self.inputs is not None:
            self._keep(key, made)
        return made

    def _texts(self, values: Variables) -> Sequence[str]:
        raise NotImplementedError

    def _keep(self, key: Hashable, made: Filling) -> None:
        self._octets += made.size
        if len(self._kept) >= KEPT_FILLINGS or self._octets > KEPT_OCTETS:
            self._kept.clear()
            self._octets = made.size
        self._kept[key] = made


class WrittenGroup(HoleGroup):
    """Holes that Jinja writes."""

    def __init__(
        self,
        inputs: Inputs | None,
        holes: Mapping[int, bool],
        template: JinjaTemplate,
        share: int,
        environment: LetterEnvironment,
    ) -> None:
        """``share`` is the number of parts that have together what one letter may take."""
        super().__init__(inputs, holes)
        self._template = template
        self._share = share
        self._work = environment.work

    def _texts(self, values: Variables) -> Sequence[str]:
        *texts, rest = written(self._template, values.every(), share=self._share).split(MARK)
        if len(texts) != len(self.places) or rest or not self._work.fits(self._share):
            raise Unfilled
        return texts


class PrintedGroup(HoleGroup):
    """Holes that print one of the recipient's own values."""

    def __init__(self, inputs: Inputs | None, holes: Mapping[int, bool], shown: Sequence[Printed]) -> None:
        super().__init__(inputs, holes)
        self._shown = tuple(shown)
        self._names = tuple({each.name for each in shown})

    def _texts(self, values: Variables) -> Sequence[str]:
        given = {name: values.personal(name) for name in self._names}
        if not all(0 < len(value) <= LONGEST for value in given.values()):
            raise Unfilled  # an empty one cannot be printed, which Jinja says
        return [each.text(given[each.name]) for each in self._shown]


def _filling(texts: Sequence[str], in_text: Sequence[bool]) -> Filling:
    """``Unfilled`` for what a message does not hold as it is: a part's end, a bare CR, NUL, half a character."""
    whole = "".join(texts)
    if _NOT_IN_HOLE.search(whole):
        raise Unfilled
    octets = tuple([text.encode().replace(b"\n", b"\r\n") for text in texts])
    widths = [max(map(len, each.split(b"\r\n"))) if b"\n" in each else len(each) for each in octets]
    text_width = sum([width for width, within in zip(widths, in_text, strict=True) if within])
    return Filling(
        texts=tuple(texts),
        octets=octets,
        size=sum(map(len, octets)),
        text_width=text_width,
        html_width=sum(widths) - text_width,
        has_underscore="_" in whole,
        breaks_lines=True
        in [
            within and (not text or text[0] == "\n" or text[-1] == "\n" or "\n\n\n" in text)
            for text, within in zip(texts, in_text, strict=True)
        ],
    )


def written(template: JinjaTemplate, values: dict[str, Any], share: int = 1) -> str:
    """What a template writes; ``Endless`` where that is more than one of so many parts of a letter may have."""
    pieces = list(islice(template.root_render_func(template.new_context(values)), MAX_PIECES // share))
    if len(pieces) == MAX_PIECES // share or sum(map(len, pieces)) > MAX_CHARACTERS // share:
        raise Endless
    return "".join(pieces)
