"""Which branches a letter takes: told as its conditions, and alike exactly where the letters are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letter_files import INCIDENT, SENDER, shipped, template, write
from small_campaign import delivery, make_writer, write_templates

from mass_apology.errors import TemplateError
from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.compiled_letter import MAX_PIECES
from mass_apology.letter.markup.sandbox import TIME_ZONE, LetterEnvironment
from mass_apology.letter.markup.source import Fragment
from mass_apology.letter.markup.tracing import FAILED, LONGEST_LABEL, Tracer
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import Template, shipped_templates
from mass_apology.letter.values import Fields

pytestmark = pytest.mark.slow

FILE = Path("en.md")
COLUMNS = ("plan", "credit", "note")
CONSTANTS = {"incident": Fields(INCIDENT, ["credit"]), "sender": Fields(SENDER, ["role"]), "language": "en"}


def tracer(*texts: str) -> Tracer:
    """Of a letter with these pieces; the first begins on line 1 of en.md, the others in files of their own."""
    paths = [FILE, *(Path(f"layout{number}.html") for number in range(1, len(texts)))]
    fragments = [Fragment(path=path, line=1, text=text) for path, text in zip(paths, texts, strict=True)]
    return Tracer(LetterEnvironment(Localiser(SHIPPED["en"])), fragments, CONSTANTS)


def values(*rows: Mapping[str, object], **others: object) -> dict[str, object]:
    fields = [Fields(row, COLUMNS) for row in rows or [{}]]
    return {"customer": fields[0], "rows": fields, "name": "Ann", "salutation": "Dear Ann,", TIME_ZONE: "", **others}


# What a variant says


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("Nothing {{ customer.plan }} to choose.", {}, ()),
        ("{% if customer.credit %}Here.{% endif %}", {"credit": "5"}, ("customer.credit",)),
        ("{% if customer.credit %}Here.{% endif %}", {}, ()),
        ("{% if customer.credit %}a{% else %}b{% endif %}", {}, ("not customer.credit",)),
        ("{% if not customer.credit %}a{% else %}b{% endif %}", {"credit": "5"}, ("customer.credit",)),
        ("{% if customer.plan=='pro' %}a{% else %}b{% endif %}", {}, ('customer.plan != "pro"',)),
        ("{% if rows|length>1 %}a{% elif customer.plan %}b{% endif %}", {"plan": "pro"}, ("customer.plan",)),
        (
            "{% if customer.plan %}a{% elif customer.note %}b{% else %}c{% endif %}",
            {},
            ("not customer.plan and not customer.note",),
        ),
        ("{{ 'a' if customer.note else 'b' }}", {"note": "x"}, ("customer.note",)),
        ("{{ ('a' if customer.note else 'b') | upper }}", {}, ("not customer.note",)),
        ("{% set x = 'a' if customer.note else 'b' %}{{ x }}", {}, ("not customer.note",)),
        ("{% if incident.service %}a{% endif %}{% if incident.credit %}b{% endif %}", {}, ("incident.service",)),
        ("{% if incident.service == 'Acme API' %}a{% else %}b{% endif %}", {}, ('incident.service == "Acme API"',)),
        (
            "{% if name | length > 2 %}a{% endif %}{% if salutation %}b{% endif %}",
            {},
            ("name | length > 2", "salutation"),
        ),
        ("{% for row in rows %}{{ row.plan }}{% endfor %}", {}, ("rows: one",)),
        ("{% for row in rows if row.plan %}a{% else %}b{% endfor %}", {}, ("rows if row.plan: none",)),
        ("{{ customer.note | default('-') }}{{ customer.plan or 'none' }}", {}, ()),
    ],
)
def test_the_conditions_that_hold(text: str, row: dict[str, str], expected: tuple[str, ...]) -> None:
    assert tracer(text).variant(values(row)) == expected


def test_conditions_stand_in_the_templates_order() -> None:
    text = "{% if customer.b %}b{% endif %}{{ 'c' if customer.c else '' }}{% if customer.a %}a{% endif %}"
    row = {"a": "1", "b": "1", "c": "1"}
    assert tracer(text).variant(values(row)) == ("customer.b", "customer.c", "customer.a")


def test_a_condition_counts_once_however_often_it_stands_in_a_letter() -> None:
    text = "{% if customer.credit %}x{% endif %}"
    assert tracer(text, text + text, "a\n" + text).variant(values({"credit": "5"})) == ("customer.credit",)


def test_conditions_that_read_alike_and_may_differ_tell_their_lines() -> None:
    text = "{% set x = 1 %}{% if x %}a{% endif %}\n{% set x = customer.note %}\n{% if x %}b{% endif %}"
    assert tracer(text).variant(values()) == ("x (line 1)",)
    assert tracer(text).variant(values({"note": "x"})) == ("x (line 1)", "x (line 3)")


def test_conditions_on_one_line_are_counted() -> None:
    text = "{% set x = 1 %}{% if x %}a{% endif %}{% set x = customer.note %}{% if x %}b{% endif %}"
    assert tracer(text).variant(values({"note": "x"})) == ("x (line 1)", "x (line 1, no. 2)")


def test_a_condition_of_the_layout_tells_its_file() -> None:
    text = "{% set x = customer.note %}\n{% if x %}a{% endif %}"
    assert tracer(text, text).variant(values({"note": "x"})) == ("x (line 2)", "x (layout1.html, line 2)")


def test_a_long_condition_is_cut() -> None:
    text = " or ".join(f"customer.column{number}" for number in range(50))
    row = {f"column{number}": "1" for number in range(50)}
    (label,) = tracer(f"{{% if {text} %}}a{{% endif %}}").variant(values(row))
    assert len(label) == LONGEST_LABEL
    assert label.endswith("…")
    assert text.startswith(label[:-1])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{}], ("rows: one", "not row.plan")),
        ([{"plan": "a"}], ("rows: one", "row.plan")),
        ([{"plan": "a"}, {"plan": "b"}], ("rows: several", "row.plan")),
        ([{}, {"plan": "b"}, {}], ("rows: several", "row.plan", "not row.plan")),
    ],
)
def test_a_loop_says_whether_its_sentences_stand_in_all_rows(rows: list[dict[str, str]], expected: Any) -> None:
    text = "{% for row in rows %}- x{% if row.plan %} of {{ row.plan }}{% endif %}\n{% endfor %}"
    assert tracer(text).variant(values(*rows)) == expected


def test_separators_between_rows_are_no_conditions_of_their_own() -> None:
    text = "{% for row in rows %}x{% if not loop.last %}, {% endif %}{% endfor %}"
    assert tracer(text).variant(values({})) == ("rows: one",)
    assert tracer(text).variant(values({}, {})) == tracer(text).variant(values({}, {}, {}))


# What cannot be decided, and bounds


@pytest.mark.parametrize(
    "text",
    [
        "{% if customer.nowhere %}a{% endif %}",
        "{% if customer.note > 3 %}a{% endif %}",
        "{% if nobody %}a{% endif %}",
        "{% if 1 / 0 %}a{% endif %}",
        "{% if incident.credit > 3 %}a{% endif %}",
        "{% set x = customer.note | join %}",
        "{% if customer.plan ~ customer.plan %}a{% endif %}",
    ],
)
def test_a_condition_that_fails(text: str) -> None:
    assert tracer(text).variant(values({"plan": "x" * 6_000})) == FAILED


@pytest.mark.parametrize(
    "text",
    [
        "{{ customer.note and ('a' if customer.note > 3 else 'b') }}",
        "{{ not customer.note or ('a' if customer.note > 3 else 'b') }}",
        "{% if customer.note %}{{ 'a' if customer.note > 3 else 'b' }}{% endif %}",
        "{% if incident.credit %}{% if incident.credit > 3 %}a{% endif %}{% endif %}",
    ],
)
def test_what_a_letter_does_not_ask_is_not_asked(text: str) -> None:
    assert tracer(text).variant(values()) == ()


def test_an_endless_loop() -> None:
    made = tracer("{% for row in rows %}a{% endfor %}")
    row = Fields({}, COLUMNS)
    assert made.variant(values(rows=[row] * (MAX_PIECES - 1))) == ("rows: several",)
    assert made.variant(values(rows=[row] * MAX_PIECES)) == FAILED


def test_what_is_nested_too_deeply_to_be_followed() -> None:
    text = "{{ 'a'" + " if customer.plan else ('b'" * 120 + ")" * 120 + " }}"
    assert tracer(text).variant(values()) == FAILED


# Against the letters themselves

FLAGS = ("a", "b", "c")


def branching(flag: st.SearchStrategy[str], inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statements around others; every @ becomes a word of its own."""
    body = st.lists(inner, max_size=2).map("".join)
    return st.one_of(
        st.builds("{{% if {} %}}{}{{% endif %}}".format, flag, body),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, flag, body, body),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format, flag, body, flag, body),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format, flag, body, flag, body, body),
        st.builds('{{{{ "@" if {} else "@" }}}}'.format, flag),
        st.builds('{{{{ "@" ~ (({} and ("@" if {} else "@")) or "") }}}}'.format, flag, flag),
    )


def statements(owner: str) -> st.SearchStrategy[str]:
    flag = st.sampled_from([*(f"{owner}.{flag}" for flag in FLAGS), f"not {owner}.a", f"{owner}.b and {owner}.c"])
    return st.recursive(st.just("@ "), lambda inner: branching(flag, inner), max_leaves=8)


def numbered(text: str) -> str:
    count = itertools.count()
    return re.sub("@", lambda _: f"w{next(count)}w", text)


def printed(text: str, letters: Iterable[Mapping[str, object]]) -> list[frozenset[str]]:
    """The words that Jinja itself prints in each letter."""
    compiled = LetterEnvironment(Localiser(SHIPPED["en"])).from_string(text)
    return [frozenset(re.findall(r"w\d+w", compiled.render(each))) for each in letters]


def every_row() -> Iterator[Fields]:
    for held in itertools.product([True, False], repeat=len(FLAGS)):
        yield Fields({flag: "yes" for flag, is_held in zip(FLAGS, held, strict=True) if is_held}, FLAGS)


def alike(pairs: Sequence[tuple[object, object]]) -> bool:
    """Whether the first of each pair tells the second, and the second the first."""
    return len({first for first, _ in pairs}) == len({second for _, second in pairs}) == len(set(pairs))


@given(st.lists(statements("customer"), min_size=1, max_size=3).map("".join).map(numbered))
@settings(max_examples=200, deadline=None)
def test_letters_have_one_variant_exactly_if_they_have_the_same_words(text: str) -> None:
    made = tracer(text)
    letters = [{"customer": row, "rows": [row], TIME_ZONE: ""} for row in every_row()]
    assert alike(list(zip(map(made.variant, letters), printed(text, letters), strict=True)))


@given(statements("row"), statements("customer"), st.data())
@settings(max_examples=100, deadline=None)
def test_letters_of_one_variant_have_the_same_words_in_their_rows(row: str, other: str, data: st.DataObject) -> None:
    text = numbered(f"{other}{{% for row in rows %}}@ {row}{other}{{% endfor %}}{other}")
    made = tracer(text)
    chosen = data.draw(st.lists(st.lists(st.sampled_from(list(every_row())), min_size=1, max_size=3), max_size=20))
    letters = [{"customer": rows[0], "rows": rows, TIME_ZONE: ""} for rows in chosen]
    found: dict[object, frozenset[str]] = {}
    for each, words in zip(letters, printed(text, letters), strict=True):
        assert found.setdefault(made.variant(each), words) == words


SCENARIOS = ("service-outage", "follow-up")
LANGUAGES = ("en", "pl", "ru")
# None of them is home to one of the languages: a reader at home is told no zone.
ZONES = ("", "Europe/Paris", "Pacific/Auckland", "America/New_York")
MINUTES = st.sampled_from([None, 0, 1, 192])


def masked(made: Template, minutes: Sequence[int | None], zone: str, incident: Fields) -> str:
    """The letter with a sign for everything that a value wrote, which tells the form that the value was written in."""
    rows = [Fields({"minutes_down": each}, ["minutes_down"]) for each in minutes]
    content = made.render(customer=rows[0], rows=rows, name="Qzname", gender="", time_zone=zone)
    local = Localiser(SHIPPED[made.language])
    moments = [incident.started_at, incident.ended_at]

    def bare(each: datetime, zone: str) -> str:
        """A moment whose zone stands later in its sentence."""
        return local.moment(each, zone).replace(local.time(each, zone), local.clock(each, zone))

    forms = (local.moment, bare, local.date, local.time, local.clock, local.day)  # a form may hold a later one
    span = local.from_to(*moments, zone)
    written = {span: "§from_to", span[0].upper() + span[1:]: "§from_to"}
    written |= {write(each, zone): f"§{write.__name__}" for write in forms for each in moments}
    for took in (local.duration, local.lasting):
        written |= {took(each): "§duration" for each in minutes if each}
    whole = re.sub(
        r"[ \n]+", " ", f"{content.subject}\n{content.text}\n{content.html}"
    )  # paragraphs are wrapped by the length of their values
    for value, sign in written.items():
        whole = whole.replace(value, sign)
    return whole


@pytest.fixture(scope="module", params=itertools.product(SCENARIOS, LANGUAGES, [True, False]), ids=str)
def shipped_letter(request: pytest.FixtureRequest) -> tuple[Template, Fields]:
    name, language, optional = request.param
    scenario = load_scenario(name, [shipped_templates()])
    moments = {
        "started_at": datetime(2026, 11, 20, 9, 12, tzinfo=UTC),
        "ended_at": datetime(2026, 11, 20, 12, 24, tzinfo=UTC),
    }
    return shipped(name, scenario, language, optional=optional), Fields(moments)


@given(st.lists(st.tuples(st.lists(MINUTES, min_size=1, max_size=3), st.sampled_from(ZONES)), min_size=2, max_size=8))
@settings(max_examples=25, deadline=None)
def test_shipped_letters_have_one_variant_exactly_if_they_differ_in_values_only(
    shipped_letter: tuple[Template, Fields], given_: list[tuple[list[int | None], str]]
) -> None:
    made, incident = shipped_letter
    pairs: list[tuple[object, object]] = []
    for minutes, zone in given_:
        rows = [Fields({"minutes_down": each}, ["minutes_down"]) for each in minutes]
        variant = made.trace(customer=rows[0], rows=rows, name="Qzname", gender="", time_zone=zone)
        pairs.append((variant, masked(made, minutes, zone, incident)))
    assert alike(pairs)


# Through templates and writers


def test_a_template_traces_what_it_renders(tmp_path: Path) -> None:
    layout = "<html><body>{{ body }}{% if sender.role %}<i>{{ sender.role }}</i>{% endif %}</body></html>"
    write(tmp_path, "{% if customer.plan %}a{% endif %}\n\nb", subject="{{ 'A' if name else 'B' }}", layout=layout)
    made = template(tmp_path)
    row = Fields({"plan": "pro"})
    variant = made.trace(customer=row, rows=[row], name="", gender="", time_zone="")
    assert variant == ("not name", "customer.plan")


def test_a_writer_tells_the_variant_of_a_delivery(tmp_path: Path) -> None:
    write_templates(tmp_path)
    writer = make_writer(tmp_path)
    pro = delivery(rows=[{"minutes_down": "5", "plan": "pro"}] * 2)
    assert writer.variant(pro) == ("rows: several", 'customer.plan == "pro"')
    assert writer.variant(delivery(language="pl")) == ()


@pytest.mark.parametrize("change", [{"rows": [{"minutes_down": "soon"}]}])
def test_a_letter_that_cannot_be_begun_has_a_variant_too(tmp_path: Path, change: dict[str, Any]) -> None:
    write_templates(tmp_path)
    writer = make_writer(tmp_path)
    with pytest.raises(TemplateError):
        writer.content(delivery(**change))
    assert writer.variant(delivery(**change)) == FAILED
