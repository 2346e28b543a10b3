"""Spaces that hold a line together, where Polish and Russian want them, and nowhere else."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from letter_files import example, inner_html, load, render, template, write

from mass_apology.languages import SHIPPED, Bonds
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import available_languages, shipped_templates
from mass_apology.letter.values import Fields
from mass_apology.model import Content

pytestmark = pytest.mark.slow

BONDS = {each.code: each.bonds for each in SHIPPED if each.bonds not in {None, Bonds()}}

POLISH = [
    ("Byli w domu i o niczym", "Byli w~domu i~o~niczym"),
    ("A my? Z nami! I u nas", "A~my? Z~nami! I~u~nas"),
    ("od godz. 10 do godz. 12", "od godz.~10 do godz.~12"),
    ("faktura nr 7, ul. Prosta 3", "faktura nr~7, ul.~Prosta 3"),
    ("w 2026 r. i 2027 r.", "w~2026~r. i~2027~r."),
    ("z art. 34 ust. 1", "z~art.~34 ust.~1"),
    ("(w pracy) „z domu”", "(w~pracy) „z~domu”"),
    ("a\nw końcu\nz nami", "a~w~końcu z~nami"),
    ("**w** domu, *o* tym, w **domu**", "w~domu, o~tym, w~domu"),
    ("w `kodzie`", "w~kodzie"),
    ("w {{ incident.service }}", "w~Acme API"),
    ("nr {{ customer.plan }} i {{ name }}", "nr~pro i~Ann"),
    ("z [nami w sieci](https://acme.example/a)", "z~nami w~sieci (https://acme.example/a)"),
    ("do nas, po tym", "do nas, po tym"),
    ("e-i domu, kina'w domu, 5w domu", "e-i domu, kina'w domu, 5w domu"),
    ("dr. 2026 r. tak", "dr. 2026~r. tak"),
    ("co r. i w", "co r. i~w"),
]
RUSSIAN = [
    ("Мы в городе и не на работе", "Мы в~городе и~не~на~работе"),
    ("А я с Вами. К тому же о нём", "А~я~с~Вами. К~тому же о~нём"),
    ("из дома от нас до Вас по делу за это ни разу", "из~дома от~нас до~Вас по~делу за~это ни~разу"),
    ("письмо — ответ", "письмо~— ответ"),
    ("письмо\n— ответ", "письмо~— ответ"),
    ("дом № 5 в г. Омск", "дом №~5 в~г.~Омск"),
    ("в 2026 г. Мы", "в~2026~г. Мы"),
    ("2025 и 2026 гг. прошли", "2025 и~2026~гг. прошли"),
    ("с {{ customer.plan }} г. и", "с~pro~г. и"),
    ("из-за Вас, кое с кем", "из-за Вас, кое с~кем"),
    ("или нет, для Вас", "или нет, для Вас"),
]
UNTOUCHED = ["w domu i o 2026 r.", "в доме и не на 2026 г. — да", "a i o nr 5"]

# Each piece follows the one before it after a space, a line end or nothing.
WORDS = st.sampled_from(
    [
        "w",
        "W",
        "o",
        "godz.",
        "nr",
        "r.",
        "2026",
        "г.",
        "в",
        "не",
        "На",
        "№",
        "—",
        "dom",
        "дом",
        "„w",
        "(и",
        "i,",
        "kot.",
    ]
)
PIECES = st.one_of(
    WORDS,
    WORDS.map(lambda word: f"**{word}**"),
    WORDS.map(lambda word: f"`{word} {word}`"),
    WORDS.map(lambda word: f"[{word} x {word}](https://a.example/w/i)"),
    st.sampled_from(["{{ customer.plan }}", "{{ incident.service }}", "{{ customer.plan | d('') }}"]),
    st.tuples(
        st.sampled_from(["customer.plan", "customer.note"]), st.one_of(WORDS, st.just(""), st.just("w domu"))
    ).map(lambda each: f"{{% if {each[0]} %}}{each[1]}{{% else %}}x{{% endif %}}"),
)
BODIES = st.lists(st.tuples(PIECES, st.sampled_from([" ", " ", " ", "\n", "", "\n\n", "\\\n"])), max_size=40)


def text(folder: Path, body: str, language: str) -> str:
    """The letter's text on one line, with a sign for each no-break space."""
    write(folder, body, language=language)
    shown = render(template(folder, language), {"plan": "pro"}).text
    return re.sub(r"[ \n]+", " ", shown).strip().replace("\u00a0", "~")


@pytest.mark.parametrize(("body", "bound"), POLISH)
def test_polish_words_that_lead_on_stay_with_what_follows(tmp_path: Path, body: str, bound: str) -> None:
    assert text(tmp_path, body, "pl") == bound


@pytest.mark.parametrize(("body", "bound"), RUSSIAN)
def test_russian_words_and_dashes_stay_where_they_belong(tmp_path: Path, body: str, bound: str) -> None:
    assert text(tmp_path, body, "ru") == bound


@pytest.mark.parametrize("language", ["el", "en", "et", "lv"])
@pytest.mark.parametrize("body", UNTOUCHED)
def test_other_languages_are_left_alone(tmp_path: Path, body: str, language: str) -> None:
    assert text(tmp_path, body, language) == body


def test_the_html_is_bound_as_the_text_is(tmp_path: Path) -> None:
    write(tmp_path, "## Co w domu\n\n- i u nas\n\n| a | b |\n|--|--|\n| w tym | z *tym* |", language="pl")
    shown = unescape(inner_html(render(template(tmp_path, "pl")))).replace("\u00a0", "~")
    assert re.findall(r">([^<>\n]*~[^<>\n]*)<", shown) == ["Co w~domu", "i~u~nas", "w~tym", "z~"]


def test_values_facts_code_addresses_and_headers_stay_as_they_are(tmp_path: Path) -> None:
    body = "{{ customer.plan }}, {{ incident.service }}, `w kodzie`, ![w domu](cid:x), <mailto:w@acme.example>"
    write(tmp_path, body, subject="O nas i o {{ name }}", language="pl")
    content = render(template(tmp_path, "pl", service="API w chmurze"), {"plan": "i w domu"})
    assert "\u00a0" not in content.subject + content.text + unescape(content.html)


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ("w {% if customer.note %}dom{% endif %} tak", "w tak"),
        ("{% if customer.note %}w{% endif %} domu", "domu"),
        ("Tak.\n{% if customer.note %}\nA nie.\n{% else %}\nI w domu.\n{% endif %}\nO tym", "Tak. I~w~domu. O~tym"),
        ("zamówieni{% if customer.plan %}a {% else %}e {% endif %}nasze", "zamówienia nasze"),
        ("x {% if customer.plan %}w domu{% endif %}{% if customer.plan %}, u nas{% endif %}", "x w~domu, u~nas"),
    ],
)
def test_what_is_there_on_a_condition_leaves_no_space_behind(tmp_path: Path, body: str, bound: str) -> None:
    assert text(tmp_path, body, "pl") == bound


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODIES, st.sampled_from(sorted(BONDS)))
def test_with_ordinary_spaces_it_is_the_same_letter(
    tmp_path: Path, pieces: list[tuple[str, str]], language: str
) -> None:
    body = "Start " + "".join(map("".join, pieces)) + " end"
    bound, plain = (_rendered(tmp_path, body, each) for each in (language, "en"))
    assert [line.split() for line in bound.text.split("\n\n")] == [line.split() for line in plain.text.split("\n\n")]
    assert unescape(inner_html(bound)).split() == unescape(inner_html(plain)).split()
    assert "\u00a0" not in plain.text
    assert max(map(len, bound.text.splitlines())) <= 80


def _rendered(folder: Path, body: str, language: str) -> Content:
    write(folder, body, language=language)
    return render(template(folder, language), {"plan": "pro"})


LEADING_ON = {"pl": r"[aiouwz] ", "ru": r"(?:[авикосуя]|на|не|из|от|до|за|по) "}
TEMPLATES = shipped_templates()
LETTERS = [
    (path.parent.name, language)
    for path in sorted(TEMPLATES.glob("*/scenario.toml"))
    for language in sorted(LEADING_ON)
    if language in available_languages(path.parent.name, [TEMPLATES])
]


@pytest.mark.parametrize(("name", "language"), LETTERS)
def test_no_line_of_a_shipped_letter_ends_in_a_word_that_leads_on(name: str, language: str) -> None:
    scenario = load_scenario(name, [TEMPLATES])
    examples = {fact: example(each, language) for fact, each in scenario.facts.items()}
    signs = {fact: "#" if isinstance(value, str) else value for fact, value in examples.items()}
    signs |= {fact: "https://acme.example" for fact in examples if fact.endswith("_url")}
    made = load(
        name,
        language,
        directories=[TEMPLATES],
        layout="plain",
        incident=Fields(signs),
        sender=Fields({"name": "#"}, known=["role", "company", "phone", "url"]),
        remedies=Fields({}, known=signs),
    )
    row = Fields({}, list(scenario.columns))
    html = made.render(customer=row, rows=[row], name="", gender="", time_zone="", code="#").html
    body = re.sub(r"<title>[^<]*|<style>[^<]*|<div class=.preheader[^>]*>[^<]*|<[^>]*>", "", html)
    own = re.sub(r"# \w #", "#", body.replace("\n", " "))  # without what `listing` writes
    assert re.findall(rf"(?i)(?:(?<![\w-]){LEADING_ON[language]}| —).{{0,20}}", own) == []


def test_the_words_are_in_their_languages_letters() -> None:
    """A Latin "c" among the Russian words would look right and bind nothing."""
    for language, script in (("pl", "LATIN"), ("ru", "CYRILLIC")):
        bonds = SHIPPED[language].bonds or Bonds()
        letters = {each for each in bonds.to_next + bonds.to_number if each.isalpha()}
        assert {each for each in letters if not unicodedata.name(each).startswith(script)} == set()
