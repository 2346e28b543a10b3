"""Processes of this host: whether one still runs, and how often this one looks for garbage."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

_PROC = Path("/proc")
_ALLOCATIONS = 50_000  # more than freed ones, before a collection: some megabytes, if all were garbage


def collect_rarely() -> None:
    """Look for objects that only refer to each other less often than Python does by itself.

    It looks through all modules and templates again and again; what is made for a letter is freed by its references.
    """
    gc.set_threshold(_ALLOCATIONS, 10, 10)


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


if sys.platform == "win32":
    import ctypes

    _QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _DENIED = 5  # ERROR_ACCESS_DENIED
    _STILL_ACTIVE = 259

    def _answers(pid: int) -> bool:
        """Without a signal: `os.kill` ends the process there, or sends it a Ctrl-C."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        opened: int | None = kernel.OpenProcess(_QUERY, 0, pid)
        if opened is None:
            return bool(ctypes.get_last_error() == _DENIED)
        handle, code = ctypes.c_void_p(opened), ctypes.c_ulong()
        try:
            return not kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value == _STILL_ACTIVE
        finally:
            kernel.CloseHandle(handle)
else:

    def _answers(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
