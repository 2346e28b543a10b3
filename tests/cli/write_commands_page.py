"""Write docs/commands.md from what the commands say of themselves: python tests/cli/write_commands_page.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = (
    *("init", "check", "preview", "test", "approve", "send", "status", "pause", "resume", "stop", "report"),
    *("follow-up", "correct", "schedule", "bounces", "reconcile", "suppress", "templates", "purge", "demo"),
)
HEAD = """# Commands

Made from `--help`. Exit codes: 0 done, 1 something needs a person, 2 wrong usage, 3 interrupted with work left.
"""


def help_of(name: str) -> str:
    words = [sys.executable, "-m", "mass_apology", name, "--help"]
    return subprocess.run(
        words, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    ).stdout


pages = "\n".join(f"## {name}\n\n```\n{help_of(name).strip()}\n```\n" for name in COMMANDS)
Path("docs/commands.md").write_text(f"{HEAD}\n{pages}", encoding="utf-8")
