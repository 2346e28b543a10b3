"""A value that ends with a full stop of its own does not double that of the sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from letter_files import inner_html, render, template, write

DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Write to {{ incident.contact }}.", "Write to help@acme.example."),
        ("Write to {{ incident.contact }}. We answer.", "Write to help@acme.example. We answer."),
        ("Write to **{{ incident.contact }}**.", "Write to help@acme.example."),
        ("Write to {{ incident.contact }}, please.", "Write to help@acme.example., please."),
        ("It is {{ customer.note }}.", "It is Acme Inc."),
        ("It is {{ customer.note }}", "It is Acme Inc."),
        ("It is {{ customer.note }}...", "It is Acme Inc...."),
        ("See {{ customer.note }}.html", "See Acme Inc..html"),
        ("{% if customer.note %}It is {{ customer.note }}{% endif %}.", "It is Acme Inc.."),
        ("{{ incident.ellipsis }}.", "and so on..."),
        ("{{ customer.plan }}.", "pro."),
    ],
)
def test_a_full_stop_is_said_once(tmp_path: Path, body: str, said: str) -> None:
    write(tmp_path, body)
    made = template(tmp_path, contact="help@acme.example.", ellipsis="and so on..")
    content = render(made, {"note": "Acme Inc.", "plan": "pro"})
    assert " ".join(content.text.split()) == said
    assert "example.." not in inner_html(content)
    assert said.replace("...", "") == said or said in content.text


def test_a_polish_date_needs_no_exception(tmp_path: Path) -> None:
    write(tmp_path, "Stało się to {{ incident.started_at | on_date }}. Naprawiliśmy to.", language="pl")
    text = render(template(tmp_path, "pl")).text.replace("\u00a0", " ")
    assert " ".join(text.split()) == "Stało się to 20 listopada 2026 r. Naprawiliśmy to."


def test_the_subject_says_it_once_too(tmp_path: Path) -> None:
    write(tmp_path, "x", subject="News of {{ customer.note }}. Please read")
    assert render(template(tmp_path), {"note": "Acme Inc."}).subject == "News of Acme Inc. Please read"


def test_an_empty_field_before_a_full_stop_is_still_an_error(tmp_path: Path) -> None:
    write(tmp_path, "It is {{ customer.note }}.")
    with pytest.raises(Exception, match="`note` is empty here"):
        render(template(tmp_path), {})
