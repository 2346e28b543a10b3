"""A campaign's files out of the database, in a private folder of this machine's state: for one process at a time.

``STATE/workers/LEDGER/N/`` is the folder of the N-th process of this machine that works on the campaign. ``log.jsonl``
stays there when the files go: it is the record of what this process sent.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

from mass_apology.campaign import LOG_NAME
from mass_apology.errors import CampaignError, InstallationError, OutputError
from mass_apology.ledger import Records
from mass_apology.ledger.recorded import LetterFile
from mass_apology.system.file_lock import locked_file
from mass_apology.system.state_folder import STATE_VARIABLE, state_folder
from mass_apology.system.whole_file import write_whole

LOCK_NAME = ".lock"
_STAYS = frozenset({LOG_NAME, LOCK_NAME})
_AGAIN = "Have the plan confirmed again where the campaign's folder is: mass-apology send. It keeps the files anew."


def workers_folder() -> Path:
    """Where this machine's workers unpack campaigns. Raises ``InstallationError`` for a user without a home."""
    state = state_folder()
    if state is None:
        raise InstallationError(
            "A worker needs a folder for the campaign's files, and there is no home directory.",
            next_step=f"Name a folder in {STATE_VARIABLE}.",
        )
    return state / "workers"


@contextmanager
def own_folder(ledger: str) -> Iterator[Path]:
    """A folder for the campaign with this ledger that no other process uses meanwhile; its files go afterwards.

    Raises ``OutputError`` where none can be made.
    """
    with ExitStack() as held:
        folder = _free_folder(workers_folder() / ledger, held)
        try:
            yield folder
        finally:
            with suppress(OSError):  # the next process that has the folder sees to it
                _keep_only(folder, ())


def clear_left_behind(needed: frozenset[str]) -> None:
    """Delete files of campaigns whose ledgers are not ``needed`` any more, where a killed process left them."""
    with suppress(OSError):
        for campaign in workers_folder().iterdir():
            if campaign.name in needed:
                continue
            for folder in campaign.iterdir():
                with locked_file(folder / LOCK_NAME) as is_ours:
                    if is_ours:
                        _keep_only(folder, ())


def unpack(records: Records, wave: str, folder: Path) -> None:
    """Make the folder's files those that the wave's letters are made from, each compared with its digest.

    What is there and right already stays; anything else but the log goes. Raises ``CampaignError`` where a file is
    missing in the database, has another content or may not be written there, ``OutputError`` where the disk is full.
    """
    files = records.letter_files.of(wave)
    if not files:
        raise CampaignError(
            f"The database has no files of the wave {wave}, which its letters are made from.",
            next_step="Give this worker a copy of the campaign's folder: mass-apology worker -C FOLDER. "
            "Or see what send said of the files.",
        )
    for file in files:
        _require_inside(file)
    try:
        _keep_only(folder, files)
        for file in files:
            path = folder / file.path
            if _digest(path) != file.sha256:
                _write(path, _content(records, file), folder)
    except OSError as error:
        with suppress(OSError):
            _keep_only(folder, ())
        said = "the disk is full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else error.strerror or str(error)
        raise OutputError(
            f"The campaign's files cannot be unpacked into {folder}: {said}.",
            next_step=f"Make room there, or name another folder in {STATE_VARIABLE}; the worker goes on by itself.",
        ) from error


def _free_folder(campaign: Path, held: ExitStack) -> Path:
    number = 1
    while True:
        folder = campaign / str(number)
        try:
            for each in (campaign.parent.parent, campaign.parent, campaign, folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            if held.enter_context(locked_file(folder / LOCK_NAME)):
                return folder
        except OSError as error:
            raise OutputError(
                f"The worker's folder {folder} cannot be made: {error.strerror or error}.",
                next_step=f"Make room there, or name another folder in {STATE_VARIABLE}.",
            ) from error
        number += 1


def _keep_only(folder: Path, files: Sequence[LetterFile]) -> None:
    """Delete everything that is neither the log nor one of these files."""
    wanted = {folder / file.path for file in files}
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder comes before it
        if path.parent == folder and path.name in _STAYS:
            continue
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # something in it stays
                path.rmdir()
        elif path.is_symlink() or path not in wanted:
            path.unlink()


def _content(records: Records, file: LetterFile) -> bytes:
    content = records.letter_files.content(file.sha256)
    if content is None:
        raise CampaignError(
            f"The content of {file.path} is missing in the database; nothing is sent.", next_step=_AGAIN
        )
    if hashlib.sha256(content).digest() != file.sha256:
        raise CampaignError(
            f"{file.path} in the database has another content than its digest says; nothing is sent.",
            next_step=f"Find out who changed it. {_AGAIN}",
        )
    return content


def _write(path: Path, content: bytes, folder: Path) -> None:
    for parent in reversed(path.relative_to(folder).parents):
        (folder / parent).mkdir(mode=0o700, exist_ok=True)
    write_whole(path, content)
    if _digest(path) != hashlib.sha256(content).digest():
        raise OSError(errno.EIO, "what was written is not what is read back", str(path))


def _digest(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def _require_inside(file: LetterFile) -> None:
    """The paths come from a database: none leads out of the folder, or to what stays there."""
    parts = PurePosixPath(file.path).parts
    is_plain = bool(parts) and not PurePosixPath(file.path).is_absolute() and ".." not in parts
    is_portable = not PureWindowsPath(file.path).drive and "\\" not in file.path and "\0" not in file.path
    if not (is_plain and is_portable) or parts[0] in _STAYS:
        raise CampaignError(
            f"The database names a file {file.path!r}, which is none of a campaign's folder; nothing is sent.",
            next_step=f"Find out who changed it. {_AGAIN}",
        )
