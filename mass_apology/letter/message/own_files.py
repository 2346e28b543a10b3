"""Attachments that differ by recipient: found for each row, and encoded once for those who share one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from mass_apology.errors import MessageError
from mass_apology.letter.message.attach import LIMIT, read_file
from mass_apology.letter.message.compose import encoded_part
from mass_apology.letter.message.row_patterns import RowPattern, is_pattern
from mass_apology.settings import MessageSettings

KEPT = 16_000_000
"""Octets of encoded files that are kept for the letters that come next; beyond it, all are let go."""

_KEY = "message.attachments"


class OwnFiles:
    """The files that only some recipients get."""

    def __init__(self, folder: Path, settings: MessageSettings, *, header: Collection[str], shared: int) -> None:
        """``shared`` are the octets of everybody's files. ``MessageError`` for a column that is not there."""
        self._folder = folder
        self._room = LIMIT - shared
        self._patterns = [RowPattern(each, _KEY, header) for each in settings.attachments if is_pattern(each)]
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._octets_kept = 0

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def parts(self, rows: Sequence[Mapping[str, str]]) -> list[bytes]:
        """The encoded parts of one letter, each file once.

        ``MessageError`` where a file is missing, unreadable, outside the folder, or all of them are too large.
        """
        names = dict.fromkeys(name for row in rows for name in self._names(row))
        found = [self._encoded(name) for name in names]
        size = sum(octets for octets, _ in found)
        if size > self._room:
            raise MessageError(
                f"The row's attachments are too large together with those of all letters: {size / 1e6:.1f} MB, and "
                f"{self._room / 1e6:.1f} MB is the most.",
                next_step="Make them smaller, or put the large ones on your website and link to them.",
            )
        return [part for _, part in found]

    def _names(self, row: Mapping[str, str]) -> Iterator[str]:
        for pattern in self._patterns:
            if name := pattern.fill(row):
                _refuse_folder(pattern, name)
                yield name

    def _encoded(self, name: str) -> tuple[int, bytes]:
        """A file's octets, and its part."""
        if name not in self._kept:
            file = read_file(self._folder, name)
            part = encoded_part(file)
            if self._octets_kept + len(part) > KEPT:
                self._kept.clear()
                self._octets_kept = 0
            self._octets_kept += len(part)
            self._kept[name] = (len(file.data), part)
        return self._kept[name]


def own_file_paths(folder: Path, settings: MessageSettings) -> list[Path]:
    """Every file that a row could have attached, sorted: a change of one may change letters."""
    found: set[Path] = set()
    for pattern in filter(is_pattern, settings.attachments):
        fixed = _fixed_folder(pattern)
        below = (folder / fixed).rglob("*") if fixed else folder.glob(_as_glob(pattern))
        found.update(path for path in below if path.is_file())
    return sorted(found)


def pattern_problems(settings: MessageSettings) -> Iterator[str]:
    """Clauses about patterns with which a row could attach any file of the campaign's folder, its password too."""
    for pattern in filter(is_pattern, settings.attachments):
        if not _fixed_folder(pattern) and _as_glob(PurePosixPath(pattern).name).strip("*") == "":
            yield (
                f"`$.message.attachments` holds {pattern!r}, with which a row could attach any file of the campaign's "
                f"folder; put the files into a folder of their own, and write 'files/{pattern}'"
            )


def _fixed_folder(pattern: str) -> str:
    """The folders of a pattern before the first that differs by row."""
    parts = PurePosixPath(pattern).parts[:-1]
    count = next((number for number, part in enumerate(parts) if is_pattern(part)), len(parts))
    return "/".join(parts[:count])


def _as_glob(pattern: str) -> str:
    texts = RowPattern.split(pattern)[::2]
    return "*".join(text.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]") for text in texts)


def _refuse_folder(pattern: RowPattern, name: str) -> None:
    """Without a folder of its own the pattern is about files of the campaign's folder itself."""
    if name.count("/") > pattern.text.count("/") and not _fixed_folder(pattern.text):
        raise MessageError(
            f"The attachment {name!r} of this row names a folder.",
            next_step=f"Write the folder into campaign.toml: [message] attachments = ['FOLDER/{pattern.text}'].",
        )
