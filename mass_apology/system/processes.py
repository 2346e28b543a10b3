"""Whether a process of this host still runs."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def start_of(pid: int) -> str | None:
    """When a process of this host began, as an opaque word; ``None`` if it has ended.

    On Linux it is the boot's id and field 22 of /proc/PID/stat, the clock ticks since that boot (proc(5)); where the
    system does not say, it is empty.
    """
    if not (_PROC / "self" / "stat").exists():
        return "" if _answers(pid) else None
    try:
        status = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = status.rpartition(")")[2].split()  # the command before it may hold spaces and brackets
    return None if state in "ZX" else f"{boot}/{fields[18]}"  # a zombie has ended, its parent has only not looked yet


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
