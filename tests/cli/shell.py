"""The program as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def command(*words: str | Path, cwd: Path | None = None, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run it to its end; whatever happens, it shows no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "mass_apology", *map(str, words)],
        cwd=cwd,
        input=typed,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "has a fault" not in done.stderr
    return done
