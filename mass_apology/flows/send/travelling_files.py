"""The files that letters are made from, kept in the ledger's database for workers that have no folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mass_apology.campaign import FILE_NAME
from mass_apology.ledger import Ledger
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted
from mass_apology.system.regular_file import read_regular
from mass_apology.workspace.workspace import Workspace

LIMIT = 64_000_000
"""Octets of all files of a wave: each worker loads them, and a letter has no more than ten million of them."""

MOST_FILES = 5000


class _Stays(Exception):
    """Why the files do not travel, as a clause."""


def keep_letter_files(workspace: Workspace, ledger: Ledger, wave: str, template: str) -> list[Finding]:
    """Keep what the wave's letters are made from; a finding where that cannot be, and only workers with a copy of the
    folder can take part then. Secrets are not among them. Raises ``LedgerError``."""
    try:
        files = _contents(workspace, template)
    except _Stays as why:
        ledger.letter_files.keep(wave, {})
        return [_finding(str(why))]
    ledger.letter_files.keep(wave, files)
    return []


def _contents(workspace: Workspace, template: str) -> dict[str, bytes]:
    """Path from the folder → content, in the order of the paths."""
    paths = {_name(workspace, path): path for path in _paths(workspace, template)}
    if len(paths) > MOST_FILES:
        raise _Stays(f"they are made from {counted(len(paths), 'file')}, and {MOST_FILES:,} is the most")
    found: dict[str, bytes] = {}
    room = LIMIT
    for name, path in sorted(paths.items()):
        try:
            found[name] = read_regular(path, room)
        except OSError as error:
            if path.is_file() and path.stat().st_size > room:
                most = f"{LIMIT / 1e6:.0f} MB is the most"
                raise _Stays(f"the files they are made from are too large together, and {most}") from error
            raise _Stays(f"{name} cannot be read: {error.strerror or error}") from error
        room -= len(found[name])
    return found


def _paths(workspace: Workspace, template: str) -> list[Path]:
    """Those of the folder; the shipped ones every worker of this version has. The campaign's own scenario says what
    letters of all waves are for."""
    parts = [workspace.part_files(each) for each in dict.fromkeys((template, workspace.campaign.template))]
    named = [path for files in parts for its in files.values() for path in its]
    shipped = shipped_templates()
    return [workspace.folder / FILE_NAME, *(path for path in named if not path.is_relative_to(shipped))]


def _name(workspace: Workspace, path: Path) -> str:
    try:
        name = path.relative_to(workspace.folder).as_posix()
    except ValueError as error:
        raise _Stays(f"{path} is outside the campaign's folder") from error
    if ".." in PurePosixPath(name).parts:
        raise _Stays(f"{name} is outside the campaign's folder")
    return name


def _finding(why: str) -> Finding:
    return Finding(
        code="files-stay-here",
        severity=Severity.WARNING,
        where="the files that letters are made from",
        problem=f"Workers without a copy of the campaign's folder cannot take part: {why}.",
        advice="Send from here, or give the workers a copy of the folder: mass-apology worker -C FOLDER.",
    )
