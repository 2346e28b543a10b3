"""Reads and appends to approvals.jsonl in the campaign's folder: one approval a line, none ever changed.

A line counts if it ends with a line feed. ``append`` cancels a line that a crash or a full disk left unfinished, and
``read`` skips it; any other unreadable line is an error, since it may be an approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mass_apology.approval.judgement import Approval
from mass_apology.errors import ApprovalError
from mass_apology.system.json_lines import append_line

FILE_NAME = "approvals.jsonl"

_CANCEL = b"\x18"  # ASCII CAN: ignore the line before it; JSON never holds it unescaped


def path_in(folder: Path) -> Path:
    """Where the approvals of this folder's campaign are kept, whether or not there are some."""
    return folder / FILE_NAME


def read(folder: Path) -> tuple[Approval, ...]:
    """All approvals given in this folder, in the file's order; none without a file.

    Raises ``ApprovalError`` if the file or one of its lines cannot be read.
    """
    path = path_in(folder)
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # the rest is unfinished or empty
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ApprovalError(
            f"{path} cannot be read: {error.strerror or error}.",
            next_step="Mend its permissions; approvals are given and read by one account.",
        ) from error
    return tuple(_decoded(lines, path))


def append(folder: Path, approval: Approval) -> None:
    """Add ``approval``; it is on the disk when this returns. The file is for its owner only (0600).

    Raises ``ApprovalError`` if the file cannot be written.
    """
    path = path_in(folder)
    try:
        append_line(path, msgspec.json.encode(approval), torn_end=_CANCEL + b"\n")
    except OSError as error:
        raise ApprovalError(
            f"{path} cannot be written: {error.strerror or error}; the approval was not given.",
            next_step="Make room on the disk, or mend the permissions, then approve again.",
        ) from error


def _decoded(lines: list[bytes], path: Path) -> Iterator[Approval]:
    for number, line in enumerate(lines, 1):
        if line.endswith(_CANCEL):
            continue
        try:
            yield msgspec.json.decode(line, type=Approval)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ApprovalError(
                f"Line {number} of {path} is no approval: {error}.",
                next_step=f"Move {path.name} away, then have the plan approved again.",
            ) from error
