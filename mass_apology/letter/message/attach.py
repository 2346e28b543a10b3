"""Files of the campaign folder that go with every letter: attachments, the logo, and images shown inside the HTML."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import MessageError
from mass_apology.letter.message.compose import Attachment
from mass_apology.letter.message.pictures import picture_size, picture_type
from mass_apology.letter.message.row_patterns import is_pattern
from mass_apology.settings import BrandSettings, MessageSettings
from mass_apology.system.regular_file import read_regular

LIMIT = 10_000_000
"""Octets of all files together, before base64 makes them a third longer: many mailboxes take no more than 20 MB."""

LONGEST_NAME, LONGEST_PATH = 255, 1024
"""Octets of a file's name, and of its path in the folder."""

IMAGE_LIMIT = 1_000_000
"""Octets of one image: it is loaded before the letter can be read, and goes to everybody."""

LOGO = "brand-logo"
"""The name of the brand's logo among the images: a layout shows it as ``<img src="cid:brand-logo">``."""

LOGO_DARK = f"{LOGO}-dark"
"""The name of its variant for dark mode."""

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
    """Read the attachments and images that ``settings`` names for all letters, relative to ``folder``.

    Raises ``MessageError`` where a file is missing, is not a regular file inside ``folder``, is reached through a
    symbolic link, where an image is none that mail programs show or is larger than ``IMAGE_LIMIT``, and where all of
    them together are larger than ``LIMIT``.
    """
    key = "`[message]`"
    if taken := {LOGO, LOGO_DARK}.intersection(settings.images):
        raise MessageError(
            f"`[message.images]` in campaign.toml names an image {min(taken)!r}, which is the name of the brand's "
            "logo.",
            next_step="Give the image another name, or the logo as `logo` in `[brand]`.",
        )
    shared = [name for name in settings.attachments if not is_pattern(name)]
    paths = [_path_inside(folder, name, key) for name in (*shared, *settings.images.values())]
    _refuse_too_large(paths)
    read = [_read(path, key) for path in paths]
    files, images = read[: len(shared)], read[len(shared) :]
    return (*files, *(_image(each, name, key) for each, name in zip(images, settings.images, strict=True)))


def read_file(folder: Path, name: str) -> Attachment:
    """Read one more attachment; raises ``MessageError`` as ``read_attachments`` does."""
    key = "`[message]`"
    return _read(_path_inside(folder, name, key), key)


def read_logo(folder: Path, settings: BrandSettings, *, dark: bool = False) -> Attachment | None:
    """Read the brand's logo, or its ``dark`` variant: an image like others that also tells its size.

    Raises ``MessageError`` as they do.
    """
    file = settings.logo_dark if dark else settings.logo
    if file is None:
        return None
    key = "`[brand]`"
    logo = _image(_read(_path_inside(folder, file, key), key), LOGO_DARK if dark else LOGO, key)
    if picture_size(logo.data) is None:
        raise _unusable(file, key, "is damaged: it does not say how large it is", "Export it again.")
    return logo


def _image(file: Attachment, name: str, key: str) -> Attachment:
    """The file as an image, of the type that its octets tell: its name may promise anything."""
    kind = picture_type(file.data)
    if kind is None:
        raise _unusable(file.filename, key, "is no image that mail programs show", "Save it as PNG, JPEG or GIF.")
    if len(file.data) > IMAGE_LIMIT:
        problem = f"has {len(file.data) / 1e6:.1f} MB, and {IMAGE_LIMIT / 1e6:.0f} MB is the most for an image"
        raise _unusable(file.filename, key, problem, "Make it smaller: every single letter carries it.")
    return replace(file, content_type=kind, content_id=name)


def _path_inside(folder: Path, name: str, key: str) -> Path:
    """The file's path. A link is refused wherever it leads: its target could be changed after the check."""
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise _unusable(name, key, "is outside the campaign folder", "Copy it into that folder and name it there.")
    path = folder
    if len(os.fsencode(name)) > LONGEST_PATH or any(len(os.fsencode(part)) > LONGEST_NAME for part in relative.parts):
        raise _unusable(f"{name[:60]}…", key, "has a name that is too long", "Give it a shorter one.")
    for part in relative.parts:
        path /= part
        if path.is_symlink():
            raise _unusable(name, key, "is reached through a symbolic link", "Put the file itself into the folder.")
    if not path.exists():
        raise _unusable(
            name, key, "is not in the campaign folder", f"Put it there, or remove it from {key} in campaign.toml."
        )
    if not path.is_file():
        raise _unusable(name, key, "is not a regular file", "Name a file; a folder can be sent as a .zip.")
    return path


def _refuse_too_large(paths: list[Path]) -> None:
    size = sum(path.stat().st_size for path in paths)
    if size > LIMIT:
        raise MessageError(
            f"The attachments and images are {size / 1e6:.1f} MB together, and {LIMIT / 1e6:.0f} MB is the most.",
            next_step="Put the large ones on your website and link to them.",
        )


def _read(path: Path, key: str) -> Attachment:
    try:
        data = read_regular(path, LIMIT)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise _unusable(path.name, key, problem, "Make it readable, then run check.") from error
    content_type = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return Attachment(filename=path.name, content_type=content_type, data=data)


def _unusable(name: str, key: str, problem: str, next_step: str) -> MessageError:
    return MessageError(f"The file {name!r} of {key} in campaign.toml {problem}.", next_step=next_step)
