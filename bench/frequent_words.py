"""The words that letters have most often: writes ``frequent_words`` into ``wording/rules/xx.toml``.

They come from the library's letters and from the half of the labelled ones that rules are tuned on. What is found does
not depend on them, only how quickly: patterns are looked up by their rarer words.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator

from bench.lint_score import CORPUS, corpus, half_of
from bench.workplace import ROOT
from mass_apology.wording.letter_text import Document
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.sentences import words_in
from mass_apology.wording.wording_rules import shipped

_MOST = 250
_KEY = re.compile(r'^frequent_words = """\n.*?"""\n', re.DOTALL | re.MULTILINE)
_BEFORE = re.compile(r"^greetings = ", re.MULTILINE)


def frequent_words(code: str) -> list[str]:
    """The most frequent first, each as rules compare it; a word counts once in a block."""
    counts = Counter[str]()
    for letter in _letters(code):
        for block in letter.blocks:
            counts.update({word.text for word in words_in(block.text) if word.text[:1].isalpha()})
    return [word for word, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_MOST]]


def _letters(code: str) -> Iterator[Document]:
    for file in sorted((ROOT / "templates").glob(f"*/{code}*.md")):
        yield from read_letters(file.name, file.read_bytes())
    for letter in corpus(code):
        if (letter.half or half_of(code, letter.file)) == "tune":
            yield from read_letters(letter.file, (CORPUS / code / letter.file).read_bytes())


def main() -> None:
    """Write them for all languages: ``python -m bench.frequent_words``."""
    for code in shipped():
        file = ROOT / "mass_apology" / "wording" / "rules" / f"{code}.toml"
        text = _KEY.sub("", file.read_text(encoding="utf-8"))
        words = "\n".join(textwrap.wrap(" ".join(frequent_words(code)), 118, break_on_hyphens=False))
        place = _BEFORE.search(text)
        assert place is not None
        written = f'frequent_words = """\n{words}\n"""\n'
        file.write_text(text[: place.start()] + written + text[place.start() :], encoding="utf-8")


if __name__ == "__main__":
    main()
