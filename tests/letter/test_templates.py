"""Templates become letters: values, structure, links, and mistakes with their lines."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from letter_files import INCIDENT, inner_html, letter, render, template, write

from mass_apology.errors import TemplateError
from mass_apology.letter import values
from mass_apology.letter.template_files import Template

ROWS = [{"order": "1", "plan": "pro"}, {"order": "2"}]
AWKWARD = [
    "[x](http://evil.example)",
    "{{ 7*7 }}",
    "<b>",
    "O'Neil & Sons",
    "{% if %}",
    "**bold**",
    "jx0z",
    "&amp;",
    "\\",
]
UNESCAPED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&#34;": '"', "&#39;": "'", "&nbsp;": "\u00a0"}


def unescape(html: str) -> str:
    return re.sub("|".join(UNESCAPED), lambda match: UNESCAPED[match[0]], html)


# Values


@pytest.mark.parametrize("value", AWKWARD)
def test_a_value_appears_as_written(tmp_path: Path, value: str) -> None:
    write(tmp_path, "Hi {{ name }}: {{ customer.plan }}", subject="For {{ name }}")
    content = render(template(tmp_path), {"plan": value}, name=value)
    assert content.subject == f"For {value}"
    assert content.text == f"Hi {value}: {value}\n"
    assert unescape(inner_html(content)) == f"<p>Hi {value}: {value}</p>"
    assert inner_html(content).count("<") == 2


@pytest.fixture(scope="module")
def value_only(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("value")
    write(folder, "{{ customer.plan }}", subject="{{ customer.plan }}")
    return template(folder)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1))
def test_any_value_appears_as_written(value_only: Template, value: str) -> None:
    content = render(value_only, {"plan": value})
    assert (content.subject, content.text) == (value, value + "\n")
    assert unescape(inner_html(content)) == f"<p>{value}</p>"


@pytest.mark.parametrize("fact", [*AWKWARD, "two\nlines", 'say "so"', "🦊 Żółć", "back\\slash\\n"])
def test_a_fact_appears_as_written_too(tmp_path: Path, fact: str) -> None:
    write(tmp_path, "{{ incident.service }}")
    content = render(template(tmp_path, service=fact))
    assert content.text == fact.replace("\n", " ") + "\n"
    assert unescape(inner_html(content)) == f"<p>{fact}</p>"


def test_a_subject_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, "x", subject="A  {% if customer.note %}B {% endif %} {{ customer.plan }}")
    assert render(template(tmp_path), {"plan": "one\n two"}).subject == "A one two"


@pytest.mark.parametrize(
    ("subject", "problem"), [("{{ customer.plan }}", "control"), ("{{ customer.note|d }}", "empty")]
)
def test_a_bad_subject_is_refused(tmp_path: Path, subject: str, problem: str) -> None:
    write(tmp_path, "x", subject=subject)
    with pytest.raises(TemplateError, match=problem):
        render(template(tmp_path), {"plan": "a\x00b"})


def test_the_separator_cannot_be_smuggled_in(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="U\\+001E"):
        letter(tmp_path, "{{ customer.plan }}", customer={"plan": "a\x1eb\x1ec"})


def test_variables_of_a_letter(tmp_path: Path) -> None:
    body = '{{ language }} {{ sender.name }} {{ incident["service"] }} {{ customer["order id"] }} {{ customer.items }}'
    content = letter(tmp_path, body, customer={"order id": "A-1", "items": "3"})
    assert content.text == "en Anna Kowalska Acme API A-1 3\n"


def test_moments_follow_the_recipients_zone(tmp_path: Path) -> None:
    write(tmp_path, "{{ incident.started_at | moment }}")
    made = template(tmp_path)
    assert render(made, time_zone="Asia/Tokyo").text == "20 November 2026, 18:12 JST\n"
    assert render(made, time_zone="").text == "20 November 2026, 09:12 UTC\n"


# Structure


@pytest.mark.parametrize(
    ("body", "text", "html"),
    [
        ("{% for row in rows %}\n- no. {{ row.order }}\n{% endfor %}\n\nend", "- no. 1\n- no. 2\n\nend", "ul li li p"),
        ("{% if rows %}\n{% for row in rows %}\n- {{ row.order }}\n{% endfor %}\n{% endif %}", "- 1\n- 2", "ul li li"),
        ("{% if not rows %}\n{% for row in rows %}\n- a\n{% endfor %}\n{% endif %}\n\nend", "end", "p"),
        ("{% for row in rows %}\n{% if row.plan %}\n- {{ row.order }}\n{% endif %}\n{% endfor %}", "- 1", "ul li"),
        ("- a\n{% if customer.note %}\n- b\n{% endif %}\n- c\n\nend", "- a\n- c\n\nend", "ul li li p"),
        ("- a\n{% if customer.note %}\n- b\n{% endif %}\n\nend", "- a\n\nend", "ul li p"),
        ("- {% if customer.note %}a{% endif %}\n- b", "- b", "ul li"),
        ("- a\n  - b\n  - c\n- d\n\n  e", "- a\n\n  - b\n  - c\n\n- d\n\n  e", "ul li p ul li li li p p"),
        ("1. a\n2. b", "1. a\n2. b", "ol li li"),
        ("1. a\n{% if customer.note %}\n2. b\n{% endif %}\n3. c", "- a\n- c", "ol li li"),
        ("|a|b|\n|-|-|\n{% for row in rows %}\n|{{ row.order }}|x|\n{% endfor %}\n\nend", "a | b\n1 | x\n2 | x\n\nend",
         "table thead tr th th tbody tr td td tr td td p"),
        ("A\n\n{% if customer.note %}\nB\n{% endif %}\n\nC", "A\n\nC", "p p"),
        ("A\n\n{% if customer.note %}B\nb{% endif %}\n\nC", "A\n\nC", "p p"),
        ("A\n\n{{ customer.note | default }}\n\nC", "A\n\nC", "p p p"),
        ("A\n{% if customer.note %}\nB\n{% endif %}\nC", "A C", "p"),
        ("A\n{% if customer.note %}\nB\n{% else %}\nb\n{% endif %}\n\nC", "A b\n\nC", "p p"),
        ("A{% if customer.note %}\\\nB{% endif %}\\\nC", "A\nC", "p br"),
        ("{% if customer.note %}\n\nA\n\nB\n\n{% else %}\n\nC\n\nD\n\n{% endif %}\n\nE", "C\n\nD\n\nE", "p p p"),
        ("A\n{% if rows %}\n{% if not customer.note %}\nB\n{% endif %}\n{% endif %}", "A B", "p"),
        ("A\n{% for row in rows %}\n{% if row.plan %}\nB\n{% endif %}\n{% endfor %}", "A B", "p"),
        ("> {% if rows %}\n> A\n> {% endif %}\n\nB", "> A\n\nB", "blockquote p p"),
        ("# H\n\n**b** *e* `c`\n\n---", "H\n\nb e c\n\n* * *", "h1 p strong em code hr"),
        ("A\n\n```\nx\n  {{ name }}\n```\n\nB", "A\n\nx\n  Ann\n\nB", "p pre code p"),
        ("{# gone #}\nA\n{# gone #}\nB {# gone #}", "A B", "p"),
        ("{% for row in rows %}{{ row.order }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2", "p"),
        ("{% set n = rows | length %}\n\nA {{ n }}", "A 2", "p"),
        ("{%- if rows -%}\nA\n{%- endif -%}", "A", "p"),
        ("<b>raw</b> {{ 'a' ~ 1 }}", "<b>raw</b> a1", "p"),
        ("![our sign](cid:sign)", "our sign", "p img"),
    ],
)  # fmt: skip
def test_structure(tmp_path: Path, body: str, text: str, html: str) -> None:
    content = letter(tmp_path, body, rows=ROWS)
    assert content.text == text + "\n"
    assert re.findall(r"<(\w+)", inner_html(content)) == html.split()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(["A", "b c", "- item", "1. one", "", "", "> quote", "# H", "|a|b|", "|-|-|", "```", "  - in",
                         "{% if customer.note %}", "{% if rows %}", "{% else %}", "{% endif %}", "{% for r in rows %}",
                         "{% endfor %}", "x {% if rows %}y{% endif %}", "{{ name }}", "[l](https://a.example)"]),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_any_template_renders_or_is_refused(tmp_path: Path, lines: list[str]) -> None:
    try:
        content = letter(tmp_path, "\n".join(lines), rows=ROWS)
    except TemplateError as error:
        problem = error.problem
    else:
        problem = ""
        assert "\n\n\n" not in content.text
        assert content.text.endswith("\n")
        assert not re.search(r"jx\d|\{%|<!--", content.text + content.html)
    assert not problem or re.search(r"en\.md(, line \d+)?: ", problem)


def test_text_is_wrapped_where_its_words_are_known(tmp_path: Path) -> None:
    write(tmp_path, "{{ incident.service }} " + "word " * 30 + "{% if rows %}and {{ name }}{% endif %}")
    lines = render(template(tmp_path, service="A long sentence about us. " * 9)).text.splitlines()
    assert max(map(len, lines)) <= 72
    assert len(lines) >= 6


def test_no_break_spaces_are_kept(tmp_path: Path) -> None:
    assert letter(tmp_path, "10\u00a0000 {% if rows %}z\u00a0b{% endif %}").text == "10\u00a0000 z\u00a0b\n"


# Links


def test_links_in_text_and_html(tmp_path: Path) -> None:
    body = (
        "[see]({{ incident.status_url }}) [{{ incident.status_url }}]({{ incident.status_url }}) "
        "[mail](mailto:help@a.example) [call]( tel:{{ customer.plan }} ) <https://b.example> "
        "[order](https://c.example/?o={{ customer.order }}&x=1)"
    )
    content = letter(tmp_path, body, customer={"plan": "+48 22", "order": "1&evil=//x"})
    url = INCIDENT["status_url"]
    words = f"see ({url}) {url} mail (help@a.example) call (+48%2022) https://b.example order"
    assert content.text.split() == [*words.split(), "(https://c.example/?o=1%26evil%3D%2F%2Fx&x=1)"]
    addresses = [unescape(found) for found in re.findall(r'href="([^"]*)"', content.html)]
    assert addresses == [url, url, "mailto:help@a.example", "tel:+48%2022", "https://b.example",
                         "https://c.example/?o=1%26evil%3D%2F%2Fx&x=1"]  # fmt: skip


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "status.example", "file:///etc", "https://a b"]
)
def test_a_fact_that_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    write(tmp_path, "\n[see]({{ incident.url }})")
    with pytest.raises(TemplateError, match=r"line 4: .*is not an address to link to"):
        template(tmp_path, url=url)


def test_an_international_address_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "[see]({{ incident.url }})")
    content = render(template(tmp_path, url="https://пример.example/żółć"))
    assert content.text == "see (https://пример.example/żółć)\n"
    assert 'href="https://пример.example/żółć"' in content.html


def test_a_computed_address_is_checked_for_every_letter(tmp_path: Path) -> None:
    write(tmp_path, "[see]({{ incident.url | lower }})")
    made = template(tmp_path, url="JavaScript:alert(1)")
    with pytest.raises(TemplateError, match=r"line 3: .*is not an address to link to"):
        render(made)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("[x](javascript:alert)", "begins with none of"),
        ("[x](/relative)", "begins with none of"),
        ("[x]({{ customer.plan }})", "not with a customer's value"),
        ("[x]({{ incident.status_url if rows else name }})", "not with a customer's value"),
        ("[x](https://{{ customer.plan }}.example/)", "host cannot be put together"),
        ("[x](https://a.example{{ customer.plan }})", "host cannot be put together"),
        ("[x](https://a.example/{% if rows %}a{% endif %})", "cannot hold a statement"),
        ("![x](https://a.example/pixel.png)", "must be `cid:`"),
    ],
)
def test_a_dangerous_link_is_refused(tmp_path: Path, link: str, problem: str) -> None:
    write(tmp_path, f"\n\n{link}")
    with pytest.raises(TemplateError, match=f"line 5: .*{re.escape(problem)}"):
        template(tmp_path)


# Mistakes, with their lines


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        ("\n{{ incident.servise }}", 4, "did you mean `service`"),
        ("\n{{ sender.nam }}", 4, "did you mean `name`"),
        ("\n\n{{ custmer.plan }}", 5, "did you mean `customer`"),
        ("x\n{{ name | uper }}", 4, "No filter named 'uper'"),
        ("x\n\n{% if %}", 5, "Expected an expression"),
        ("x\n\n{% if rows %}", 5, "Unexpected end"),
        ("x\n{{ name", 4, "unexpected end"),
        ("A {% if rows %}\n\nB{% endif %}", 3, "does not hold the whole statement"),
        ("- a\n{% if rows %}\n- b\n\nout\n\n{% endif %}", 9, "does not hold the whole statement"),
        ("{% raw %}x{% endraw %}", 3, "`raw` cannot be used"),
    ],
)
def test_mistakes_found_at_loading(tmp_path: Path, body: str, line: int, problem: str) -> None:
    path = write(tmp_path, body)
    with pytest.raises(TemplateError) as caught:
        template(tmp_path)
    assert caught.value.problem.startswith(f"{path}, line {line}: ")
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        ("text\n\n- a\n- {{ customer.plam }}", 6, "did you mean `plan`?"),
        ("text\n\n{{ customer.note }}", 5, "the field `note` is empty here."),
        ("{# a\ncomment #}\n{{\n\n  customer.note | upper }}", 7, "the field `note` is empty"),
        ("{% if rows\n   and true %}\nx\n{% endif %}\n\n{{ customer.plan | duration }}", 8, "`pro` is not a number"),
        ("a\n\n{% for row in rows %}\n- {{ row.note }}\n{% endfor %}", 6, "the field `note` is empty"),
        ("a\n\n{% for row in customer.note %}\n- x\n{% endfor %}", 5, "the field `note` is empty"),
        ("**{{ name }}** {{ name }}\n{{ 1 / 0 }}", 4, "division by zero"),
    ],
)
def test_mistakes_found_in_a_letter(tmp_path: Path, body: str, line: int, problem: str) -> None:
    path = write(tmp_path, body)
    made = template(tmp_path)
    with pytest.raises(TemplateError) as caught:
        render(made, {"plan": "pro"})
    assert caught.value.problem.startswith(f"{path}, line {line}: ")
    assert problem in caught.value.problem


def test_a_mistake_in_the_subject_is_on_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "x", subject="{{ customer.note }}")
    with pytest.raises(TemplateError) as caught:
        render(template(tmp_path))
    assert caught.value.problem.startswith(f"{path}, line 1: ")


def test_nearest_names_are_looked_for_where_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(values, "nearest", lambda word, known: asked.append(word) or "plan")
    write(tmp_path, "{{ customer.plann | default('none') }} {{ customer.note or customer['notte'] is defined }}")
    made = template(tmp_path)
    assert render(made).text == "none False\n"
    assert not asked
    write(tmp_path, "{{ customer.plann }}")
    with pytest.raises(TemplateError, match="did you mean `plan`"):
        render(template(tmp_path))
    assert set(asked) == {"plann"}


def test_an_absent_name_cannot_be_printed_and_can_be_asked_for(tmp_path: Path) -> None:
    body = "{% if name %}A{% else %}B{% endif %} {{ customer.note | default('C', true) }} {{ incident.credit or 'D' }}"
    assert letter(tmp_path, body, name="").text == "B C D\n"
    with pytest.raises(TemplateError, match="the field `name` is empty"):
        letter(tmp_path, "Dear {{ name }},", name="")


def test_an_escaped_brace_is_no_jinja(tmp_path: Path) -> None:
    content = letter(tmp_path, "{\\{ 7*7 }} {&#37; if %} &#123;{ name }}")
    assert content.text == "{{ 7*7 }} {% if %} {{ name }}\n"


@pytest.mark.parametrize("value", ["Fish &copy Chips", "R&D", "a &notin b", "x &lt y", "&#65 Anna", "AT&T;"])
def test_a_value_that_browsers_would_take_for_a_sign_is_shown_as_it_is(tmp_path: Path, value: str) -> None:
    content = letter(
        tmp_path,
        "{% for row in rows %}{{ row.plan }} [more](https://acme.example/){% endfor %}",
        rows=[{"plan": value}],
    )
    shown = HTMLParser(convert_charrefs=True)
    texts: list[str] = []
    shown.handle_data = texts.append  # type: ignore[method-assign]
    shown.feed(inner_html(content))
    assert value in "".join(texts)
    assert value in content.text
