"""Whether a template prints a variable, or only asks about it."""

from __future__ import annotations

import pytest

from mass_apology.letter.markup.printed import prints


@pytest.mark.parametrize(
    "text",
    [
        "Subject: Your code {{ code }}\n\nHello.",
        "Subject: a\n\nYour code is **{{code}}**.",
        "[use it](https://a.example/?c={{ code | urlencode }})",
        "{% if code %}It is {{ code }}.{% endif %}",
        "{{ code or 'none' }}",
        "{{ code if code else 'none' }}",
        "{{ 'none' if not code else code | upper }}",
        "{% set yours = 'X-' ~ code %}{{ yours }}",
        "{% for each in [code] %}{{ each }}{% endfor %}",
        "{{ broken",  # another check tells of it
    ],
)
def test_it_is_shown(text: str) -> None:
    assert prints(text, "code")


@pytest.mark.parametrize(
    "text",
    [
        "Subject: a\n\nHello.",
        "The code is in your account.",
        "{% if code %}You have a code.{% endif %}",
        "{{ 'You have a code' if code else 'You have none' }}",
        "{# {{ code }} #}Hello.",
        "{% set yours = code %}Hello.",
        "{{ customer.code }}",
        "{{ incident['code'] }}",
    ],
)
def test_it_is_not_shown(text: str) -> None:
    assert not prints(text, "code")
