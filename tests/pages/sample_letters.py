"""Letters for the tests of the preview page, in two languages, with the parts that the page tells apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mass_apology.model import Severity
from mass_apology.pages.preview_page import (
    Head,
    Letter,
    LetterFinding,
    preview_page,
)

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><style>
body {{ background: rgb(255, 255, 255); color: rgb(0, 0, 0); }}
@media (prefers-color-scheme: dark) {{ body {{ background: rgb(10, 20, 30); color: rgb(250, 250, 250); }} }}
@media (max-width: 480px) {{ p {{ color: rgb(1, 2, 3); }} }}
</style></head><body>
<p>Dear {name},</p>
<p>we are <b>sorry for
the</b> outage. <a href="https://acme.example/status">Our status page</a></p>
<img src="cid:logo" alt="Acme"></body></html>
"""

COMPANY = LetterFinding(
    severity=Severity.WARNING,
    code="name-company",
    problem="The name looks like a company's.",
    advice="Look at the row.",
    marks=("sorry for the outage",),
)
EMPTY = LetterFinding(severity=Severity.ERROR, code="fact-empty", problem="A fact is empty.", advice="State it.")


def letter(number: int, **changes: Any) -> Letter:
    """The letter of that number: every second one Polish, every third one with a finding, every fourth one of pro."""
    polish = number % 2 == 0
    name = f"Łucja Żak {number}" if polish else f"Ann Lee {number}"
    host = "poczta.example" if polish else "mail.example"
    address = f"c{number}@{host}"
    parts: dict[str, Any] = {
        "number": number,
        "line": number + 1,
        "name": name,
        "address": address,
        "language": "pl" if polish else "en",
        "domain": host,
        "segments": ("pro",) if number % 4 == 0 else (),
        "variant": ("You were cut off",) if number % 5 == 0 else (),
        "subject": f"What happened to you, {name}",
        "text": f"Dear {name},\n\nwe are sorry for\nthe outage.\n",
        "html": _HTML.format(name=name),
        "source": f"From: =?utf-8?q?Anna_Kr=C3=B3l?= <anna@acme.example>\r\nTo:\r\n {address}\r\n\r\nDear {name}\r\n",
        "images": {"logo": PIXEL},
        "findings": (COMPANY,) if number % 3 == 0 else (),
    }
    return Letter(**{**parts, **changes})


def head(letters: int) -> Head:
    return Head(
        campaign="acme-outage",
        template="service-outage",
        code="calm-otter-seven-lantern",
        made_at="2026-11-20 11:42 UTC",
        letters=letters,
        notes=("One row is set aside.",),
    )


def write_page(path: Path, letters: Iterable[Letter], *, planned: int) -> Path:
    path.write_text("".join(preview_page(head(planned), letters)), encoding="utf-8")
    return path
