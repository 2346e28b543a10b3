"""The shell offers what there is to choose from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from live import campaign_folder, customers

pytestmark = pytest.mark.slow


def offered(folder: Path, words: str) -> list[str]:
    count = len(words.split(" ")) - 1
    asked = {
        "_MASS_APOLOGY_COMPLETE": "complete_bash",
        "COMP_WORDS": f"mass-apology {words}",
        "COMP_CWORD": str(count + 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from mass_apology.cli.app import run; run()"],
        cwd=folder,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    folder = campaign_folder(tmp_path / "trial", "smtp+plain://127.0.0.1:1", customers(2))
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    later = '\n[[follow_up]]\nname = "later"\ntemplate = "sorry"\nafter = "1 day"\n'
    (folder / "campaign.toml").write_text(text + later, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("correct --template so", ["software-fault", "sorry"]),
        ("init x --template service", ["service-outage"]),
        ("preview --wave ", ["first", "later"]),
        ("test --wave l", ["later"]),
        ("report --wave f", ["first"]),
        ("follow-up --arm ", ["later"]),
        ("send --override already", ["already-written"]),
        ("suppress add --reason dead", ["dead-address"]),
        ("correct --where mi", ["minutes"]),
    ],
)
def test_values_are_completed(trial: Path, words: str, expected: list[str]) -> None:
    assert offered(trial, words) == expected


def test_a_broken_campaign_offers_nothing_and_says_nothing(trial: Path) -> None:
    (trial / "campaign.toml").write_text("name =", encoding="utf-8")
    assert offered(trial, "preview --wave ") == []


def test_completion_reads_no_table_and_compiles_no_letter(trial: Path) -> None:
    code = (
        "import sys\nfrom mass_apology.cli.app import run\n"
        "try: run()\nexcept SystemExit: pass\n"
        "print([name for name in ('pandas', 'jinja2', 'aiosmtplib') if name in sys.modules], file=sys.stderr)"
    )
    asked = {
        "_MASS_APOLOGY_COMPLETE": "complete_bash",
        "COMP_WORDS": "mass-apology correct --template ",
        "COMP_CWORD": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=trial, env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
