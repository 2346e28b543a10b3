"""All forms of a Polish word, by Morfeusz 2, which is a tool for development and no dependency.

What a pattern writes decides which forms it stands for:

- a noun, an adjective, a pronoun: all cases, genders and numbers, without degrees;
- an infinitive ("przeprosić"): all persons, tenses and moods of the verb;
- any other form of a verb: the same person, tense and mood, in all genders and numbers, so that "zawiedliśmy" is also
  "zawiodłam", and never "zawiódł": who did it is what matters in an apology;
- prepositions, conjunctions, particles: the same word ("z" is also "ze").
"""

from __future__ import annotations

from collections.abc import Iterator

import morfeusz2  # type: ignore[import-not-found,import-untyped,unused-ignore]

_FINITE = frozenset({"inf", "fin", "praet", "impt", "imps", "bedzie", "pcon", "pant", "winien", "pred"})
_NO_INFLECTION = frozenset({"prep", "conj", "comp", "part", "qub", "interj", "adv"})
_PERSONS = {"pri": ("m", "śmy"), "sec": ("ś", "ście")}  # endings of the past tense: singular, plural


class PolishForms:
    """Forms of words, each in small letters."""

    def __init__(self) -> None:
        """Load the dictionary, which takes a second."""
        self._analyser = morfeusz2.Morfeusz()

    def of(self, word: str) -> set[str]:
        """All forms that ``word`` stands for; none where the dictionary does not know it."""
        analysed = self._analyser.analyse(word)
        endings = [found[2] for found in analysed if found[2][2].startswith("aglt")]
        heads = [found[2] for found in analysed if found[0] == 0]
        if endings:
            person = next(each for each in endings[0][2].split(":") if each in _PERSONS)
            return {form for each in heads if _kind(each[2]) == "praet" for form in self._past(_lemma(each), person)}
        if any(found[0] > 0 and _lemma(found[2]) == "by" for found in analysed):
            heads = [each for each in heads if _kind(each[2]) == "praet"]
            return {f"{form}by" for each in heads for form in self._alike(_lemma(each), each[2])}
        lemmas = {_lemma(each) for each in heads}
        if word in lemmas:
            return self._whole(word, {_kind(each[2]) for each in heads if _lemma(each) == word})
        return {form for each in heads for form in self._alike(_lemma(each), each[2])}

    def _whole(self, lemma: str, kinds: set[str]) -> set[str]:
        """All forms of a word that is its own lemma."""
        forms = [each for each in self._analyser.generate(lemma) if _is_plain(each[2])]
        if kinds & _NO_INFLECTION:
            return {form[0] for form in forms if _kind(form[2]) in _NO_INFLECTION}
        if "inf" not in kinds:
            return {form[0] for form in forms if _kind(form[2]) in kinds or not kinds & _FINITE}
        past = (form for person in _PERSONS for form in self._past(lemma, person))
        return {form[0] for form in forms if _kind(form[2]) in _FINITE}.union(past)

    def _alike(self, lemma: str, tag: str) -> Iterator[str]:
        """The forms of the same kind and, of a verb, the same person."""
        kind = _kind(tag)
        person = _person(tag) if kind in {"fin", "impt", "bedzie"} else ""
        for form, _, other, *_ in self._analyser.generate(lemma):
            if _is_plain(other) and _kind(other) == kind and (not person or _person(other) == person):
                yield form

    def _past(self, lemma: str, person: str) -> Iterator[str]:
        """The past tense in one person: Morfeusz has its endings apart."""
        singular, plural = _PERSONS[person]
        for form, _, tag, *_ in self._analyser.generate(lemma):
            parts = tag.split(":")
            if parts[0] != "praet" or "nagl" in parts:
                continue
            if parts[1] == "pl":
                yield form + plural
            else:
                yield form + ("" if form.endswith(("a", "o")) else "e") + singular


def _lemma(entry: tuple[str, str, str]) -> str:
    return entry[1].split(":")[0]


def _kind(tag: str) -> str:
    return tag.split(":", maxsplit=1)[0]


def _person(tag: str) -> str:
    return next((each for each in tag.split(":") if each in {"pri", "sec", "ter"}), "")


def _is_plain(tag: str) -> bool:
    return {"neg", "com", "sup", "brev", "adja", "adjp"}.isdisjoint(tag.split(":"))
