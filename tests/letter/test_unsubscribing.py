"""``list_unsubscribe``: addresses that name the recipient, and place holders that nobody would fill in."""

from __future__ import annotations

import pytest

from mass_apology.errors import MessageError
from mass_apology.letter.unsubscribing import Unsubscribing
from mass_apology.letter.values import Fields

HEADER = ("email", "name", "id", "order id")
POST = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def fields(*urls: str, header: tuple[str, ...] = HEADER, code: str = "", **customer: str) -> str:
    cells = {"email": "a+b@one.example", "id": "A B/7&x=1", **customer}
    return Unsubscribing(urls, header=header).fields(Fields(cells, header), code=code, token="0a1b2c")


@pytest.mark.parametrize(
    ("url", "filled"),
    [
        ("https://firm.example/u?t={{ customer.id }}", "https://firm.example/u?t=A%20B%2F7%26x%3D1"),
        ("https://firm.example/u?t={{customer.id|urlencode}}", "https://firm.example/u?t=A%20B%2F7%26x%3D1"),
        ("https://firm.example/u/{{ customer.id | lower }}/end", "https://firm.example/u/a%20b%2F7%26x%3D1/end"),
        ("https://firm.example/u?e={{ customer.email }}&k=1", "https://firm.example/u?e=a%2Bb%40one.example&k=1"),
        ("https://firm.example/u?t={token}", "https://firm.example/u?t=0a1b2c"),
        ("https://firm.example/u?o={{ customer['order id'] }}", "https://firm.example/u?o=%D0%96%207"),
        ("https://firm.example/u?c={{ code }}", "https://firm.example/u?c=K%2F1"),
        ("https://[2001:db8::1]/u?t={token}", "https://[2001:db8::1]/u?t=0a1b2c"),
        ("HTTPS://firm.example/u?t=%41{token}", None),  # in capitals it is refused, not passed on unseen
    ],
)
def test_one_click_where_the_address_names_the_recipient(url: str, filled: str | None) -> None:
    own = {"code": "K/1", "order id": "Ж 7"}
    if filled is None:
        with pytest.raises(MessageError):
            fields(url, **own)
        return
    assert fields(url, **own) == f"List-Unsubscribe: <{filled}>\r\n{POST}"


@pytest.mark.parametrize(
    "urls",
    [
        ("https://firm.example/u",),
        ("mailto:stop@firm.example?subject={token}",),
        ("https://firm.example/u?t={token}", "https://firm.example/u"),  # a mailbox takes whichever it likes
        ("https://firm.example/u?x={{ 'y' }}",),
    ],
)
def test_no_one_click_elsewhere(urls: tuple[str, ...]) -> None:
    assert POST not in fields(*urls)
    found = Unsubscribing(urls, header=HEADER).findings()
    assert [each.code for each in found] == ["unsubscribe-impersonal"] * (urls[0][:5] == "https")


def test_a_mailbox_may_name_the_recipient() -> None:
    assert fields("mailto:stop+{{ customer.id }}@firm.example?subject=stop%20{token}") == (
        "List-Unsubscribe: <mailto:stop+A%20B%2F7%26x%3D1@firm.example?subject=stop%200a1b2c>\r\n"
    )


@pytest.mark.parametrize(
    "place_holder",
    [
        *("{email}", "{{email}}", "{{ customer.emial }}", "{{ TOKEN }}", "[TOKEN]", "[token]", "%TOKEN%", "%%token%%"),
        *("<token>", "*|UNSUB|*", "${token}", "__TOKEN__", "@@token@@", "##TOKEN##", "{Token}", "{{token", "{% x %}"),
        *("a b", "x|y", "`id`", "{#x#}", "%", "%zz", "{{ customer.id }", "<%= token %>", "{{{token}}}", "{token"),
        *("$token", "$TOKEN", "TOKEN", "TOKEN&x=1", "YOUR_TOKEN", "YOUR-ID", "USER_ID", "xxx", "XXXX", "UUID"),
    ],
)
@pytest.mark.parametrize(
    "address", ["https://firm.example/u?t=", "https://firm.example/", "mailto:a@b.example?subject="]
)
def test_place_holders_of_other_programs_are_refused(address: str, place_holder: str) -> None:
    with pytest.raises(MessageError) as caught:
        fields(address + place_holder)
    assert "message.list_unsubscribe" in caught.value.problem
    assert caught.value.next_step


@pytest.mark.parametrize(
    "url", ["https://example.com/u", "https://www.Example.org?t={token}", "mailto:stop@example.net"]
)
def test_a_domain_for_examples_is_refused(url: str) -> None:
    with pytest.raises(MessageError, match="a domain for examples"):
        fields(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://firm.example/TOKENS/u", "https://firm.example/u?type=EMAIL&list=NEWS", "https://firm.example/xxl"),
        *(
            "mailto:stop@firm.example?subject=UNSUBSCRIBE",
            "https://example.com.firm.example/u",
            "https://firm.example/$",
        ),
    ],
)
def test_an_address_in_capitals_is_no_place_holder(url: str) -> None:
    assert f"<{url}>" in fields(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://firm.example/u?t={token}",
        "https://{{ customer.id }}.firm.example/",
        "https://firm.example{{ customer.id }}/",
        "mailto:stop@{{ customer.id }}",
        "{{ customer.id }}",
        "javascript:alert(1)",
        "https://[TOKEN]/u",
        "ftp://firm.example/{token}",
    ],
)
def test_a_value_cannot_choose_the_host(url: str) -> None:
    with pytest.raises(MessageError):
        fields(url)


def test_a_column_of_that_name_makes_the_token_ambiguous() -> None:
    with pytest.raises(MessageError, match="column `token`") as caught:
        fields("https://firm.example/u?t={token}", header=(*HEADER, "token"))
    assert "{{ customer.token }}" in caught.value.next_step
    own = fields("https://firm.example/u?t={{ customer.token }}", header=(*HEADER, "token"), token="t1")
    assert own == f"List-Unsubscribe: <https://firm.example/u?t=t1>\r\n{POST}"


@pytest.mark.parametrize("url", ["https://firm.example/u?t={{ customer.name }}", "https://firm.example/u?t={{ code }}"])
def test_a_missing_value_is_an_error_about_the_row(url: str) -> None:
    with pytest.raises(MessageError, match="cannot be filled in"):
        fields(url)
