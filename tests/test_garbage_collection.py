"""How often processes of ours look for garbage."""

from __future__ import annotations

import subprocess
import sys

_COUNTED = """
import gc, sys
from mass_apology import __main__
sys.argv = ["mass-apology", "--help"]
try:
    __main__.main()
except SystemExit:
    pass
before = [each["collections"] for each in gc.get_stats()]
kept = [[] for _ in range(40_000)]
print(sum(each["collections"] for each in gc.get_stats()) - sum(before))
"""


def test_a_command_does_not_look_through_all_its_modules_again_and_again() -> None:
    assert _collections(_COUNTED) <= 1
    assert _collections(_COUNTED.replace("__main__.main()", "from mass_apology.cli.app import run; run()")) > 20


def _collections(script: str) -> int:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1])
