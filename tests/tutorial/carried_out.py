"""Types the tutorial's commands, all of them and in order, into one shell in a folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/tutorial.md"
_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "=== end of block"
_LOOSE = (  # what differs from one time to the next
    (r"127\.0\.0\.1:\d+", "RELAY"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "TIME"),
    (r"\b[a-z]{5}-[a-z]{5}-[a-z]{5}\b", "PLAN"),
    (r"\s+", " "),
)


class Block(NamedTuple):
    """What is typed, and the lines that the page says it prints; "…" stands for any lines."""

    typed: str
    quoted: list[str]


def blocks() -> list[Block]:
    """The page's, in order."""
    found: list[Block] = []
    for kind, text in _FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "sh":
            found.append(Block(text, []))
        else:
            found[-1].quoted.extend(text.splitlines())
    return found


def carry_out(folder: Path) -> list[str]:
    """Type every block; what each printed. Raises ``AssertionError`` where a command fails."""
    script = "set -e\n" + "".join(f"{block.typed}echo '{_MARK}'\n" for block in blocks())
    secrets = ("MASS_APOLOGY_", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(secrets)}
    with subprocess.Popen(
        ["bash"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        env={**environment, "REPOSITORY": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"},
    ) as shell:
        try:
            printed, _ = shell.communicate(script, timeout=900)
        finally:
            if shell.poll() is None or shell.returncode:  # the relay ends with the page, or here
                os.killpg(shell.pid, signal.SIGKILL)
    parts = printed.split(f"{_MARK}\n")
    assert shell.returncode == 0, parts[-1]
    return parts[:-1]


def differs(block: Block, printed: str) -> str:
    """The first quoted line that is not where it should be; empty where all are."""
    lines = [_loosely(line) for line in printed.splitlines()]
    at, anywhere = 0, False
    for quoted in block.quoted:
        if quoted == "…":
            anywhere = True
            continue
        wanted = _loosely(quoted)
        found = next((n for n in range(at, len(lines)) if lines[n] == wanted), None)
        if found is None or (found != at and not anywhere):
            return quoted
        at, anywhere = found + 1, False
    return "" if anywhere or not block.quoted or at == len(lines) else f"(nothing) where it prints {lines[at]}"


def _loosely(line: str) -> str:
    for pattern, word in _LOOSE:
        line = re.sub(pattern, word, line)
    return line.strip()
