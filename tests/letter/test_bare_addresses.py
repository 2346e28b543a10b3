"""Addresses that stand bare in a letter are links in its HTML; its text stays as it is, and rows make no links."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from letter_files import inner_html, letter, render, template, write


def links(html: str) -> list[tuple[str, str]]:
    """Address and words of each link."""
    found = re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return [(unescape(address), re.sub(r"<[^>]*>", "", unescape(words))) for address, words in found]


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("See https://acme.example/help.", "https://acme.example/help"),
        ("See https://acme.example.", "https://acme.example"),
        ("(https://acme.example/a_(b)_c?d=1&e=2#f), please", "https://acme.example/a_(b)_c?d=1&e=2#f"),
        ("(https://acme.example/help)", "https://acme.example/help"),
        ("„https://acme.example/pomoc”, prosimy", "https://acme.example/pomoc"),
        ("HTTPS://Acme.Example/X!", "HTTPS://Acme.Example/X"),
        ("http://acme.example:8080/x", "http://acme.example:8080/x"),
    ],
)
def test_a_web_address_of_the_letters_words_is_a_link(tmp_path: Path, body: str, address: str) -> None:
    content = letter(tmp_path, body)
    assert links(inner_html(content)) == [(address, address)]
    assert content.text == f"{body}\n"


@pytest.mark.parametrize(
    "body",
    [
        "`https://acme.example`",
        "https://localhost",
        "see http:// or https",
        "xhttps://acme.example",
        "ftp://acme.example",
    ],
)
def test_what_is_none_is_left_alone(tmp_path: Path, body: str) -> None:
    assert links(inner_html(letter(tmp_path, body))) == []


def test_a_link_is_not_linked_again(tmp_path: Path) -> None:
    body = "[https://acme.example/a](https://acme.example/b) and <https://acme.example/c>"
    assert [address for address, _ in links(inner_html(letter(tmp_path, body)))] == [
        "https://acme.example/b",
        "https://acme.example/c",
    ]


def test_a_customers_value_stays_text_and_is_quoted_in_an_address(tmp_path: Path) -> None:
    content = letter(
        tmp_path,
        "{{ customer.plan }} is at https://acme.example/{{ customer.note }}/x.",
        customer={"plan": "https://evil.example/", "note": "a b"},
    )
    assert links(inner_html(content)) == [("https://acme.example/a%20b/x", "https://acme.example/a b/x")]
    assert content.text == "https://evil.example/ is at https://acme.example/a b/x.\n"


def test_a_customers_value_is_no_part_of_a_host(tmp_path: Path) -> None:
    content = letter(tmp_path, "https://{{ customer.plan }}.example/x", customer={"plan": "evil"})
    assert links(inner_html(content)) == []


@pytest.mark.parametrize(
    ("fact", "address"),
    [
        ("https://status.acme.example/1?a=b", "https://status.acme.example/1?a=b"),
        ("help@acme.example", "mailto:help@acme.example"),
        ("+48 22 555-01 23", "tel:+48225550123"),
        ("the API at help@acme.example", None),
        ("48 22 555", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_fact_that_is_a_contact_is_a_link(tmp_path: Path, fact: str, address: str | None) -> None:
    write(tmp_path, "Ask {{ incident.service }} now.")
    content = render(template(tmp_path, service=fact))
    assert links(inner_html(content)) == ([(address, fact)] if address else [])
    assert content.text == f"Ask {fact} now.\n"
