"""A letter's first line: the salutation that fits a name and a gender, and none that could be wrong."""

from __future__ import annotations

import re

from mass_apology.languages import Salutations

OTHER = Salutations(named={"": "{name},"}, unnamed={"": ""})
"""Where nobody has said how the language greets."""

_LETTER = re.compile(r"[^\W_]")


def salutation(forms: Salutations | None, name: str, gender: str) -> str:
    """The letter's first line with its punctuation. ``gender`` is "f", "m" or ""; the result may be "".

    ``name`` is "Given Family", and one that somebody can be greeted with: ``names.judge`` tells. It is left out where
    its form in a salutation is not certain, and where its spelling contradicts ``gender``, which then counts as
    unknown.
    """
    forms = forms or OTHER
    called = forms.called(" ".join(name.split())) if _LETTER.search(name) else None
    if called is None:
        return forms.unnamed.get(gender) or forms.unnamed[""]
    if gender and called.gender and gender != called.gender:
        return forms.unnamed[""]
    known = gender or (called.gender if forms.gender_by_name else "")
    form = forms.named.get(known) or forms.named.get("") or forms.unnamed[""]
    return form.replace("{name}", called.form)
