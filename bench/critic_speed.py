"""The critic's time: of a letter, and of ``check`` with it and without it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.campaigns import Relay, make_campaign
from bench.lint_score import CORPUS, languages
from bench.product import run
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import scratch
from mass_apology.wording.critic import criticise
from mass_apology.wording.letter_text import Document
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules

LETTERS = 100_000
WORDS = 200
PAIRS = 3
_OFF = """\
from mass_apology.flows.plan import wording_findings
from mass_apology.letter.inspecting.distinct_letters import DistinctLetters

DistinctLetters.add = lambda *_: None
wording_findings.WordingCritic.findings = lambda *_: []
"""


def measure(options: Options) -> Result:
    """Milliseconds of a core for 200 words, in each language; and pairs of checks, with the critic and without."""
    letters = options.letters(LETTERS)
    speeds = {language: _milliseconds(language) for language in languages()}
    with scratch("critic") as folder:
        campaign = make_campaign(folder / "campaign", letters, Relay(port=1, connections=2))
        without = folder / "without"
        without.mkdir()
        (without / "sitecustomize.py").write_text(_OFF, encoding="utf-8")
        ratios = [_check(campaign) / _check(campaign, without) for _ in range(PAIRS)]
    slowest = max(speeds, key=lambda code: speeds[code])
    return Result(
        bars=(
            Bar(name=f"a letter of {WORDS} words, {slowest}", figure=speeds[slowest], limit=2, unit="ms", at_most=True),
            Bar(name="check with the critic, against without", figure=median(ratios), limit=1.05, at_most=True),
        ),
        notes=(
            ", ".join(f"{code} {figure:.2f} ms" for code, figure in speeds.items()),
            f"check of {letters} letters, with against without, CPU time of all processes: {listed(ratios, 'x')}",
        ),
    )


def _milliseconds(language: str) -> float:
    known = rules(language)
    assert known is not None
    letters = [
        letter
        for file in sorted((CORPUS / language).iterdir())
        if file.suffix in {".md", ".txt", ".html", ".eml"}
        for letter in read_letters(file.name, file.read_bytes())
    ]
    words = sum(map(_words, letters))
    for letter in letters:  # tables are made when they are needed first
        criticise(letter, known)
    began = time.process_time()
    for letter in letters:
        criticise(letter, known)
    return (time.process_time() - began) / words * WORDS * 1000


def _words(letter: Document) -> int:
    return sum(len(block.text.split()) for block in letter.blocks)


def _check(campaign: Path, without: Path | None = None) -> float:
    """CPU seconds of all processes of one ``check``."""
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = str(without) if without else path
    try:
        return run("check", campaign, "--offline").expect().cpu_seconds
    finally:
        os.environ["PYTHONPATH"] = path
