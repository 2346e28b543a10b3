"""Folders that come with the package: templates, the demo's sample, the pages of documentation.

A wheel holds them inside the package (``force-include`` in pyproject.toml); in a source checkout they lie beside it.
They are only read: what a person changes lies in the campaign's own folder, which comes first.
"""

from __future__ import annotations

from pathlib import Path

from mass_apology.errors import InstallationError

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(name: str) -> Path:
    """The folder, such as ``"templates"`` or ``"samples/service-outage"``; ``/`` separates names.

    Raises ``InstallationError`` where it is at neither place.
    """
    candidates = (_PACKAGE / name, _PACKAGE.parent / name)
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise InstallationError(f"The folder {name} is not at {candidates[0]}.", next_step="Install mass-apology again.")
