"""The critic against letters whose faults people have labelled: precision and recall, per language and per rule.

``samples/wording/xx/labels.toml`` says what is wrong in each letter. A fixed seed halves the letters: rules are tuned
on one half, and the bars are for the other. A finding is right where a label of its rule has a place in common with it;
of a part that is missing, where the letter has that label.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, convert

from bench.result import Bar, Options, Result
from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules, shipped

CORPUS = Path(__file__).resolve().parents[1] / "samples" / "wording"
PRECISION, RECALL = 0.95, 0.85
_SEED = "2026-11-30"
_WORD = re.compile(r"\w+")


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault of a letter."""

    rule: str
    passage: str = ""  # as a reader sees it; empty where a part is missing


class Labelled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One letter of a corpus."""

    file: str
    scenario: str = ""
    half: str = ""  # "tune" for a letter that rules were tuned on before it could be held back
    labels: tuple[Label, ...] = ()


class Outcome(Struct, frozen=True, kw_only=True):
    """One finding or label that was compared."""

    language: str
    file: str
    rule: str
    passage: str
    kind: str  # "right", "wrong" (a finding without a label) or "missed" (a label without a finding)


def half_of(language: str, file: str) -> str:
    """The half of a letter, "tune" or "held": always the same one."""
    return "held" if hashlib.sha256(f"{_SEED}/{language}/{file}".encode()).digest()[0] % 2 else "tune"


def _half(language: str, letter: Labelled) -> str:
    return letter.half or half_of(language, letter.file)


def languages() -> list[str]:
    """The languages that have a corpus and rules."""
    return sorted(code for path in CORPUS.glob("*/labels.toml") if (code := path.parent.name) in shipped())


def corpus(language: str) -> tuple[Labelled, ...]:
    """The letters of a language with their labels."""
    table = tomllib.loads((CORPUS / language / "labels.toml").read_text(encoding="utf-8"))
    return convert(table["letter"], tuple[Labelled, ...])


def outcomes(language: str, letter: Labelled) -> Iterator[Outcome]:
    """What the critic says of one letter, beside what people say."""
    known = rules(language)
    assert known is not None
    data = (CORPUS / language / letter.file).read_bytes()
    found = [
        (each.rule, each.passage, visible)
        for document in read_letters(letter.file, data)
        for each in criticise(document, known, letter.scenario)
        for visible in [_plain(each.passage)]
    ]
    taken: set[int] = set()
    for label in letter.labels:
        number = next((n for n, each in enumerate(found) if n not in taken and _same(label, each[0], each[2])), None)
        kind = "missed" if number is None else "right"
        taken |= set() if number is None else {number}
        yield Outcome(language=language, file=letter.file, rule=label.rule, passage=label.passage, kind=kind)
    for number, (rule, passage, visible) in enumerate(found):
        if number in taken or any(_same(label, rule, visible) for label in letter.labels):
            continue  # two findings in one label's passage are one
        yield Outcome(language=language, file=letter.file, rule=rule, passage=passage, kind="wrong")


def _same(label: Label, rule: str, passage: str) -> bool:
    if label.rule != rule:
        return False
    wanted = _plain(label.passage)
    return not (wanted and passage) or wanted in passage or passage in wanted or _overlap(wanted, passage)


def _plain(text: str) -> str:
    shown = html.unescape(re.sub(r"<[^<>]*>", "", re.sub(r"<br\b[^<>]*>", " ", text)))
    return " ".join(re.sub(r"[*_`]", "", shown).split()).casefold()


def _overlap(one: str, other: str) -> bool:
    """Whether the end of one is the beginning of the other, by two words at least."""
    first, second = _WORD.findall(one), _WORD.findall(other)
    return any(
        left[-length:] == right[:length]
        for left, right in ((first, second), (second, first))
        for length in range(2, min(len(left), len(right)) + 1)
    )


def scored(half: str, chosen: Sequence[str]) -> list[Outcome]:
    """The outcomes of one half, or of "all"."""
    return [
        each
        for language in chosen
        for letter in corpus(language)
        if half in {"all", _half(language, letter)}
        for each in outcomes(language, letter)
    ]


def rates(found: Sequence[Outcome]) -> tuple[float, float]:
    """Precision and recall; 1 where there is nothing to divide by."""
    counts = Counter(each.kind for each in found)
    right = counts["right"]
    return right / ((right + counts["wrong"]) or 1), right / ((right + counts["missed"]) or 1)


def measure(options: Options) -> Result:
    """The held half of each language that has one."""
    del options
    bars = []
    for language in languages():
        if all(_half(language, letter) == "tune" for letter in corpus(language)):
            continue
        precision, recall = rates(scored("held", [language]))
        bars.append(Bar(name=f"{language}, held half: precision", figure=precision, limit=PRECISION))
        bars.append(Bar(name=f"{language}, held half: recall", figure=recall, limit=RECALL))
    return Result(bars=tuple(bars))


def main() -> None:
    """Print the table: ``python -m bench.lint_score [--half held] [--language en] [--show]``."""
    parser = argparse.ArgumentParser(prog="bench.lint_score")
    parser.add_argument("--half", choices=("tune", "held", "all"), default="held")
    parser.add_argument("--language", action="append")
    parser.add_argument("--rules", action="store_true", help="each rule")
    parser.add_argument("--show", action="store_true", help="each wrong finding and each missed label")
    asked = parser.parse_args()
    for language in asked.language or languages():
        found = scored(asked.half, [language])
        print(_line(f"{language} ({asked.half})", found))
        if asked.rules:
            for rule in sorted({each.rule for each in found}):
                print("  " + _line(rule, [each for each in found if each.rule == rule]))
        if asked.show:
            for each in found:
                if each.kind != "right":
                    print(f"  {each.kind:6} {each.file}: {each.rule}: {' '.join(each.passage.split())[:160]}")


def _line(name: str, found: Sequence[Outcome]) -> str:
    precision, recall = rates(found)
    counts = Counter(each.kind for each in found)
    return (
        f"{name:26} precision {precision:.3f}  recall {recall:.3f}   "
        f"right {counts['right']:4} wrong {counts['wrong']:3} missed {counts['missed']:3}"
    )


if __name__ == "__main__":
    main()
