"""Write docs/wording-rules.md from the rules: python tests/wording/write_rules_page.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mass_apology.wording.wording_rules import Kind, RuleFile, kinds, rules_file, shipped

HEAD = """# The critic's rules, kind by kind and language by language

Made from the rules themselves ([wording.md](wording.md) says how they are written). “Patterns” is how many a language
has; where it has none, the program sees the fault by itself. Of a part that a letter must have, patterns say what shows
that it is there.
"""


def page() -> str:
    """The page as Markdown."""
    files = {code: rules_file(code) for code in shipped()}
    parts = [HEAD, *_profiles()]
    for rule, kind in kinds().kinds.items():
        parts += ["", f"## `{rule}`", "", *_kind(kind), "", *_table(rule, files)]
    return "\n".join(parts) + "\n"


def _kind(kind: Kind) -> Iterator[str]:
    yield f"{kind.severity.value.capitalize()}: {kind.title}. {kind.why} Source: {kind.source}."


def _table(rule: str, files: dict[str, RuleFile]) -> Iterator[str]:
    yield "| language | patterns | found in | better |"
    yield "|---|---|---|---|"
    for file in files.values():
        told = file.rules.get(rule)
        if told is not None:
            bad = _cell(told.bad[0]) if told.bad else ""
            yield f"| {file.language} | {len(told.find) or ''} | {bad} | {_cell(told.better)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").split())


def _profiles() -> Iterator[str]:
    yield "\n## Which parts a letter must have\n"
    yield "| letters | parts | besides |"
    yield "|---|---|---|"
    for name, profile in kinds().profiles.items():
        letters = ", ".join(f"`{each}`" for each in profile.scenarios) or "letters of one's own"
        only = ", ".join(f"`{each}`" for each in profile.only)
        without = ", ".join(f"not `{each}`" for each in profile.without)
        parts, besides = ", ".join(profile.parts) or "none", ", ".join(filter(None, (only, without)))
        yield f"| {name}: {letters} | {parts} | {besides} |"


if __name__ == "__main__":
    Path("docs/wording-rules.md").write_text(page(), encoding="utf-8")
