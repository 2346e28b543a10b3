"""The days after the first letter: sixty of them simulated, every flow killed at each of its steps, two timers at once,
and a million deliveries planned for.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.campaigns import LANGUAGES, Relay, make_campaign, write_customers
from bench.product import Run, command, run
from bench.relays import recorder
from bench.result import Bar, Options, Result, TrialError, listed
from bench.workplace import ROOT, environment, python, scratch
from mass_apology.ledger.sqlite import SqliteLedger

RECIPIENTS = 10_000
EVERY = 4  # hours, between two runs of the timer
TROUBLE = 100  # with every so many letters the relay makes some, at each of its verbs
ROUNDS = 100
AT_ONCE = 40  # letters of a round
TOGETHER = 10  # rounds with one campaign, which grows by them
FEWEST = 20  # rounds in which two follow-ups surely meet
DELIVERIES = 1_000_000
REPETITIONS = 3
_EVERY_STEP = ROOT / "tests" / "flows" / "test_every_step.py"
_THOROUGH = {"MASS_APOLOGY_EVERY_STEP": "1"}
_FAILED = re.compile(r"(\d+) (?:failed|errors?)")
_TESTS = (ROOT / "tests" / "smtp", ROOT / "tests" / "flows")
_IN_USE = "is working on this campaign"
_LETTER = "Subject: How it went on\n\n{{ salutation }}\n\nWe have mended it.\n"
_WAVES = """
[schedule]
hours = "{hours}"
weekdays = "{weekdays}"
default_country = "PL"

[[follow_up]]
name = "later"
template = "later"
{when}
"""
_NOW = {"hours": "00:00-24:00", "weekdays": "mon-sun", "when": "at = 2026-01-01T00:00:00Z"}
_LATER = {"hours": "09:00-18:00", "weekdays": "working", "when": 'after = "3 days"'}
_ADD_RECIPIENT = """\
INSERT INTO recipient (id, identity, mailbox, address, name, language, time_zone, lines, rows)
VALUES (:id, :id, :id, :address, :name, :language, :zone, :lines, :rows)
"""
_ADD_DELIVERY = """\
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at)
SELECT id, 'first', 'PLANNED', '<' || id || '@acme.example>', language, :at FROM recipient
"""
_HAND_OVER = "UPDATE delivery SET status = 'HANDING_OVER', attempts = 1"
_ACCEPT = (
    "UPDATE delivery SET status = 'ACCEPTED', accepted_at = :at + recipient % 3600, marked_at = :at + recipient % 3600"
)


class Verdict(Struct):
    """What the tests' own simulation comes to; see tests/flows/sixty_days_judge.py."""

    twice: list[str]
    outside: list[str]
    missing: list[str]
    misnamed: list[str]
    letters: dict[str, int]
    statuses: dict[str, int]
    turned: dict[str, int]
    in_doubt: int
    died: int


def measure(options: Options) -> Result:
    """Simulate, race, and plan."""
    with scratch("following") as folder:
        verdict = _sixty_days(folder, options)
        faulty, said = _every_step()
        rounds = max(3, round(ROUNDS * options.scale))
        twice, refused = _race(folder, rounds, random.Random(options.seed))
        deliveries = options.letters(DELIVERIES)
        plans = _plans(folder / "many", deliveries)
        (few,) = _plans(folder / "few", max(60, deliveries // 10), times=1)
    most = max(each.peak_sum for each in plans)
    none = partial(Bar, limit=0, at_most=True, unit="")
    each = min(plan.cpu_seconds for plan in plans) / deliveries * 1e6
    return Result(
        bars=(
            none(name="sixty days: letters sent twice", figure=len(verdict.twice)),
            none(name="sixty days: letters outside their window", figure=len(verdict.outside)),
            none(name="sixty days: letters missing", figure=len(verdict.missing)),
            none(name="sixty days: statuses that do not say what happened", figure=len(verdict.misnamed)),
            none(name="killed at every step: flows with a fault", figure=faulty),
            none(name="two follow-ups at once: letters sent twice or not at all", figure=twice),
            Bar(name="planning a follow-up, a delivery", figure=each, limit=20, unit="us", at_most=True),
            Bar(name="its memory, against a tenth", figure=most / few.peak_sum, limit=1.5, at_most=True),
        ),
        notes=(
            f"sixty days: {verdict.letters} letters, {verdict.died} processes killed, {verdict.in_doubt} in doubt",
            f"sixty days: the relay turned away {verdict.turned}; in the end {verdict.statuses}",
            *(verdict.twice + verdict.outside + verdict.missing + verdict.misnamed)[:5],
            f"killed at every step: {said}",
            f"at once: {rounds} rounds of {AT_ONCE} letters; in {refused} the second one found the ledger in use",
            f"planning for {deliveries} took {listed((plan.seconds for plan in plans), 's')}, the command's start "
            f"included; memory {most:.0f} MiB, for a tenth {few.peak_sum:.0f} MiB",
        ),
    )


def _sixty_days(folder: Path, options: Options) -> Verdict:
    """The tests' simulation with many more customers."""
    simulated = folder / "sixty-days"
    simulated.mkdir()
    script = str(ROOT / "tests" / "flows" / "sixty_days.py")
    words = python(script, str(simulated), *map(str, (options.letters(RECIPIENTS), EVERY, options.seed, TROUBLE)))
    paths = os.pathsep.join(map(str, (ROOT, *_TESTS)))
    done = subprocess.run(words, capture_output=True, env={**environment(), "PYTHONPATH": paths}, check=False)
    if done.returncode:
        raise TrialError(f"The simulation failed:\n{done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Verdict)


def _every_step() -> tuple[int, str]:
    """The tests' flows, each killed at all of its moments: how many have a fault, and the tests' last line."""
    words = python("-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-o", "timeout=1800", str(_EVERY_STEP))
    done = subprocess.run(words, capture_output=True, cwd=ROOT, env={**environment(), **_THOROUGH}, check=False)
    *_, last = done.stdout.decode().strip().splitlines() or [""]
    faulty = sum(map(int, _FAILED.findall(last)))
    if bool(done.returncode) != bool(faulty):
        raise TrialError(f"The tests did not run:\n{(done.stdout + done.stderr).decode()[-2000:]}")
    return faulty, last.strip("= ")


def _race(folder: Path, rounds: int, chance: random.Random) -> tuple[int, int]:
    """Two processes at once for each round's letters: how many did not go exactly once, and refused processes."""
    refused = 0
    with recorder(folder / "race.jsonl") as sink:
        for begun in range(0, rounds, TOGETHER):
            campaign = make_campaign(folder / f"race-{begun}", AT_ONCE, Relay(port=sink.port, connections=2))
            _add_wave(campaign, _NOW)
            refused += sum(_round(campaign, number, chance) for number in range(1, min(TOGETHER, rounds - begun) + 1))
        counted = Counter(arrival.message_id for arrival in sink.stop())
    if rounds >= FEWEST and not refused:
        raise TrialError("Of two follow-ups at once the second one never found the ledger in use: they did not meet.")
    wrong = sum(times != 1 for times in counted.values())
    return wrong + abs(2 * AT_ONCE * rounds - len(counted)), refused


def _round(campaign: Path, number: int, chance: random.Random) -> int:
    """The campaign grows, and its new letters' follow-ups go: how many of the two processes were refused."""
    letters = AT_ONCE * number
    write_customers(campaign / "affected.csv", letters)
    run("send", campaign, "--confirm", str(AT_ONCE)).expect()
    run("follow-up", campaign, "--arm", "later", "--confirm", str(letters)).expect()
    return _two_at_once(campaign, chance)


def _two_at_once(campaign: Path, chance: random.Random) -> int:
    """How many of the two found the ledger in use; raises ``TrialError`` where one failed for another reason."""
    state = {**environment(), "MASS_APOLOGY_STATE": str(campaign / "state")}
    words = command("follow-up", campaign)
    processes = []
    for _ in range(2):
        processes.append(
            subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, env=state)
        )
        time.sleep(chance.uniform(0, 0.3))
    said = [process.communicate(timeout=120)[1].decode() for process in processes]
    codes = [process.returncode for process in processes]
    if 0 not in codes or any(code and _IN_USE not in words for code, words in zip(codes, said, strict=True)):
        raise TrialError(f"Two follow-ups ended with the exit codes {codes}. They said:\n{''.join(said)[-2000:]}")
    return sum(map(bool, codes))


def _add_wave(campaign: Path, wave: dict[str, str]) -> None:
    templates = campaign / "templates" / "later"
    templates.mkdir(parents=True)
    for language in LANGUAGES:
        (templates / f"{language}.md").write_text(_LETTER, encoding="utf-8")
    file = campaign / "campaign.toml"
    file.write_text(file.read_text(encoding="utf-8") + _WAVES.format(**wave), encoding="utf-8")


def _plans(folder: Path, deliveries: int, times: int = REPETITIONS) -> list[Run]:
    """``follow-up --plan`` over a ledger of so many accepted letters."""
    make_campaign(folder, deliveries, Relay(port=1, connections=1))
    _add_wave(folder, _LATER)
    _fill_ledger(folder)
    done = [run("follow-up", folder, "--plan", "--json", watch=True).expect() for _ in range(times)]
    for each in done:
        found = json.loads(each.output)["waves"][0]["letters"]
        if found != deliveries:
            raise TrialError(f"Of {deliveries} letters {found} are planned.")
    return done


def _fill_ledger(folder: Path) -> None:
    """All customers of the file, with a first letter that was accepted, in the ledger without any sending."""
    path = folder / "ledger.sqlite"
    with SqliteLedger.create(path, "bench"):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(_ADD_RECIPIENT, _recipients(folder / "affected.csv"))
        for statement in (
            _ADD_DELIVERY,
            _HAND_OVER,
            _ACCEPT,
        ):  # the only way that the ledger's triggers let a letter go
            connection.execute(statement, {"at": 1_795_000_000.0})


def _recipients(file: Path) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=1):
            yield {
                "id": number,
                "address": row["email"],
                "name": row["name"],
                "language": row["language"],
                "zone": row["time_zone"],
                "lines": f"[{number + 1}]",
                "rows": msgspec.json.encode([row]).decode(),
            }
