"""The shipped letters before judges that are not their authors, and what the longest costs to write."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from bench.result import Bar, Options, Result
from bench.workplace import OUT, install_modules, program, scratch
from mass_apology.letter.inspecting.inspector import CLIPPED
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.model import Delivery
from tests.gallery import accessibility, markup, spam
from tests.gallery.examples import customer, writer
from tests.gallery.samples import DATE, PLAIN, Sample, layouts, library, message, saved
from tests.pages.browser import chromium

SPAM = 2.0  # SpamAssassin's points; at 5 it takes a message for spam
MOST_MICROSECONDS = 120
_CHECKER = "vnu-jar@26.9.27"
_RENDERED = 100  # letters between two looks at the processor's clock
_REPETITIONS = 15
_CANDIDATES = 5  # the dearest letters of a first round, measured again and better


def measure(options: Options) -> Result:
    """All letters with all facts and with the required ones only, and one in each further layout."""
    spamassassin, java = program("spamassassin", "spamassassin"), program("java", "default-jre-headless")
    program("chromium", "chromium")
    checker = _installed_checker()
    every = list(library())
    chosen = random.Random(options.seed).sample(every, min(len(every), options.letters(len(every))))
    samples = [*chosen, *layouts()]
    with scratch("letters") as folder:
        files = saved(samples, folder / "html")
        results = [
            _spam(samples, spamassassin, folder),
            _markup(files, java, checker),
            _accessibility(files),
            _sizes(samples),
            _costs(samples),
        ]
    return Result(
        bars=tuple(bar for each in results for bar in each.bars),
        notes=(f"{len(samples)} letters", *(note for each in results for note in each.notes)),
    )


def _none(name: str, found: int) -> Bar:
    return Bar(name=name, figure=found, limit=0, unit="", at_most=True)


def _spam(samples: Collection[Sample], spamassassin: str, folder: Path) -> Result:
    """Each letter twice, as it leaves for a relay with and without 8BITMIME; the higher score counts."""
    date = rfc5322_date(time.time())
    messages = [message(each, date=date, eightbit=eightbit) for each in samples for eightbit in (True, False)]
    verdicts = spam.judged_as_spam(messages, date=date, spamassassin=spamassassin, folder=folder)
    assert len(verdicts) == len(messages)
    letters = {each.letter: each for each in sorted(verdicts, key=lambda each: each.score)}
    assert len(letters) == len(samples)
    worst = sorted(letters.values(), key=lambda each: -each.score)
    met = Counter((rule, points) for each in worst for rule, points in each.rules.items())
    return Result(
        bars=(_none(f"SpamAssassin: letters with {SPAM} or more", sum(each.score >= SPAM for each in worst)),),
        notes=(
            f"{spam.version(spamassassin)}: local rules as Debian ships them, without Bayes",
            *(f"  {each.score} {each.letter}: {_listed(each.rules)}" for each in worst[:5]),
            *(f"  {rule}, {points}: in {times} letters" for (rule, points), times in met.most_common()),
        ),
    )


def _listed(rules: Mapping[str, float]) -> str:
    return ", ".join(f"{rule} {points}" for rule, points in rules.items()) or "no rule"


def _markup(files: Mapping[Path, Sample], java: str, checker: Path) -> Result:
    complaints = markup.complaints(list(files), java=java, checker=checker)
    errors = [each.text for each in complaints if each.error]
    warnings = [each.text for each in complaints if not each.error]
    return Result(
        bars=(_none("HTML validator: errors", len(errors)),),
        notes=(
            f"Nu HTML checker {markup.version(java=java, checker=checker)}",
            *_counted("error", errors),
            *_counted("warning", warnings),
        ),
    )


def _accessibility(files: Mapping[Path, Sample]) -> Result:
    with chromium() as browser:
        barriers = list(accessibility.barriers(files, browser))
    found = [f"{each.rule}, {each.theme}, {each.element}" for each in barriers]
    return Result(
        bars=(_none("axe in Chromium, light and dark, 320 px: barriers", len(found)),),
        notes=_counted("barrier", found),
    )


def _counted(what: str, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"  {what}, {times} times: {text}" for text, times in Counter(texts).most_common())


def _sizes(samples: Iterable[Sample]) -> Result:
    largest = max(samples, key=lambda each: len(each.content.html.encode()))
    kilobytes = len(largest.content.html.encode()) / 1024
    return Result(
        bars=(Bar(name="the largest HTML", figure=kilobytes, limit=CLIPPED // 1024, unit="KB", at_most=True),),
        notes=(f"the largest HTML: {largest.name}",),
    )


def _costs(samples: Iterable[Sample]) -> Result:
    """The longest letter and the dearest one, with all facts, in microseconds of processor time.

    It is the whole way from the ledger's row to subject, text and HTML, the decoding of the row included.
    """
    complete = {each.name: each for each in samples if each.complete and each.layout == PLAIN}
    longest = max(complete, key=lambda name: len(complete[name].content.text + complete[name].content.html))
    first = _processor_time(complete.values(), repetitions=2)
    candidates = sorted(first, key=first.__getitem__, reverse=True)[:_CANDIDATES]
    costs = _processor_time([complete[name] for name in {longest, *candidates}], repetitions=_REPETITIONS)
    dearest = max(costs, key=costs.__getitem__)
    return Result(
        bars=tuple(
            Bar(name=f"writing {what} letter", figure=costs[name], limit=MOST_MICROSECONDS, unit="us", at_most=True)
            for what, name in (("the longest", longest), ("the dearest", dearest))
        ),
        notes=(f"the longest letter: {longest}; the dearest: {dearest}",),
    )


def _processor_time(samples: Iterable[Sample], *, repetitions: int) -> dict[str, float]:
    """Microseconds a letter, for each the best repetition; the letters take turns."""
    ready = [(each.name, writer(each.scenario, each.layout, complete=True), list(_customers(each))) for each in samples]
    best: dict[str, float] = {}
    for _ in range(repetitions):
        for name, made, customers in ready:
            begin = time.process_time_ns()
            for whom in customers:
                made.content(whom, date=DATE)
            spent = (time.process_time_ns() - begin) / 1000 / len(customers)
            best[name] = min(best.get(name, spent), spent)
    return best


def _customers(sample: Sample) -> Iterator[Delivery]:
    """No two alike: what is looked up for one is not there already for the next."""
    return (customer(sample.scenario, sample.language, complete=True, number=number) for number in range(_RENDERED))


def _installed_checker() -> Path:
    """The Nu HTML checker's jar, which npm fetches once."""
    home = OUT / "vnu"
    jar = home / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists():
        install_modules(home, _CHECKER)
    return jar
