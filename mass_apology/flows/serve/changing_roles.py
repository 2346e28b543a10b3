"""Follows the access file's roles while the page is served: a role that is taken away is gone for sessions that run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import InputError
from mass_apology.flows.serve.access_file import read_access
from mass_apology.flows.serve.service import Service

LOOK_SECONDS = 2.0  # between two looks whether the file has changed


async def follow_roles(service: Service) -> None:
    """Give people their roles as the file has them now; while nobody can read it, none. To be cancelled.

    What else the file says holds from the start of the server.
    """
    path = service.access_path
    if path is None or not service.access.asks_who:
        return
    seen: tuple[int, ...] = ()  # so that it is read once more: it may have changed since it was read first
    while True:
        if (now := _stamp(path)) != seen:
            seen = now
            try:
                roles = read_access(path).roles
            except InputError:
                roles = {}
            service.access = replace(service.access, roles=roles)
            service.sessions.keep_to(service.access.roles_of)
        await asyncio.sleep(LOOK_SECONDS)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return (0,)
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
