"""What letters ask of the file's columns is found wherever Jinja lets them ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.columns import How
from mass_apology.letter.column_uses import column_uses
from mass_apology.letter.template_files import shipped_templates


def uses(folder: Path, body: str, subject: str = "S") -> set[tuple[str, How, tuple[str, ...]]]:
    letter = folder / "note" / "en.md"
    letter.parent.mkdir(exist_ok=True)
    letter.write_text(f"Subject: {subject}\n\n{body}\n", encoding="utf-8")
    found = column_uses(["note"], [folder])
    return {(each.column, each.how, each.values) for each in found if each.how is not How.USED}


@pytest.mark.parametrize(
    "body",
    [
        "{% if customer.refund %}x{% endif %}",
        "{% if a %}{% elif customer.refund %}x{% endif %}",
        '{% if not customer["refund"] %}x{% endif %}',
        "{% if name and (code or customer.refund) %}x{% endif %}",
        "{{ 'x' if customer.refund else 'y' }}",
        "{{ customer.refund and 'x' }}",
        "{% for row in rows %}{% if row.refund %}x{% endif %}{% endfor %}",
        "{% for row in rows if row.refund %}x{% endfor %}",
        "{% if rows[0].refund %}x{% endif %}",
        "{% if (rows | first).refund %}x{% endif %}",
        "{% if customer.refund | default(0) %}x{% endif %}",
        '{{ rows | selectattr("refund") | list | length }}',
        '{% for row in rows | rejectattr("refund") %}x{% endfor %}',
        "{% set due = customer.refund %}{% if due %}x{% endif %}",
    ],
)
def test_a_bare_question_is_found(tmp_path: Path, body: str) -> None:
    assert ("refund", How.ASKED, ()) in uses(tmp_path, body)


@pytest.mark.parametrize(
    "body",
    [
        "{% if customer.refund == 'yes' %}x{% endif %}",
        "{% if customer.refund is defined %}x{% endif %}",
        "{% if incident.refund %}x{% endif %}",
        "{% if customer.refund | length > 3 %}x{% endif %}",
        "{{ customer.refund }}",
    ],
)
def test_other_questions_are_not_bare(tmp_path: Path, body: str) -> None:
    assert ("refund", How.ASKED, ()) not in uses(tmp_path, body)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("{% if customer.plan == 'pro' %}x{% endif %}", ("pro",)),
        ("{% if 'pro' != customer.plan %}x{% endif %}", ("pro",)),
        ("{% if customer.plan in ['pro', 'team'] %}x{% endif %}", ("pro", "team")),
        ("{% for row in rows if row.plan not in ('pro',) %}x{% endfor %}", ("pro",)),
        ('{{ rows | selectattr("plan", "equalto", "pro") | list | length }}', ("pro",)),
    ],
)
def test_comparisons_are_found_with_what_they_compare(tmp_path: Path, body: str, values: tuple[str, ...]) -> None:
    assert ("plan", How.COMPARED, values) in uses(tmp_path, body)


def test_a_comparison_whatever_the_case_is_none_that_misleads(tmp_path: Path) -> None:
    found = uses(tmp_path, "{% if customer.plan | lower == 'pro' %}x{% endif %}")
    assert not [each for each in found if each[1] is How.COMPARED]


def test_what_is_printed_is_found_in_the_subject_too(tmp_path: Path) -> None:
    assert uses(tmp_path, "x", subject="{{ customer.plan }}") == {("plan", How.PRINTED, ())}


def test_every_column_that_a_letter_uses_is_found(tmp_path: Path) -> None:
    body = '{{ customer.minutes | duration }}{{ rows | map(attribute="order") | join }}{{ incident.service }}'
    uses(tmp_path, body)
    found = column_uses(["note"], [tmp_path])
    assert {each.column for each in found if each.how is How.USED} == {"minutes", "order"}


def test_a_letter_that_cannot_be_read_is_left_to_others(tmp_path: Path) -> None:
    assert uses(tmp_path, "{% if customer.x %}") == set()
    assert column_uses(["none-such"], [tmp_path]) == ()


def test_places_name_the_line() -> None:
    found = column_uses(["service-outage"], [shipped_templates()])
    assert found
    assert all(each.where.startswith("templates/service-outage/") and ".md, line " in each.where for each in found)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("{% if customer.refund == true %}x{% endif %}", ("true",)),
        ("{% if 1 == customer.refund %}x{% endif %}", ("1",)),
        ("{% if customer.refund in [1, -2, 'x'] %}x{% endif %}", ("1", "-2")),
        ("{% set due = customer.refund %}{{ 'x' if due != 0.5 }}", ("0.5",)),
        ('{{ rows | selectattr("refund", "equalto", 1) | list | length }}', ("1",)),
    ],
)
def test_a_comparison_with_a_number_or_a_truth_value_is_found(
    tmp_path: Path, body: str, values: tuple[str, ...]
) -> None:
    assert ("refund", How.COMPARED_WITH_VALUE, values) in uses(tmp_path, body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{% if customer.days > '30' %}x{% endif %}", True),
        ("{% if '30' <= customer.days %}x{% endif %}", True),
        ("{% if customer.days > 30 %}x{% endif %}", False),
        ("{% if customer.days | int > 30 %}x{% endif %}", False),
        ("{% if customer.days | int == 30 %}x{% endif %}", False),
    ],
)
def test_only_an_order_of_texts_is_one(tmp_path: Path, body: str, found: bool) -> None:
    told = {how for column, how, _ in uses(tmp_path, body) if column == "days"}
    assert (How.ORDERED_AS_TEXT in told, How.COMPARED_WITH_VALUE in told) == (found, False)
