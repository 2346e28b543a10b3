"""``urlencode`` and links: a value in an address is percent-encoded once, however the template says it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from letter_files import letter

VALUE = "A B/7&x=1?#%20+é"
ONCE = "A%20B%2F7%26x%3D1%3F%23%2520%2B%C3%A9"


def hrefs(folder: Path, body: str, plan: str = VALUE) -> list[str]:
    html = letter(folder, body, customer={"plan": plan, "note": "n/ö"}).html
    return [unescape(each) for each in re.findall(r'href="([^"]*)"', html)]


@pytest.mark.parametrize(
    "value",
    [
        "{{ customer.plan }}",
        "{{ customer.plan | urlencode }}",
        "{{ customer.plan|urlencode }}",
        "{{ (customer.plan) | urlencode }}",
        "{{ customer.plan | urlencode if customer.plan else 'none' }}",
        "{{ customer.plan | urlencode | default('none') }}",
        "{{ 'none' if not customer.plan else customer.plan | urlencode }}",
    ],
)
def test_a_value_in_a_link_is_encoded_once(tmp_path: Path, value: str) -> None:
    assert hrefs(tmp_path, f"[a](https://a.example/c?x={value}&y=2)") == [f"https://a.example/c?x={ONCE}&y=2"]
    assert hrefs(tmp_path, f"[a](https://a.example/{value}/end)") == [f"https://a.example/{ONCE}/end"]
    assert hrefs(tmp_path, f"[a](<https://a.example/c d?x={value}>)") == [f"https://a.example/c%20d?x={ONCE}"]
    assert hrefs(tmp_path, f"<https://a.example/c?x={value}>") == [f"https://a.example/c?x={ONCE}"]
    assert hrefs(tmp_path, f"[a][1]\n\n[1]: https://a.example/c?x={value}") == [f"https://a.example/c?x={ONCE}"]


def test_also_where_it_is_set_before(tmp_path: Path) -> None:
    body = "{% set x = customer.plan | urlencode %}\n\n[a](https://a.example/?x={{ x }})"
    assert hrefs(tmp_path, body) == [f"https://a.example/?x={ONCE}"]


def test_also_in_a_loop_and_a_layout_of_html(tmp_path: Path) -> None:
    body = "{% for row in rows %}\n- [a](https://a.example/?x={{ row.plan | urlencode }})\n{% endfor %}"
    assert hrefs(tmp_path, body) == [f"https://a.example/?x={ONCE}"]


def test_pieces_put_together(tmp_path: Path) -> None:
    pair = "{{ customer.plan | urlencode ~ '&y=' ~ customer.note | urlencode }}"
    assert hrefs(tmp_path, f"[a](https://a.example/?x={pair})") == [f"https://a.example/?x={ONCE}&y=n%2F%C3%B6"]
    whole = "{{ (customer.plan ~ '&' ~ customer.note) | urlencode }}"
    assert hrefs(tmp_path, f"[a](https://a.example/?x={whole})", "a b") == ["https://a.example/?x=a%20b%26n%2F%C3%B6"]
    mixed = "{{ customer.note | urlencode ~ customer.plan }}"  # one of them bare: the whole is a value
    assert hrefs(tmp_path, f"[a](https://a.example/?x={mixed})", "&b=1") == [
        "https://a.example/?x=n%2F%25C3%25B6%26b%3D1".replace("%2F", "%2F")
    ]


def test_pairs_become_a_query(tmp_path: Path) -> None:
    query = "{{ {'x': customer.plan, 'y': customer.note} | urlencode }}"
    (href,) = hrefs(tmp_path, f"[a](https://a.example/?{query})", "a b&c")
    assert href == "https://a.example/?x=a+b%26c&y=n%2F%C3%B6"


@pytest.mark.parametrize("filtered", ["", " | urlencode"])
def test_no_value_leaves_its_place(tmp_path: Path, filtered: str) -> None:
    (href,) = hrefs(tmp_path, f"[a](https://a.example/u/{{{{ customer.plan{filtered} }}}}/x)", "../../evil?a=1#b")
    assert href == "https://a.example/u/..%2F..%2Fevil%3Fa%3D1%23b/x"


def test_in_text_it_is_jinjas(tmp_path: Path) -> None:
    content = letter(tmp_path, "Look up {{ customer.plan | urlencode }}.", customer={"plan": "A B/7&é"})
    assert content.text == "Look up A%20B/7%26%C3%A9.\n"
    assert "A%20B/7%26%C3%A9." in content.html


def test_static_parts_of_an_address_stay(tmp_path: Path) -> None:
    assert hrefs(tmp_path, "[a](https://a.example/zażółć?x=1&y=%20&z=ö)") == [
        "https://a.example/za%C5%BC%C3%B3%C5%82%C4%87?x=1&y=%20&z=%C3%B6"
    ]
