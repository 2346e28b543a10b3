"""``send``, ``follow-up``, ``bounces`` and others at once on one campaign: each works, or says why it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from live import customers, relay, results, write_rows
from returned_mail import address_of, returned
from sixty_days_judge import Arrived
from smtp_fakes import Relay
from test_follow_up_at_once import arrivals, grown

from mass_apology.model import Status

pytestmark = pytest.mark.slow

LETTERS = 60
FEW = 12  # whose letters come back
PATIENCE = 60.0  # seconds; a guard against hanging
Ended = tuple[str, int, str, str]
"""The command, its exit code, and what it said on both outputs."""


def run(folder: Path, *commands: Sequence[str]) -> list[Ended]:
    """All of them at once, each to its end; none shows a traceback."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "mass_apology", *words, "-C", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words in commands
    ]
    ended = []
    for words, process in zip(commands, started, strict=True):
        said, complaint = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in complaint
        assert "has a fault" not in complaint
        ended.append((words[0], process.returncode, said, complaint))
    return ended


def came_back(folder: Path, path: Path) -> Path:
    """A mailbox with the reports that some of the first letters failed."""
    first = {result.address: result.message_id for result in results(folder)}
    letters = (
        Arrived(run=0, at=0.0, wave="first", number=n, message_id=first[address_of(n)] or "") for n in range(FEW)
    )
    path.write_text(
        "".join(f"From MAILER-DAEMON Sun Nov 22 12:00:00 2026\n{returned('dead', letter)}\n" for letter in letters),
        encoding="utf-8",
    )
    return path


def messages_of(live: Relay, number: int) -> int:
    return sum(f"customer{number}@" in one.recipients[0] for one in live.received)


@pytest.mark.parametrize("rate", ["unlimited", "40/s"])
def test_whatever_is_refused_says_so_and_nothing_goes_twice(tmp_path: Path, rate: str) -> None:
    """With the slower rate all the others surely come while letters are on their way."""
    with relay() as live:
        folder = grown(tmp_path / "trial", live, LETTERS, rate)
        box = came_back(folder, tmp_path / "bounces.mbox")
        write_rows(folder / "affected.csv", customers(2 * LETTERS))
        at_once = run(
            folder,
            ["send", "--confirm", str(LETTERS)],
            ["follow-up"],
            ["bounces", "--from", str(box)],
            ["send", "--confirm", str(LETTERS)],
            ["follow-up"],
            ["bounces", "--from", str(box)],
            ["status", "--json"],
            ["report", "--json"],
        )
        for command, code, _, complaint in at_once:
            refused = command in {"send", "follow-up"} and "\n  → " in complaint
            assert code == 0 or refused, (command, complaint)
        assert any(code == 0 for command, code, *_ in at_once if command in {"send", "follow-up"})
        for _ in range(2):
            run(folder, ["send", "--confirm", str(due(folder))])
            run(folder, ["follow-up"])
        counted = arrivals(live)
        assert [each for each, count in counted.items() if count > 1] == []
        everybody = [result for result in results(folder) if result.delivery is not None]
        assert Counter(result.status for result in everybody) == {
            Status.ACCEPTED: 2 * LETTERS - FEW,
            Status.BOUNCED: FEW,
        }
        # Whose letter came back first got no second one; the others have both, and who is new has the first.
        assert all(messages_of(live, number) in (1, 2) for number in range(FEW))
        assert all(messages_of(live, number) == 2 for number in range(FEW, LETTERS))


def due(folder: Path) -> int:
    ((_, _, said, _),) = run(folder, ["status", "--json"])
    counts = json.loads(said)["counts"]
    return counts.get("PLANNED", 0) + counts.get("DEFERRED", 0) or LETTERS
