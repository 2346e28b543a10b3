"""Files of the campaign folder that go with every letter: attachments, and images shown inside the HTML."""

from __future__ import annotations

from pathlib import Path

from mass_apology.errors import MessageError
from mass_apology.letter.compose import Attachment
from mass_apology.settings import MessageSettings

LIMIT = 10_000_000
"""Octets of all files together, before base64 makes them a third longer: many mailboxes take no more than 20 MB."""

# A table of our own: the system's and Python's differ from machine to machine, and a message must not.
_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".html": "text/html",
    ".ics": "text/calendar",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


def read_attachments(folder: Path, settings: MessageSettings) -> tuple[Attachment, ...]:
    """Read the attachments and images that ``settings`` names, relative to ``folder``.

    Raises ``MessageError`` where a file is missing, is not a regular file inside ``folder``, is reached through a
    symbolic link, or where all of them together are larger than ``LIMIT``.
    """
    files = [(name, None) for name in settings.attachments]
    images = [(file, name) for name, file in settings.images.items()]
    paths = [(_path_inside(folder, file), content_id) for file, content_id in (*files, *images)]
    _refuse_too_large([path for path, _ in paths])
    return tuple(_read(path, content_id) for path, content_id in paths)


def _path_inside(folder: Path, name: str) -> Path:
    """The file's path. A link is refused wherever it leads: its target could be changed after the check."""
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise _unusable(name, "is outside the campaign folder", "Copy it into the campaign folder and name it there.")
    path = folder
    for part in relative.parts:
        path /= part
        if path.is_symlink():
            raise _unusable(name, "is reached through a symbolic link", "Put the file itself into the folder.")
    if not path.exists():
        raise _unusable(name, f"is not in {folder}", "Put it there, or remove it from `[message]` in campaign.toml.")
    if not path.is_file():
        raise _unusable(name, "is not a regular file", "Name a file; a folder can be sent as a .zip.")
    return path


def _refuse_too_large(paths: list[Path]) -> None:
    size = sum(path.stat().st_size for path in paths)
    if size > LIMIT:
        raise MessageError(
            f"The attachments and images are {size / 1e6:.1f} MB together, and {LIMIT / 1e6:.0f} MB is the most.",
            next_step="Put the large ones on your website and link to them.",
        )


def _read(path: Path, content_id: str | None) -> Attachment:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path.name, f"cannot be read: {error.strerror}", "Make it readable, then run check.") from error
    content_type = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return Attachment(filename=path.name, content_type=content_type, data=data, content_id=content_id)


def _unusable(name: str, problem: str, next_step: str) -> MessageError:
    return MessageError(f"The file {name!r} of `[message]` in campaign.toml {problem}.", next_step=next_step)
