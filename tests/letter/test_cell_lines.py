"""Cells of several lines: each line stays one in the HTML and in the text, and an address or a time is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_campaign import LETTERS, SETTINGS, delivery, make_writer, write_templates

from mass_apology.letter.letter_writer import Writer
from mass_apology.model import Content

LETTER = """\
Subject: sorry

{{ salutation }}

Yours: {{ customer.plan }}, we think.

- {{ customer.plan | upper }}

{% if customer.gender %}
> For {{ customer.plan }}
{% endif %}

    as code {{ customer.plan }}

[See it](https://x.example/?a={{ customer.plan }}) {{ incident.service }}

![{{ customer.plan }}](cid:sign)

It was from {{ incident.ended_at | time }} to {{ incident.ended_at | time }}.
"""


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.setitem(LETTERS, "en", LETTER)
    write_templates(tmp_path)
    return make_writer(tmp_path, incident={**SETTINGS["incident"], "service": "Acme\nAPI"})


def content(writer: Writer, cell: str) -> Content:
    return writer.content(delivery(rows=[{"number": "1", "plan": cell, "gender": "f"}]))


def test_each_line_stays_one_wherever_words_stand(writer: Writer) -> None:
    html = content(writer, "Long Street 5\n<b>Town").html
    assert "Yours: Long Street 5<br>\n&lt;b&gt;Town, we think." in html
    assert "<li>LONG STREET 5<br>\n&lt;B&gt;TOWN</li>" in html
    assert "For Long Street 5<br>\n&lt;b&gt;Town</p>" in html
    assert html.count("<br>") == 3


def test_but_not_in_an_address_an_images_words_preformatted_text_or_a_fact(writer: Writer) -> None:
    html = content(writer, "Long Street 5\nTown").html
    assert "as code Long Street 5\nTown" in html
    assert 'href="https://x.example/?a=Long%20Street%205%0ATown"' in html
    assert 'alt="Long Street 5\nTown"' in html
    assert "Acme\nAPI" in html


def test_in_the_text_they_are_as_they_are(writer: Writer) -> None:
    text = content(writer, "Long Street 5\nTown").text
    assert "Yours: Long Street 5\nTown, we think." in text
    assert "> For Long Street 5\nTown" in text


def test_a_zone_is_still_said_once(writer: Writer) -> None:
    assert "from 14:24 to 14:24 EET" in content(writer, "one line").html


def test_a_cell_of_one_line_leaves_the_letter_as_it_was(writer: Writer) -> None:
    assert "<br>" not in content(writer, "Long Street 5").html


def test_an_empty_cell_is_still_an_error(writer: Writer) -> None:
    assert [each.code for each in writer.check([delivery(rows=[{"number": "1"}])]).findings] == ["letter-fails"]
