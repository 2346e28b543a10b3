"""Remedies to choose from: the letters that offer them link to each customer's own address, or do without."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest
from msgspec.structs import replace
from test_library import LANGUAGES, TEMPLATES, Page, campaign, delivery, oddities, scenario

from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import Content

pytestmark = pytest.mark.slow

OFFERING = ("defective-product", "product-recall")
TOKENS = ("5b1d0c9e7f3a4c265b1d0c9e7f3a4c26", "00ff0c9e7f3a4c265b1d0c9e7f3a4c26")
REMEDIES = {
    "remedy_a": "https://acme.example/chosen?choice={token}",
    "remedy_b": "mailto:recall@acme.example?subject=My%20choice%20{token}",
}
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.S)

each_offer = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in OFFERING for language in LANGUAGES]
)


def address(remedy: str, token: str = TOKENS[0]) -> str:
    return REMEDIES[remedy].replace("{token}", f"{remedy}.{token}")


@cache
def writer(name: str, remedies: frozenset[str], *, optional: bool) -> Writer:
    given = {remedy: where for remedy, where in REMEDIES.items() if remedy in remedies}
    told = replace(campaign(name, optional=optional), remedies=given)
    header = ("email", "name", "gender", *scenario(name).columns)
    return Writer(told, folder=TEMPLATES, directories=[TEMPLATES], header=header)


def letter(
    name: str, language: str, remedies: Iterable[str], *, optional: bool = True, token: str = TOKENS[0]
) -> Content:
    """The letter of a campaign with these remedies; it is finished, and nothing is found in it."""
    made = writer(name, frozenset(remedies), optional=optional)
    whom = replace(delivery(name, language, optional=optional), message_id=f"<{token}@acme.example>")
    content = made.content(whom)
    assert made.check([whom]).findings == []
    assert leftovers(content.subject, content.text) == []
    assert oddities(f"{content.subject}\n{content.text}") == []
    return content


def linked(content: Content) -> dict[str, str]:
    """What the letter links to, and in which words."""
    page = Page()
    page.feed(content.html)
    found = dict(_LINK.findall(content.html))
    assert set(page.links) == set(found)
    return found


@each_offer
def test_each_remedy_is_chosen_at_the_customers_own_address(name: str, language: str) -> None:
    content = letter(name, language, REMEDIES)
    links = linked(content)
    assert content.html.count(TOKENS[0]) == len(REMEDIES)
    assert {address(remedy) for remedy in REMEDIES} <= set(links)
    assert links[address("remedy_a")] != links[address("remedy_b")]
    for remedy in REMEDIES:
        where = f"({address(remedy)})"
        assert where in content.text
        told = scenario(name).facts[remedy].example[language]
        before = " ".join(content.text.partition(where)[0].split())
        assert before.endswith(f"{told} {links[address(remedy)]}")
    assert TOKENS[1] in letter(name, language, REMEDIES, token=TOKENS[1]).text


@each_offer
def test_without_them_the_letter_offers_what_its_facts_offer(name: str, language: str) -> None:
    content = letter(name, language, ())
    assert TOKENS[0] not in content.html
    pages = {
        each.example for fact, each in scenario(name).facts.items() if fact.startswith("remedy_") and "_url" in fact
    }
    assert pages <= set(linked(content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customers_own_address_goes_before_that_of_everybody(language: str) -> None:
    facts = scenario("defective-product").facts
    links = linked(letter("defective-product", language, ["remedy_b"]))
    assert facts["remedy_a_url"].example in links
    assert facts["remedy_b_url"].example not in links
    assert address("remedy_b") in links


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_only_remedy_of_a_recall_is_not_called_the_first(language: str) -> None:
    both = linked(letter("product-recall", language, REMEDIES))
    one = linked(letter("product-recall", language, REMEDIES, optional=False))  # whose facts have no second remedy
    assert address("remedy_b") not in one
    assert one[address("remedy_a")] not in both.values()
