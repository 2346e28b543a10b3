"""A letter's first line: the salutation that fits a name and a gender, and none that could be wrong."""

from __future__ import annotations

import re

from mass_apology.languages import Salutations
from mass_apology.languages.vocative import family_name

_LETTER = re.compile(r"[^\W_]")


def salutation(forms: Salutations | None, name: str, gender: str) -> str:
    """The letter's first line with its punctuation. ``gender`` is "f", "m" or "".

    Where nobody has described how the language greets, ``forms`` is ``None`` and the line is the name, or "".

    ``name`` is "Given Family", and one that somebody can be greeted with: ``names.judge`` tells. It is left out where
    its form in a salutation is not certain, and where its spelling contradicts ``gender``, which then counts as
    unknown.
    """
    written = " ".join(name.split()) if _LETTER.search(name) else ""
    if forms is None:
        return written and f"{written},"
    called = forms.called(written) if written else None
    if called is None:
        return forms.unnamed.of(gender)
    if gender and called.gender and gender != called.gender:
        return forms.unnamed.any
    known = gender or (called.gender if forms.gender_by_name else "")
    form = forms.named.of(known) or forms.unnamed.any
    if "{family}" in form:
        family = _family(written, called.form)
        form = form.replace("{family}", family) if family else forms.named.any or forms.unnamed.any
    return form.replace("{name}", called.form)


def _family(written: str, called: str) -> str:
    """The family name as its bearer is called, "Παπαδόπουλε"; "" where it is not certain which it is."""
    family = family_name(written)
    words = called.split(" ")
    return " ".join(words[1:]) if family and len(words) == len(written.split(" ")) else family
