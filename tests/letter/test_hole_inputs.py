"""What holes depend on, as far as their expressions tell, and that nothing they depend on is left out."""

from __future__ import annotations

import pytest

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.hole_inputs import Inputs, inputs_of
from mass_apology.letter.markup.sandbox import LetterEnvironment, parsed
from mass_apology.letter.markup.static_parts import Division

ENVIRONMENT = LetterEnvironment(Localiser(SHIPPED["en"]), columns=("plan", "credit", "a.b"))


def inputs(source: str) -> Inputs | None:
    division = Division(parsed(ENVIRONMENT, source), {"incident": {}})
    return inputs_of(division.holes, settled=division.settled, zoned={"date"})


@pytest.mark.parametrize(
    ("source", "columns", "values"),
    [
        ("{{ name }}{{ salutation }}{{ code or name }}", "", "code name salutation"),
        ("{{ customer.plan }}{{ plan }}{{ customer['credit'] }}", "credit plan", ""),
        ("{% if customer.plan is defined and customer.credit | default(0) > 3 %}x{% endif %}", "credit plan", ""),
        ("{{ incident[customer.plan] }}", "plan", ""),
        ("{% if rows | length > 1 %}{{ rows[0].plan }}{{ rows[1:] | count }}{% endif %}", "plan", ""),
        ("{% for row in rows %}{{ loop.index }}{{ row.credit }}{% endfor %}", "credit", ""),
        ("{% for row in rows if row.plan %}{{ row.credit }}{% endfor %}", "credit plan", ""),
        ("{{ rows | map(attribute='plan') | select('defined') | unique | join(', ') }}", "plan", ""),
        ("{{ rows | selectattr('plan') | rejectattr('credit', 'gt', 3) | sum(attribute='a') }}", "a credit plan", ""),
        ("{% for plan_, own in rows | groupby('plan') %}{{ plan_ }}{{ own | sum('credit') }}{% endfor %}",
         "credit plan", ""),
        ("{% set a = rows | sort(attribute='credit,plan') | first %}{{ a.x }}", "credit plan credit,plan x", ""),
        ("{{ rows | map(attribute='a.b') | first }}", "a a.b", ""),
    ],
)  # fmt: skip
def test_inputs_that_can_be_told(source: str, columns: str, values: str) -> None:
    assert inputs(source) == Inputs(columns=frozenset(columns.split()), values=frozenset(values.split()), zoned=False)


@pytest.mark.parametrize("source", ["{{ customer.a | date }}", "{{ rows | map(attribute='a') | map('date') | first }}"])
def test_a_hole_that_writes_a_moment_depends_on_the_zone(source: str) -> None:
    assert inputs(source) == Inputs(columns=frozenset({"a"}), values=frozenset(), zoned=True)


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer }}",
        "{{ rows }}",
        "{{ rows | first }}",
        "{{ rows | list | string }}",
        "{{ customer[name] }}",
        "{{ rows[0][name] }}",
        "{{ rows | map(attribute=name) | first }}",
        "{{ rows | map('string') | first }}",
        "{{ rows | sort | first }}",
        "{{ name in customer }}",
        "{{ name | default(customer) }}",
        "{{ [customer] | first }}",
        "{{ 'a' ~ customer }}",
        "{{ remedies.refund }}",
        "{{ letterhead.date }}",
        "{% set row = customer %}{% set row = name %}{{ row }}",
        "{% set name = customer.plan %}{{ name }}",
        "{% for row in rows %}{{ row }}{% endfor %}",
        "{% for row in rows %}{{ loop.previtem.plan }}{% endfor %}",
        "{% for row in rows %}{{ loop }}{% endfor %}",
        "{% for a in customer %}{{ a }}{% endfor %}",
        "{% for a, b in rows %}{{ a }}{% endfor %}",
        "{% for pair in rows | groupby('plan') %}{{ pair.list | length }}{% endfor %}",
        "{{ unheard }}",
    ],
)
def test_what_may_depend_on_anything(source: str) -> None:
    assert inputs(source) is None
