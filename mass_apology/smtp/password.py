"""Reads the relay's password from the environment, a file or the system's keyring; campaign.toml never holds it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mass_apology.errors import CampaignError, PasswordError, install_extra
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.url import Endpoint, parse
from mass_apology.system.regular_file import refuse_special

LONGEST = 10_000
"""Octets that are read of a password's file."""

VARIABLE = "MASS_APOLOGY_PASSWORD"
"""The environment variable that is read if campaign.toml names no place."""


def relay_password(relay: RelaySettings) -> str | None:
    """The password for the relay's login, as ``resolve``. Raises ``CampaignError`` also if the URL cannot be used."""
    return resolve(relay.password, parse(relay.url))


def resolve(setting: str | None, endpoint: Endpoint) -> str | None:
    """The password for the endpoint's user, or ``None`` where there is no user.

    ``setting`` is "env:NAME", "file:PATH" or "keyring:SERVICE". Raises ``CampaignError`` or ``PasswordError``, whose
    text never holds the password, nor a setting that may be one.
    """
    if endpoint.user is None:
        _refuse_password_of_nobody(setting)
        return None
    place = setting or f"env:{VARIABLE}"
    if not names_a_place(place):
        # The setting is not repeated: it may be the password itself.
        raise CampaignError(
            "[relay] password in campaign.toml does not say where the password is kept.",
            next_step='Write "env:NAME", "file:PATH" or "keyring:SERVICE". If a password stood there, change it.',
        )
    return read(place, endpoint.user)


def names_a_place(setting: str) -> bool:
    """Whether it is "env:NAME", "file:PATH" or "keyring:SERVICE"."""
    kind, _, where = setting.partition(":")
    return kind in _SOURCES and bool(where)


def set_in(variable: str) -> str | None:
    """The password in an environment variable that need not be set."""
    return os.environ.get(variable) or None


def read(place: str, user: str) -> str:
    """The password that is kept for a user in a place that ``names_a_place``. Raises ``PasswordError``."""
    kind, _, where = place.partition(":")
    return _SOURCES[kind](where, user)


def _refuse_password_of_nobody(setting: str | None) -> None:
    if setting is not None:
        raise CampaignError(
            "[relay] password is set, but [relay] url names no user.",
            next_step="Add the user to the URL, as in smtps://user@host:465, or remove the password setting.",
        )


def _from_environment(name: str, user: str) -> str:
    password = os.environ.get(name)
    if not password:
        raise PasswordError(
            f"The environment variable {name}, which is to hold the password of {user}, is not set.",
            next_step=f"Set {name}, or say that the password is kept elsewhere.",
        )
    return password


def _from_file(name: str, user: str) -> str:
    path = Path(name).expanduser()
    try:
        refuse_special(path)
        with path.open("rb") as file:
            _refuse_open_file(path, os.fstat(file.fileno()).st_mode)
            password = file.read(LONGEST).decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # "from None": the original's text holds octets of the password.
        raise PasswordError(
            f"The password file {path} is not UTF-8 text.", next_step="Write it again as text."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a name with NUL
        said = getattr(error, "strerror", None) or "no file can have that name"
        raise PasswordError(
            f"The password of {user} cannot be read from {path}: {said}.",
            next_step="Correct the file's name where it is given, or its permissions.",
        ) from error
    if not password:
        raise PasswordError(f"The password file {path} is empty.", next_step=f"Write the password of {user} into it.")
    return password


def _refuse_open_file(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & stat.S_IRWXO:
        raise PasswordError(
            f"Everybody on this machine may read or change the password file {path}.",
            next_step=f"Run: chmod 600 {path}",
        )


def _from_keyring(service: str, user: str) -> str:
    try:
        import keyring  # noqa: PLC0415 (an extra; absent from a plain installation)
        from keyring.errors import KeyringError  # noqa: PLC0415 (as above)
    except ImportError as error:
        raise PasswordError(
            f"The password of {user} is in the keyring, and the package keyring is not installed.",
            next_step=f"To use it, {install_extra('keyring')}",
        ) from error
    try:
        password = keyring.get_password(service, user)
    except KeyringError as error:
        raise PasswordError(
            f"The keyring cannot be read: {error}.",
            next_step="Unlock it, or keep the password elsewhere.",
        ) from error
    if not password:
        raise PasswordError(
            f"The keyring has no password of {user} for {service}.", next_step=f"Run: keyring set {service} {user}"
        )
    return str(password)


_SOURCES = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}
