"""The languages by their codes. Each module of this package with a name of two or three letters is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import mass_apology.languages as room
from mass_apology.languages.language import Language

CODE = re.compile(r"[a-z]{2,3}")
"""The shape of a code: what modules and files of languages are called."""


class Languages:
    """The languages that one campaign's letters may be in: its own before the shipped ones."""

    def __init__(self, *layers: Mapping[str, Language]) -> None:
        """What a later one of ``layers`` holds goes before what an earlier one does."""
        self._known = {code: each for layer in layers for code, each in layer.items()}

    def __getitem__(self, code: str) -> Language:
        """The language; one of which nothing is known where nobody has described it."""
        return self._known.get(code) or Language(code=code)

    def __iter__(self) -> Iterator[Language]:
        """Those that somebody has described, by their codes' order."""
        return (self._known[code] for code in sorted(self._known))


def found_in(package: ModuleType) -> dict[str, Language]:
    """The languages whose files are in a package, by their codes."""
    codes = [module.name for module in iter_modules(package.__path__) if CODE.fullmatch(module.name)]
    return {code: import_module(f"{package.__name__}.{code}").LANGUAGE for code in codes}


SHIPPED = Languages(found_in(room))
"""The languages that come with the package."""
