"""A small campaign with templates of its own, for tests; its functions can be pickled into other processes."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mass_apology.letter.letter_writer import Writer
from mass_apology.model import Delivery, Message
from mass_apology.settings import Campaign

HEADER = ("number", "email", "name", "plan", "minutes_down", "gender", "order id")

LETTERS = {
    "en": """\
Subject: {{ incident.service }}: we are sorry, {{ name }}

{{ salutation }}

it was down for {{ customer.minutes_down + 1 }} minutes, until {{ incident.ended_at | time }}.

{% for row in rows %}
- order {{ row["order id"] }}
{% endfor %}

{% if customer.plan == "pro" %}
Your plan is worth more.
{% endif %}

{% if customer.plan == "image" %}
![Our sign](cid:sign)
{% endif %}
""",
    "pl": """\
Subject: {{ incident.service }}: przepraszamy

{{ salutation }}

to trwało {{ customer.minutes_down }} minut.
""",
}

LAYOUT = """\
<!doctype html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><title>{{ subject }}</title><style>p { margin: 0 }</style></head>
<body>{{ body }}</body>
</html>
"""

SETTINGS: dict[str, Any] = {
    "name": "small",
    "template": "sorry",
    "recipients": "affected.csv",
    "languages": ["en"],
    "time_zone": "Europe/Tallinn",
    "types": {"minutes_down": "int"},
    "incident": {"service": "Acme API", "ended_at": datetime(2026, 11, 20, 12, 24, tzinfo=UTC)},
    "sender": {"from": "Anna Kowalska <anna@acme.example>"},
    "relay": {"url": "smtp+plain://127.0.0.1:25"},
}


def write_templates(folder: Path) -> None:
    """Put the campaign's templates into its folder."""
    (folder / "templates" / "sorry").mkdir(parents=True)
    (folder / "templates" / "layouts").mkdir()
    (folder / "templates" / "layouts" / "plain.html").write_text(LAYOUT, encoding="utf-8")
    for language, text in LETTERS.items():
        (folder / "templates" / "sorry" / f"{language}.md").write_text(text, encoding="utf-8")


def campaign(**changes: Any) -> Campaign:
    """The campaign's settings; ``changes`` replace tables of them."""
    return msgspec.convert({**SETTINGS, **changes}, Campaign)


def make_writer(folder: Path, kind: type[Writer] = Writer, **changes: Any) -> Writer:
    """The campaign's writer."""
    return kind(campaign(**changes), folder=folder, directories=(folder / "templates",), header=HEADER)


def delivery(number: int = 1, rows: list[dict[str, str]] | None = None, **changes: Any) -> Delivery:
    """A delivery to customer ``number``, whose row is on the line after that number."""
    rows = rows or [{"number": f"{number:05}", "name": "Jan", "minutes_down": "192", "order id": f"A-{number}"}]
    whole: dict[str, Any] = {
        "id": number,
        "address": f"jan{number}@customer.example",
        "name": "Jan",
        "language": "en",
        "time_zone": "",
        "lines": json.dumps([number + 1 + each for each in range(len(rows))]),
        "rows": json.dumps(rows, ensure_ascii=False),
        "message_id": f"<letter{number}@acme.example>",
    }
    return Delivery(**(whole | changes))


class DyingWriter(Writer):
    """Its process ends in the middle of the letter to somebody named Exit."""

    def write(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        if delivery.name == "Exit":
            os._exit(3)
        return super().write(delivery, date=date, eightbit=eightbit)


class TalkativeWriter(Writer):
    """It prints, as a library might."""

    def write(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        print("a stray line")
        return super().write(delivery, date=date, eightbit=eightbit)
