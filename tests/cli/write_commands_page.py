"""Write docs/commands.md from what the commands say of themselves: python tests/cli/write_commands_page.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from mass_apology.cli.app import app


def paths(command: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """The words of every command; of a group those of its commands, and its own where it does something by itself."""
    for name, each in command.commands.items():
        within = getattr(each, "commands", {})
        if not within or each.invoke_without_command:
            yield *before, name
        if within:
            yield from paths(each, *before, name)


COMMANDS = tuple(" ".join(words) for words in paths(typer.main.get_command(app)))
HEAD = """# Commands: every option of each

Made from `--help`. Exit codes: 0 done, 1 something needs a person, 2 wrong usage, 3 interrupted with work left.
"""


def help_of(name: str) -> str:
    """What a command says of itself."""
    words = [sys.executable, "-m", "mass_apology", *name.split(), "--help"]
    return subprocess.run(
        words, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    ).stdout


if __name__ == "__main__":
    pages = "\n".join(f"## {name}\n\n```\n{help_of(name).strip()}\n```\n" for name in COMMANDS)
    Path("docs/commands.md").write_text(f"{HEAD}\n{pages}", encoding="utf-8")
