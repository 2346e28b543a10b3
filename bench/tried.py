"""What is tried rather than measured: modules of tests, each a bar with the number of its cases and of its failures."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from msgspec import Struct

from bench.result import Bar, Options, Result, TrialError

ROOT = Path(__file__).parents[1]
_COUNTED = re.compile(r"(\d+) (passed|failed|error)")


class Tried(Struct, frozen=True, kw_only=True):
    """Modules of tests that stand for one promise."""

    name: str
    fewest: int  # cases
    modules: tuple[str, ...]
    tables: tuple[str, ...] = ()  # TOML files whose texts are the cases, each module's tests being about all of them


ALL = (
    Tried(
        name="texts of relays, about us or about the recipient",
        fewest=120,
        modules=("tests/smtp/test_smtp_providers.py",),
        tables=("tests/smtp/replies/providers.toml", "tests/smtp/replies/phrasings.toml"),
    ),
    Tried(
        name="faults beside the relay, none of which makes doubt",
        fewest=12,
        modules=("tests/flows/test_faults_beside_relay.py",),
    ),
    Tried(
        name="what happens between plan and dot",
        fewest=15,
        modules=("tests/flows/test_gate.py", "tests/flows/test_one_mailbox.py"),
    ),
    Tried(
        name="ledgers that were lost, copied or set back",
        fewest=50,
        modules=(
            "tests/flows/test_lost_ledger.py",
            "tests/flows/test_lost_ledger_later.py",
            "tests/flows/test_ledger_gone_in_mid_run.py",
        ),
    ),
    Tried(
        name="what a file of customers may hide",
        fewest=150,
        modules=(
            "tests/recipients",
            "tests/names",
            "tests/flows/test_greetings.py",
            "tests/flows/test_times.py",
            "tests/test_spreadsheets.py",
        ),
    ),
)


def measure(_: Options) -> Result:
    """Run them, one promise after the other."""
    return Result(bars=tuple(bar for tried in ALL for bar in bars_of(tried)))


def bars_of(tried: Tried) -> tuple[Bar, Bar]:
    """How many of its tests there are, and how many fail. Raises ``TrialError`` where pytest counted none."""
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "-p", "no:cacheprovider", *tried.modules]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = ended.stdout.splitlines()
    counted = {word: int(count) for count, word in _COUNTED.findall(lines[-1] if lines else "")}
    if not counted:
        raise TrialError(f"{tried.name}: pytest ended with {ended.returncode}, and counted no test.")
    failed = counted.get("failed", 0) + counted.get("error", 0)
    cases = sum(map(_texts, map(_table, tried.tables))) if tried.tables else counted.get("passed", 0) + failed
    return (
        Bar(name=f"{tried.name}: cases", figure=cases, limit=tried.fewest, unit=""),
        Bar(name=f"{tried.name}: wrong", figure=failed, limit=0, unit="", at_most=True),
    )


def _table(file: str) -> object:
    return tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


def _texts(within: object) -> int:
    """The number of texts in a table."""
    if isinstance(within, dict):
        return sum(map(_texts, within.values()))
    return sum(map(_texts, within)) if isinstance(within, list) else isinstance(within, str)
