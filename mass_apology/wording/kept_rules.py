"""Keeps the shipped rules as they are when they have been read, so that the next command need not make them anew.

To read a language's rules and to make all tables takes a quarter of a second; to load them takes a tenth of that. They
stand in the state folder under a digest of the rules and of the code that makes them. What is no such file, or cannot
be trusted to be one's own, is made anew.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from mass_apology.system.state_folder import state_folder
from mass_apology.system.whole_file import write_whole

_ROOM = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]
_T = TypeVar("_T")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_CLASSES: Mapping[str, Set[str]] = {
    f"{_PACKAGE}.diacritics": {"Plain"},
    f"{_PACKAGE}.lexicon": {"Lexicon"},
    f"{_PACKAGE}.matching": {"Patterns"},
    f"{_PACKAGE}.pattern_index": {"PatternIndex", "_Row"},
    f"{_PACKAGE}.patterns": {"Edge", "Gap", "OneOf", "OneWord", "Pattern"},
    f"{_PACKAGE}.spelling": {"Spelling", "_Sounds", "_Stems", "_Words"},
    f"{_PACKAGE}.word_reading": {"WordReading"},
    f"{_PACKAGE}.wording_rules": {"Rule", "RuleFile", "Rules"},
    "msgspec._utils": {"rebuild"},  # a Struct from its fields
    "re": {"_compile"},
}
"""What rules are made of, by their modules; nothing else comes out of a file."""


def kept(name: str, type_: type[_T], make: Callable[[], _T]) -> _T:
    """What was kept under the name (a language's code), or else a new one, which is kept where that is possible."""
    file = _file(name)
    if file is None:
        return make()
    with _without_collection():
        found = _loaded(file)
        if isinstance(found, type_):
            return found
        made = make()
        with suppress(OSError):
            _keep(file, made, name)
    return made


def _file(name: str) -> Path | None:
    state = state_folder()
    return state / "wording" / f"{name}-{_digest()}.rules" if state else None


@cache
def _digest() -> str:
    """Of all that rules are made from: the interpreter, the code of this room, the rules and the words' forms."""
    files = (*sorted(_ROOM.glob("*.py")), *sorted((_ROOM / "rules").glob("*.toml")))
    made_from = blake2b(sys.version.encode(), digest_size=16)
    for file in files:
        made_from.update(file.read_bytes())
    return made_from.hexdigest()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Hundreds of thousands of objects come, and none goes: to look for some that could takes as long as to load them.

    At the end all of them are made old ones (frozen, and no more), since the collector looks at the young ones first.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.unfreeze()
            gc.enable()


class _Unpickler(pickle.Unpickler):
    """Makes nothing but what rules are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _CLASSES.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of the rules")


def _loaded(file: Path) -> object:
    """What is kept there; ``None`` where nothing is, or nothing that this user alone can have written."""
    try:
        with file.open("rb") as opened:
            if not _is_own(opened.fileno()):
                return None
            return _Unpickler(io.BytesIO(opened.read())).load()
    except Exception:
        return None


def _is_own(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and stat.S_ISREG(found.st_mode) and not found.st_mode & _OTHERS_WRITE


def _keep(file: Path, made: object, name: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(file, pickle.dumps(made, protocol=5))
    for other in file.parent.glob(f"{name}-*.rules"):
        if other != file:
            other.unlink(missing_ok=True)
