"""The code of one language's letter: its halves, which write it, and the whole, which tells what cannot be written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from jinja2 import Template as JinjaTemplate
from jinja2 import nodes

from mass_apology.letter.markup.sandbox import TIME_ZONE, LetterEnvironment, compiled
from mass_apology.letter.markup.static_parts import MARK, divided

MAX_PIECES = 20_000
"""How many pieces a letter may consist of: a loop that writes more is a mistake."""

MAX_CHARACTERS = 1_000_000
"""How many characters a letter's subject, text and HTML may have together."""

ZONES = 64
"""Of how many time zones the common half is kept; it takes some 10 KB."""


class Endless(Exception):
    """The letter has ``MAX_PIECES`` pieces or more, or more than ``MAX_CHARACTERS``."""


class CompiledLetter:
    """What a letter's template says, as code."""

    def __init__(self, environment: LetterEnvironment, tree: nodes.Template, constants: Mapping[str, object]) -> None:
        """Compile a bounded tree; ``constants`` are the variables that are the same in every letter."""
        self._environment = environment
        self._tree = tree
        self._constants = constants
        common, personal = divided(tree, constants)
        self._common = compiled(environment, common, constants)
        self._personal = compiled(environment, personal, constants)
        self._stretches = lru_cache(ZONES)(self._common_stretches)

    def write(self, values: dict[str, Any]) -> str:
        """The letter with these variables, of which ``TIME_ZONE`` is one.

        Raises what its expressions raise, with a frame of ``whole`` in the traceback, or ``Endless``.
        """
        try:
            pieces = self._stretches(values[TIME_ZONE]).copy()
            pieces[1::2] = _written(self._personal, values).split(MARK)  # too many where a value holds the mark
        except Exception:  # the whole says what cannot be written, and on which line
            return _written(self.whole, values)
        return "".join(pieces)

    @cached_property
    def whole(self) -> JinjaTemplate:
        """The undivided letter, whose lines are the source's."""
        return compiled(self._environment, self._tree, self._constants)

    def _common_stretches(self, time_zone: str) -> list[str]:
        """What everybody in a time zone reads, with an empty place after each stretch for what is personal."""
        stretches = _written(self._common, {TIME_ZONE: time_zone}).split(MARK)
        return [piece for stretch in stretches for piece in (stretch, "")]


def _written(template: JinjaTemplate, values: dict[str, Any]) -> str:
    pieces = list(islice(template.root_render_func(template.new_context(values)), MAX_PIECES))
    if len(pieces) == MAX_PIECES or sum(map(len, pieces)) > MAX_CHARACTERS:
        raise Endless
    return "".join(pieces)
