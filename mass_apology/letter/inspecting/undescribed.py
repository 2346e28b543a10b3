"""Languages of which something is not described, so that their letters silently do without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mass_apology.languages import Languages
from mass_apology.languages.language_files import FOLDER
from mass_apology.model import Finding, Severity


def undescribed_findings(described: Languages, languages: Iterable[str]) -> Iterator[Finding]:
    """A warning for each language of letters that lacks a field.

    Letters leave all the same, and docs/languages.md says what they lose: without salutations, the greeting.
    """
    for language in languages:
        if lacks := described[language].lacks:
            fields = ", ".join(f"`{each}`" for each in lacks)
            yield Finding(
                code="language-lacks",
                severity=Severity.WARNING,
                where=f"{FOLDER}/{language}.toml",
                problem=f"Letters in '{language}' do without {fields}: nobody has described these for the language.",
                advice="Write them into that file of the campaign's folder. docs/languages.md says how, and what "
                "letters lose without each.",
            )
