"""``make word-forms``: every word that the wording rules look for → all its forms, in ``mass_apology/wording/rules``.

The analysers are large and their dictionaries larger, so they are a matter of this script and not of the product:
pymorphy3 for Russian, Morfeusz 2 for Polish, EstNLTK's Vabamorf for Estonian, LemmInflect for English. Latvian and
Greek have none that can be installed as easily; their rules list forms by hand (``[forms]``) or give beginnings of
words (``neērtīb*``). People read what this writes before it is committed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mass_apology.wording.sentences import normal
from mass_apology.wording.wording_rules import rules_file

RULES = Path(__file__).resolve().parents[1] / "mass_apology" / "wording" / "rules"
_WORDS = re.compile(r"(?<![=<\w-])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w*>-])")


def words_of(code: str) -> list[str]:
    """The words of a language's patterns that stand for all their forms, in alphabetical order."""
    file = rules_file(code)
    patterns = [each for rule in file.rules.values() for each in (*rule.find, *rule.unless)]
    patterns += [each for phrases in file.phrases.values() for each in phrases]
    found = {word for pattern in patterns for word in _WORDS.findall(re.sub(r"<[a-z-]+>|=[^\s|()?]+", " ", pattern))}
    return sorted({normal(word) for word in found})


def _english() -> Callable[[str], set[str]]:
    from lemminflect import getAllInflections, getLemma  # type: ignore[import-not-found,import-untyped,unused-ignore]

    def forms(word: str) -> set[str]:
        kinds = [kind for kind in ("VERB", "NOUN", "ADJ") if word in getLemma(word, kind, lemmatize_oov=False)]
        found = {form for kind in kinds for each in getAllInflections(word, upos=kind).values() for form in each}
        # People write British and American spelling.
        return (
            found
            | {each.replace("iz", "is") for each in found}
            | {each.replace("is", "iz") for each in found if "isi" in each}
        )

    return lambda word: set() if word in _FUNCTION_WORDS else forms(word)


_IS = re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing)$)")
_FUNCTION_WORDS = frozenset(
    "a all am an are as at be been but by can could did do down for had has have in is it its just may might more most"  # noqa: SIM905
    " much must no not of off on only or our out over own so still than that the this to too up us was we well were"
    " will with would you your".split()
)


def _russian() -> Callable[[str], set[str]]:
    import pymorphy3  # type: ignore[import-not-found,import-untyped,unused-ignore]

    analyser = pymorphy3.MorphAnalyzer()

    def forms(word: str) -> set[str]:
        # A verb's participles have a hundred forms, so they count as words of their own.
        found = _likeliest(analyser.parse(word), word)
        if found.tag.POS != "PRTF":
            return {form.word for form in found.lexeme if form.tag.POS != "PRTF"}
        kind = {each for each in ("past", "pres", "actv", "pssv") if each in found.tag}
        alike = (form for form in found.lexeme if form.tag.POS in {"PRTF", "PRTS"})
        return {form.word for form in alike if kind <= form.tag.grammemes}

    return forms


def _likeliest(parsed: list, word: str):  # type: ignore[no-untyped-def,type-arg]  # the analyser's own types
    return next((each for each in parsed if normal(each.normal_form) == word), parsed[0])


def _polish() -> Callable[[str], set[str]]:
    from bench.polish_forms import PolishForms

    return PolishForms().of


def _estonian() -> Callable[[str], set[str]]:
    from estnltk.vabamorf.morf import Vabamorf  # type: ignore[import-not-found,import-untyped,unused-ignore]

    analyser = Vabamorf.instance()

    def forms(word: str) -> set[str]:
        analyses = analyser.analyze([word], disambiguate=False)[0]["analysis"]
        kinds = {each["partofspeech"] for each in analyses if each["lemma"] == word}
        wanted = _NOUN_FORMS if kinds & set("SAPCUNHO") else ()
        wanted += _VERB_FORMS if "V" in kinds else ()
        lemma = word
        return {form for each in wanted for form in analyser.synthesize(lemma, each)}

    return forms


_CASES = ("n", "g", "p", "ill", "in", "el", "all", "ad", "abl", "tr", "ter", "es", "ab", "kom")
_NOUN_FORMS = (*(f"{number} {case}" for number in ("sg", "pl") for case in _CASES), "adt")
_VERB_FORMS = (
    *("ma", "mas", "mast", "mata", "maks", "tama", "da", "des", "b", "d", "n", "vad", "me", "te", "s", "sin", "sid"),
    *("sime", "site", "takse", "ti", "tud", "nud", "v", "tav", "nuks", "ks", "ksin", "ksime", "o", "gu", "ge", "tagu"),
    *("tuks", "tavat", "vat"),
)

_EXPANDERS: Mapping[str, tuple[tuple[str, ...], Callable[[], Callable[[str], set[str]]]]] = {
    "en": (("lemminflect",), _english),
    "et": (("estnltk",), _estonian),
    "pl": (("morfeusz2",), _polish),
    "ru": (("pymorphy3", "pymorphy3-dicts-ru"), _russian),
}


def expand(code: str) -> None:
    """Write ``rules/xx.forms.toml`` anew."""
    packages, expander = _EXPANDERS[code]
    if packages:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", *packages], check=True)
    forms_of = expander()
    lines = ["# Written by `make word-forms`: each word of the rules, and all its forms.", "", "[forms]"]
    for word in words_of(code):
        forms = {normal(form) for form in forms_of(word)} | {word}
        if forms != {word}:
            lines.append(f'"{word}" = "{" ".join(sorted(forms))}"')
    (RULES / f"{code}.forms.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{code}: {len(lines) - 3} words with forms")


def main() -> None:
    """Expand the languages that are named, or all that have an analyser."""
    for code in sys.argv[1:] or _EXPANDERS:
        expand(code)


if __name__ == "__main__":
    main()
