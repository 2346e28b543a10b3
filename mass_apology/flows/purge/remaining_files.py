"""Lists the files in a campaign's folder that may still name people after a purge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mass_apology.campaign import FILE_NAME, LOG_NAME
from mass_apology.history import CHECK_FILE
from mass_apology.languages.language_files import FOLDER as LANGUAGES
from mass_apology.workspace.ledger_store import ledger_store

_FOR_EVERYBODY = frozenset({"templates", LANGUAGES})
_MOST_OF_ONE_FOLDER = 5  # files of one sub-folder that are named; of more, the folder is


def remaining_files(folder: Path) -> tuple[str, ...]:
    """All files but the purged ledger and log, campaign.toml and templates, as paths from the folder.

    A sub-folder with many files is listed with their number: "letters/ (2,000 files)".
    """
    named_nobody = {
        folder / FILE_NAME,
        folder / LOG_NAME,
        folder / CHECK_FILE,
        *ledger_store(folder).files(),
    }
    found = sorted(
        path.relative_to(folder) for path in folder.rglob("*") if _is_file(path) and path not in named_nobody
    )
    return tuple(_grouped([path for path in found if path.parts[0] not in _FOR_EVERYBODY]))


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _grouped(paths: list[Path]) -> Iterator[str]:
    counts = Counter(path.parent for path in paths)
    named = set()
    for path in paths:
        parent, count = path.parent, counts[path.parent]
        if parent == Path() or count <= _MOST_OF_ONE_FOLDER:
            yield str(path)
        elif parent not in named:
            named.add(parent)
            yield f"{parent}/ ({count:,} files)"
