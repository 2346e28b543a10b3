"""The library of letters: every scenario, in every language that it has, with all facts and with the required ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from mass_apology.guards.unfinished import draft_facts, draft_marks
from mass_apology.languages import SHIPPED
from mass_apology.letter.inspecting.inspector import CLIPPED
from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.sandbox import LINK_SCHEMES
from mass_apology.letter.scenario import Fact, Scenario, facts_findings, load_scenario
from mass_apology.letter.template_files import available_languages, letter_texts, shipped_templates
from mass_apology.model import Content, Delivery
from mass_apology.settings import Campaign, ColumnType

pytestmark = pytest.mark.slow

TEMPLATES = shipped_templates()
LANGUAGES = tuple(each.code for each in SHIPPED)

COMPLETE = (
    "agent-conduct",
    "bad-support",
    "correction",
    "data-breach",
    "defective-product",
    "follow-up",
    "general-apology",
    "late-answer",
    "late-delivery",
    "not-our-fault",
    "product-recall",
    "resolved",
    "service-outage",
    "software-fault",
    "status-update",
    "temporary-closure",
    "terms-error",
    "website-overload",
    "wrong-charge",
    "wrong-information",
)
"""The scenarios that have a letter in every shipped language."""

NO_APOLOGY_NEEDED = frozenset({"follow-up", "not-our-fault"})
"""Letters about an apology made before, or about something that is not our fault: one apology at most."""

NOT_OUR_FAULT = frozenset({"not-our-fault"})
"""Letters that have to say whose fault it was."""

PACKS = frozenset({"", "gdpr-34", "gpsr-36", "cpsc-recall", "sla-credit", "dora-19", "eu261"})

NAMES = tuple(sorted(path.parent.name for path in TEMPLATES.glob("*/scenario.toml")))
LETTERS = [
    pytest.param(name, language, optional, id=f"{name}-{language}-{'all' if optional else 'required'}")
    for name in NAMES
    for language in available_languages(name, [TEMPLATES])
    for optional in (True, False)
]
each_letter = pytest.mark.parametrize(("name", "language", "optional"), LETTERS)
each_scenario = pytest.mark.parametrize("name", NAMES)

CELLS = {
    ColumnType.TEXT: "A-17",
    ColumnType.INT: "192",
    ColumnType.DECIMAL: "12.50",
    ColumnType.DATE: "2026-11-20",
    ColumnType.DATETIME: "2026-11-20T09:12Z",
    ColumnType.BOOL: "yes",
}

APOLOGY = {
    "de": r"\bleid\b|entschuldig|bedaue?r",
    "el": r"συγγνώμη|συγνώμη|απολογ",
    "en": r"\bsorry\b|\bapolog",
    "es": r"disculpa|lo sentimos|lo siento|lamentamos|perd[oó]n",
    "et": r"vaband|andeks",
    "fr": r"excus|désolé|navré|regrett|pardon",
    "lv": r"atvaino|piedod",
    "pl": r"przeprasza|przepros",
    "ru": r"извин|сожале|прост(?:ите|ить)\b|прощени",
}

# What makes a letter a non-apology: conditions and "but", euphemisms, nobody's mistakes, minimising, vows, forgiveness.
SPOILT = {
    "de": r"(?:\bleid\b|entschuldig\w*|bedauern)[^.!?]{0,60}\b(?:falls|wenn|sofern|aber|jedoch|allerdings)\b"
    r"|unannehmlichk|unpässlich|etwaig|eventuell|mögliche\w* (?:unannehm|verzöger|beeinträcht)|\bleider\b|\bpannen?\b"
    r"|(?:wurden?|sind) (?:\w+ )?(?:fehler|falsch)\b|fehler (?:gemacht worden|unterlaufen|aufgetreten)"
    r"|nie (?:wieder|mehr)"
    r"|(?:klein|geringfügig|gering|minimal)\w* (?:fehler|problem|störung)"
    r"|technische\w* (?:gründe|problem|störung|schwierig)"
    r"|verzeih|vergeb\w* sie uns|um verständnis|beeinträchtigung",
    "el": r"συγγνώμη[^.!;]{0,40} (?:αν|εάν|αλλά|όμως)\b|ταλαιπωρ|για τυχόν|έγιναν λάθη|έγινε (?:ένα )?λάθος"
    r"|ποτέ ξανά|ξανά ποτέ|δυστυχώς|μικρ\w+ (?:πρόβλημα|λάθος|βλάβη)|τεχνικ\w+ λόγ|αναστάτωσ|συγχωρ",
    "en": r"(?:sorry|apologi[sz]e)[^.!?]{0,60}\b(?:if|but)\b|inconvenien|glitch|\bissues\b"
    r"|\b(?:an|any|the|this|some) issue|\bminor\b|\bbrief|only a few|small number"
    r"|(?:mistakes|errors) were|never (?:happen )?again|\bunfortunate"
    r"|may have been affected|for any [^.]*caused|forgiv",
    "es": r"(?:disculpa|sentimos|lamenta)\w*[^.!?]{0,60}\b(?:si|pero|aunque)\b|inconvenient|molestia|incidencia"
    r"|percance|por cualquier|se (?:cometieron|produjeron|han cometido) (?:\w+ )?errores|se produjo un error"
    r"|nunca m[aá]s|jam[aá]s|desgraciadamente|por desgracia|lamentablemente"
    r"|(?:peque[nñ]|leve)\w* (?:error|fallo|problema|retraso)"
    r"|(?:motivos|razones|problemas) t[eé]cnic|(?:haya|hayan|pudo|pudieron|podido) (?:haber )?(?:causa|ocasiona)"
    r"|comprensi[oó]n|perd[oó]ne",
    "et": r"vaband\w*[^.!?]{0,40}, (?:kui|kuid|aga|ent)\b|ebamugavus|võimali\w+ (?:ebamuga|tõrge|tõrke|probleem)"
    r"|tehti vig|juhtus viga|väike\w* (?:viga|tõrge|probleem)|enam kunagi|kunagi enam|kahjuks|andeks"
    r"|tehnilistel põhjustel",
    "fr": r"(?:excus\w*|désolés?|regrett\w*)[^.!?]{0,60}\b(?:si|au cas où|mais|toutefois|cependant)\b"
    r"|désagrément|inconvénient"
    r"|gêne\b|éventuel|malheureusement|dysfonctionnement|contretemps|\baléas?\b|(?:erreurs?|fautes?) (?:a|ont) été"
    r"|plus jamais|jamais plus|ne se reproduir"
    r"|(?:petite?s?|légère?s?|mineure?s?) (?:erreur|problème|incident|retard|panne)"
    r"|(?:raisons|problèmes?) (?:d.ordre )?techniques?|pardon|compréhension",
    "lv": r"atvaino\w*[^.!?]{0,40}, (?:ja|bet|taču|tomēr)\b|neērtīb|iespējam\w+ (?:neērt|kļūd|problēm|kļūm)"
    r"|tika pieļaut|nekad vairs|vairs nekad|diemžēl|neliel\w+ (?:kļūd|kļūm|problēm|traucēj)|tehnisku iemeslu|piedod",
    "pl": r"przepr\w*[^.!?]{0,40} (?:jeśli|jeżeli|ale|lecz)\b|niedogodno|za ewentualn|popełniono|nigdy więcej"
    r"|więcej nigdy|niestety|(?:drobn|niewielk)\w+ (?:błąd|błęd|usterk|problem|przerw)|przyczyn technicznych|wybacz",
    "ru": r"извин\w*[^.!?]{0,40} (?:если|но|однако)\b|неудобств|за возможн|были допущен|никогда больше|больше никогда"
    r"|к сожалению|(?:небольш|незначительн)\w+ (?:ошиб|сбо|проблем)|техническ\w+ причин|прост(?:ите|ить)\b|прощени",
}

BLAME = {
    "de": r"unser\w* (?:\w+ )?(?:\w*dienstleister|lieferant|zulieferer|subunternehmer|\w*anbieter|provider)"
    r"|dritt(?:anbieter|firm)"
    r"|dritte\w* (?:partei|seite)",
    "el": r"πάροχός μας|προμηθευτής μας|τρίτο\w* μέρ",
    "en": r"our (?:\w+ )?(?:provider|supplier|contractor|vendor)\b|third[- ]part",
    "es": r"nuestr\w+ (?:\w+ )?(?:proveedor|suministrador|subcontrat|contratista)|tercer\w* (?:parte|empresa)|terceros",
    "et": r"meie (?:\w+ )?(?:tarnija|teenusepakkuja|alltöövõtja)|kolmas osapool|kolmanda osapoole",
    "fr": r"(?:notre|nos) (?:\w+ )?(?:prestataire|fournisseur|sous-traitant|hébergeur|transporteur)|tiers\b|tierce",
    "lv": r"mūsu (?:\w+ )?(?:piegādātāj|pakalpojumu sniedzēj|apakšuzņēmēj)|treš\w+ pus",
    "pl": r"nasz\w* (?:\w+ )?(?:dostawc|podwykonawc)|dostawc\w+ zewn|firm\w* trzeci",
    "ru": r"наш\w* (?:\w+ )?(?:поставщик|подрядчик|провайдер)|треть\w+ (?:лиц|сторон)",
}


@cache
def scenario(name: str) -> Scenario:
    return load_scenario(name, [TEMPLATES])


def facts(name: str, languages: Sequence[str], *, optional: bool) -> dict[str, Any]:
    """`[incident]` as a user would write it, from the scenario's examples."""
    told = {fact: each for fact, each in scenario(name).facts.items() if optional or each.required}
    plain = {fact: each.example for fact, each in told.items() if not each.is_translated}
    tables = {
        language: {fact: each[language] for fact, each in sentences(told) if language in each} for language in languages
    }
    return plain | tables


def sentences(facts: Mapping[str, Fact]) -> Iterator[tuple[str, Mapping[str, str]]]:
    return ((name, each.example) for name, each in facts.items() if each.is_translated)


def campaign(name: str, *, optional: bool) -> Campaign:
    sender = {"from": "Anna Kowalska <anna@acme.example>"}
    more = {"role": "COO", "company": "Acme", "phone": "+48 22 555 01 23", "url": "https://acme.example"}
    languages = available_languages(name, [TEMPLATES])
    settings = {
        "name": "library",
        "template": name,
        "recipients": "affected.csv",
        "languages": languages,
        "columns": {"gender": "gender"},
        "types": {column: each.type for column, each in scenario(name).columns.items()},
        "incident": facts(name, languages, optional=optional),
        "sender": sender | more if optional else sender,
        "relay": {"url": "smtp+plain://127.0.0.1:25"},
    }
    return msgspec.convert(settings, Campaign)


def delivery(name: str, language: str, *, optional: bool, rows: int = 1) -> Delivery:
    columns = {column: each for column, each in scenario(name).columns.items() if optional or each.required}
    cells = {column: "EUR" if column == "currency" else CELLS[each.type] for column, each in columns.items()}
    person = {"name": "Anna Kowalska", "gender": "f"} if optional else {}
    return Delivery(
        id=1,
        address="anna@customer.example",
        name=person.get("name", ""),
        language=language,
        time_zone="Europe/Warsaw" if optional else "",
        lines=json.dumps([2 + row for row in range(rows)]),
        rows=json.dumps([cells | person] * rows),
        message_id="<1@acme.example>",
    )


@cache
def writer(name: str, *, optional: bool) -> Writer:
    header = ("email", "name", "gender", *scenario(name).columns)
    return Writer(campaign(name, optional=optional), folder=TEMPLATES, directories=[TEMPLATES], header=header)


@cache
def letter(name: str, language: str, *, optional: bool, rows: int = 1) -> Content:
    whom = delivery(name, language, optional=optional, rows=rows)
    return writer(name, optional=optional).content(whom)


def body(text: str) -> str:
    """The text without the layout's footer."""
    return text.partition("\n--\n")[0]


def words(text: str) -> int:
    return len(re.findall(r"[\w'’@.+-]*\w", text))


def first_paragraph(text: str) -> str:
    """The first block that is more than a salutation or a heading."""
    return next(block for block in text.split("\n\n") if words(block) > 10)


def oddities(text: str) -> list[str]:
    """Spaces and signs that a missing word leaves behind."""
    return re.findall(
        r".{0,20}(?:\S  |[ \t]\n|\n\n\n| [,.;:!?)]|\( |\.\.|,,|,\.|\*\*|\{\{|\{%|\]\(|\b(?:None|nan)\b)", text
    )


class Page(HTMLParser):
    """A document whose elements are closed in order."""

    void = frozenset({"meta", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given["href"] or ""] if "href" in given else []
        self.language = given.get("lang") or self.language
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_scenario_has_every_language(name: str) -> None:
    assert available_languages(name, [TEMPLATES]) == LANGUAGES


def test_a_scenario_with_every_language_is_listed_as_complete() -> None:
    whole = {name for name in NAMES if available_languages(name, [TEMPLATES]) == LANGUAGES}
    assert whole <= set(COMPLETE), "add them to COMPLETE"


@each_scenario
def test_a_scenario_is_described_in_the_languages_it_has(name: str) -> None:
    described, languages = scenario(name), set(available_languages(name, [TEMPLATES]))
    assert languages
    assert languages <= set(described.title)
    assert languages <= set(described.purpose)
    assert {fact: languages - set(each) for fact, each in sentences(described.facts) if languages - set(each)} == {}
    assert all(each.comment.endswith(".") for each in (*described.facts.values(), *described.columns.values()))


@each_scenario
def test_what_a_scenario_refers_to_exists(name: str) -> None:
    assert scenario(name).legal_pack in PACKS
    assert scenario(name).follow_up in {"", *NAMES}


@each_scenario
def test_the_moments_of_a_scenario_come_in_their_order(name: str) -> None:
    told = scenario(name).facts
    if "started_at" in told and "ended_at" in told:
        start, end = told["started_at"].example, told["ended_at"].example
        assert isinstance(start, datetime)
        assert start < end


@each_letter
def test_the_examples_are_facts_that_can_be_used(name: str, language: str, optional: bool) -> None:
    told = facts(name, [language], optional=optional)
    assert facts_findings(scenario(name), told, [language]) == []
    assert draft_facts(told) == []


@each_letter
def test_a_letter_is_finished(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    assert leftovers(content.subject, content.text) == []
    assert draft_marks(f"{content.subject}\n{content.text}") == []
    assert oddities(f"{content.subject}\n{content.text}") == []
    whom = delivery(name, language, optional=optional)
    assert writer(name, optional=optional).check([whom]).findings == []


@each_letter
def test_several_rows_of_one_customer_make_a_clean_letter_too(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional, rows=3)
    assert oddities(f"{content.subject}\n{content.text}") == []
    assert words(body(content.text)) <= 300


@each_letter
def test_a_letter_has_its_length(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    assert 10 <= len(content.subject) <= 90
    assert 70 <= words(body(content.text)) <= 280  # with every optional sentence
    assert max(map(len, content.text.splitlines())) <= 80
    assert len(content.html.encode()) < CLIPPED


@each_letter
def test_the_apology_is_made_once_and_in_the_first_paragraph(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    made = re.findall(APOLOGY[language], f"{content.subject}\n{content.text}", re.I)
    if name in NO_APOLOGY_NEEDED:
        assert len(made) <= 1
    else:
        assert len(made) == 1
        assert re.search(APOLOGY[language], first_paragraph(content.text), re.I)


@each_letter
def test_nothing_spoils_the_apology(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    whole = " ".join(f"{content.subject}. {content.text}".split())
    assert [match[0] for match in re.finditer(SPOILT[language], whole, re.I)] == []
    if name not in NOT_OUR_FAULT:
        assert [match[0] for match in re.finditer(BLAME[language], whole, re.I)] == []


@each_letter
def test_a_letter_is_signed_and_says_how_to_reach_a_person(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    assert "Anna Kowalska" in body(content.text).split("\n\n")[-1]
    contacts = [each.example for fact, each in scenario(name).facts.items() if "contact" in fact and each.required]
    assert contacts
    assert [contact for contact in contacts if contact not in content.text] == []


@each_letter
def test_every_sentence_that_is_given_is_told(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    text = " ".join(content.text.split())
    told = facts(name, [language], optional=optional)[language]
    assert {fact: sentence for fact, sentence in told.items() if " ".join(sentence.split()) not in text} == {}


@each_letter
def test_the_html_is_a_document_in_its_language(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    page = Page()
    page.feed(content.html)
    assert page.open == []
    assert page.language == language
    assert [link for link in page.links if urlsplit(link).scheme not in LINK_SCHEMES] == []
    assert not re.search(r"<p[^>]*>\s*</p>|<script|\{\{|\{%", content.html)


@each_scenario
def test_a_letter_has_a_preheader(name: str) -> None:
    for path, text in letter_texts(name, available_languages(name, [TEMPLATES]), [TEMPLATES]):
        assert re.search(r"^Preheader: \S", text.partition("\n\n")[0], re.M), path


@pytest.mark.parametrize("table", [APOLOGY, SPOILT, BLAME])
def test_the_tables_cover_every_language(table: dict[str, str]) -> None:
    assert sorted(table) == list(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "bad"),
    [
        ("de", "Es tut uns leid, falls Sie betroffen waren."),
        ("de", "Wir bitten, die Unannehmlichkeiten zu entschuldigen."),
        ("de", "Es wurden Fehler gemacht."),
        ("el", "Ζητάμε συγγνώμη, αν σας προκαλέσαμε πρόβλημα."),
        ("el", "Συγγνώμη για τυχόν ταλαιπωρία."),
        ("el", "Έγιναν λάθη."),
        ("en", "We are sorry if you were affected."),
        ("en", "We apologise for any inconvenience."),
        ("en", "Mistakes were made."),
        ("es", "Le pedimos disculpas si se vio afectado."),
        ("es", "Disculpe las molestias que hayamos podido ocasionar."),
        ("es", "Se cometieron errores."),
        ("et", "Vabandame, kui see teid puudutas."),
        ("et", "Vabandame, kuid süsteem on keeruline."),
        ("et", "Vabandame võimalike ebamugavuste pärast."),
        ("fr", "Nous nous excusons si vous avez été touché."),
        ("fr", "Veuillez nous excuser pour la gêne occasionnée."),
        ("fr", "Des erreurs ont été commises."),
        ("lv", "Atvainojamies, ja tas Jūs skāra."),
        ("lv", "Atvainojamies par iespējamām neērtībām."),
        ("lv", "Tika pieļautas kļūdas."),
        ("pl", "Przepraszamy, jeśli to kogoś dotknęło."),
        ("pl", "Przepraszamy za ewentualne niedogodności."),
        ("pl", "Popełniono błędy."),
        ("ru", "Приносим извинения, если мы Вас подвели."),
        ("ru", "Извините за возможные неудобства."),
        ("ru", "Были допущены ошибки."),
    ],
)
def test_a_non_apology_is_recognised(language: str, bad: str) -> None:
    assert re.search(SPOILT[language], bad, re.I)
