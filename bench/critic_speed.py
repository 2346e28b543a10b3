"""The critic's time: of a letter that it has not read, of a first letter, and of ``check`` with it and without."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import cycle, product
from pathlib import Path

from msgspec import Struct
from msgspec.json import decode, encode

from bench.campaigns import LANGUAGES, TEMPLATE, Relay, make_campaign
from bench.lint_score import CORPUS
from bench.product import run
from bench.result import Bar, Options, Result, TrialError, listed, median
from bench.workplace import ROOT, python, scratch
from mass_apology.wording.critic import criticise
from mass_apology.wording.letter_text import Document
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules, shipped

LETTERS = 100_000
WORDS = 200
TRIES = 3  # processes for each language, and pairs of checks
_OFF = """\
from mass_apology.flows.plan import wording_findings
from mass_apology.letter.inspecting.distinct_letters import DistinctLetters

DistinctLetters.add = lambda *_: None
wording_findings.WordingCritic.findings = lambda *_: []
"""
_HARM = re.compile(r"(?<=\{\{ incident\.harm \}\}\n)")
_OWN_HARM = '{% if customer.harm | default("") %}\n{{ customer.harm }}\n{% endif %}\n'
_HARMS: Mapping[str, str] = {
    "en": "You could not {} {}.|pay a bill,send money,see your account,reach our desk"
    "|in the morning,at noon,in the afternoon,in the evening,at night",
    "pl": "Nie mogli Państwo {} {}.|zapłacić rachunku,wysłać przelewu,sprawdzić salda,zadzwonić do biura"
    "|rano,w południe,po południu,wieczorem,w nocy",
    "ru": "Вы не могли {} {}.|оплатить счёт,отправить перевод,увидеть остаток,дозвониться до отдела"
    "|утром,в полдень,днём,вечером,ночью",
}
"""Of each language a sentence and what stands in it: twenty that make as many letters distinct."""


class Speed(Struct, frozen=True, kw_only=True):
    """One process's times in one language, in milliseconds of a core."""

    unread: float  # of 200 words, in letters that it has not read, after others
    rules: float  # of reading the rules
    first: float  # of the first letter, for which tables are made


def measure(options: Options) -> Result:
    """Milliseconds of a core for 200 words, in each language; and pairs of checks, with the critic and without."""
    letters = options.letters(LETTERS)
    tries = {language: [_elsewhere(language) for _ in range(TRIES)] for language in options.languages or shipped()}
    speeds = {language: median(each.unread for each in speed) for language, speed in tries.items()}
    with scratch("critic") as folder:
        campaign = make_campaign(folder / "campaign", letters, Relay(port=1, connections=2))
        _make_distinct(campaign)
        without = folder / "without"
        without.mkdir()
        (without / "sitecustomize.py").write_text(_OFF, encoding="utf-8")
        pairs = [(_check(campaign), _check(campaign, without)) for _ in range(TRIES)]
    ratios = [with_it / without_it for with_it, without_it in pairs]
    slowest = max(speeds, key=lambda code: speeds[code])
    return Result(
        bars=(
            Bar(name=f"a letter of {WORDS} words, {slowest}", figure=speeds[slowest], limit=2, unit="ms", at_most=True),
            Bar(name="check with the critic, against without", figure=median(ratios), limit=1.05, at_most=True),
        ),
        notes=(
            "unread letters: " + ", ".join(f"{code} {figure:.2f} ms" for code, figure in speeds.items()),
            "reading the rules, and the first letter: " + ", ".join(map(_starting, tries, tries.values())),
            f"check of {letters} letters, CPU time of all processes: with {listed((each[0] for each in pairs), 's')}, "
            f"without {listed((each[1] for each in pairs), 's')}",
        ),
    )


def _starting(language: str, tries: list[Speed]) -> str:
    return f"{language} {median(each.rules for each in tries):.0f} + {median(each.first for each in tries):.0f} ms"


def _elsewhere(language: str) -> Speed:
    """The times of a new process, whose caches are empty."""
    done = subprocess.run(
        python("-m", "bench.critic_speed", language), cwd=ROOT, capture_output=True, check=False, timeout=600
    )
    if done.returncode:
        raise TrialError(f"The critic's time in {language} could not be taken: {done.stderr.decode()[-500:]}")
    return decode(done.stdout, type=Speed)


def _speed(language: str) -> Speed:
    letters = list(_letters(language))
    began = time.process_time()
    known = rules(language)
    made = time.process_time()
    assert known is not None
    criticise(letters[0], known)
    first = time.process_time()
    read, unread = letters[::2], letters[1::2]
    for letter in read:
        criticise(letter, known)
    turned = time.process_time()
    for letter in unread:
        criticise(letter, known)
    ended = time.process_time()
    unread_words = sum(map(_words, unread))
    return Speed(
        unread=(ended - turned) / unread_words * WORDS * 1000, rules=(made - began) * 1000, first=(first - made) * 1000
    )


def _letters(language: str) -> Iterator[Document]:
    """The labelled letters of a language, of which German, French and Spanish have few or none, and the library's."""
    corpus = [file for file in sorted((CORPUS / language).glob("*")) if file.suffix in {".md", ".txt", ".html", ".eml"}]
    for file in (*corpus, *sorted((ROOT / "templates").glob(f"*/{language}.md"))):
        yield from read_letters(file.name, file.read_bytes())


def _words(letter: Document) -> int:
    return sum(len(block.text.split()) for block in letter.blocks)


def _make_distinct(campaign: Path) -> None:
    """A template of the campaign's own, with a sentence for each customer from a column: sixty distinct letters."""
    own = campaign / "templates" / TEMPLATE
    own.mkdir(parents=True)
    shipped_one = ROOT / "templates" / TEMPLATE
    scenario = (shipped_one / "scenario.toml").read_text(encoding="utf-8")
    (own / "scenario.toml").write_text(f'{scenario}\n[columns.harm]\ncomment = "The harm to one."\n', encoding="utf-8")
    for language in LANGUAGES:
        text = (shipped_one / f"{language}.md").read_text(encoding="utf-8")
        (own / f"{language}.md").write_text(_HARM.sub(_OWN_HARM, text, count=1), encoding="utf-8")
    customers = campaign / "affected.csv"
    whole = customers.with_suffix(".without")
    shutil.move(customers, whole)
    harms = {language: cycle(_sentences(language)) for language in LANGUAGES}
    with whole.open(encoding="utf-8", newline="") as before, customers.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(before)
        writer = csv.DictWriter(file, [*(rows.fieldnames or ()), "harm"])
        writer.writeheader()
        # Durations are words, too, and would make more of them.
        writer.writerows({**row, "harm": next(harms[row["language"]]), "minutes_down": "45"} for row in rows)


def _sentences(language: str) -> list[str]:
    sentence, what, when = _HARMS[language].split("|")
    return [sentence.format(*each) for each in product(what.split(","), when.split(","))]


def _check(campaign: Path, without: Path | None = None) -> float:
    """CPU seconds of all processes of one ``check``, which finds no plan that another one has kept."""
    for kept in campaign.glob("ledger.sqlite*"):
        kept.unlink()
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = str(without) if without else path
    try:
        return run("check", campaign, "--offline").expect().cpu_seconds
    finally:
        os.environ["PYTHONPATH"] = path


if __name__ == "__main__":
    sys.stdout.buffer.write(encode(_speed(sys.argv[1])))
