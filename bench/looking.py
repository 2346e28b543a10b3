"""``preview --all`` to an mbox, and the page of 2,000 letters in a browser."""

from __future__ import annotations

import mailbox
import subprocess
from contextlib import closing
from pathlib import Path

from bench.campaigns import Relay, make_campaign
from bench.product import run
from bench.relays import smtp_sink
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import ROOT, program, python, scratch

LETTERS = 100_000
FEW = 10_000
ON_A_PAGE = 2_000
REPETITIONS = 3


def measure(options: Options) -> Result:
    """The rate of the whole command, its memory beside that of a tenth of the letters, and the page's opening."""
    letters, few = options.letters(LETTERS), options.letters(FEW)
    with scratch("looking") as folder, smtp_sink() as port:
        relay = Relay(port=port, connections=2)
        rates, memory = _mbox(make_campaign(folder / "many", letters, relay), letters)
        _, least = _mbox(make_campaign(folder / "few", few, relay), few)
        on_a_page = options.letters(ON_A_PAGE)
        opened = _page(make_campaign(folder / "page", on_a_page, relay))
    return Result(
        bars=(
            Bar(name="preview of all letters to .mbox", figure=rates, limit=5000, unit="/s"),
            Bar(name="its memory, against a tenth of the letters", figure=memory / least, limit=1.5, at_most=True),
            Bar(name="opening the page", figure=median(opened), limit=2, unit="s", at_most=True),
        ),
        notes=(
            f"{letters} letters from the command's start to its end, counted with the standard library's mailbox",
            f"memory {memory:.0f} MiB, all processes together; of {few} letters {least:.0f} MiB",
            f"a page of {on_a_page} letters opened in {listed(opened, 's')}, to the first letter shown",
        ),
    )


def _mbox(folder: Path, letters: int) -> tuple[float, float]:
    """Letters a second, and MiB."""
    to = folder / "all.mbox"
    done = run("preview", folder, "--to", str(to), "--all", watch=True).expect()
    with closing(mailbox.mbox(to, create=False)) as box:
        assert len(box) == letters
    return letters / done.seconds, done.peak_sum


def _page(folder: Path) -> list[float]:
    program("chromium", "chromium")
    to = folder / "preview.html"
    run("preview", folder, "--to", str(to), "--all").expect()
    opening = python(str(ROOT / "tests" / "pages" / "browser.py"), str(to))  # the tests' own browser
    return [float(subprocess.run(opening, check=True, capture_output=True).stdout) for _ in range(REPETITIONS)]
