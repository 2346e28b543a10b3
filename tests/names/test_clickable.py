"""What mail programs make a link of by themselves, in every disguise that they see through."""

from __future__ import annotations

import pytest

from mass_apology.names import clickable


@pytest.mark.parametrize(
    "name",
    [
        *(
            "evil.com",
            "EVIL.COM",
            "evil.co.uk",
            "evil.ru",
            "evil.example",
            "evil.zip",
            "Anna evil.com",
            "evil.com Anna",
            "evil.com.",
            "evil.com, log in",
        ),
        *(
            "bit.ly/x",
            "t.co/abc",
            "evil.notatld/x",
            "evil.notatld:8080",
            "(evil.com)",
            "„evil.com“",
            "sub.domain.evil.com",
            "xn--e1afmkfd.xn--p1ai",
        ),
        *("пример.рф", "παράδειγμα.ελ", "例え.テスト.com", "münchen.de", "localhost.local", "x.onion"),
        *(
            "mailto:",
            "mailto:x",
            "MAILTO:evil@evil.com",
            "tel:+48600700800",
            "sms:123",
            "javascript:alert(1)",
            "data:text/html,x",
            "skype:evil",
        ),
        *(
            "http://evil",
            "https:evil",
            "hxxp://evil",
            "ftp://x",
            "file:///etc",
            "foo://bar",
            "www.",
            "www.evil",
            "WWW.evil.example",
            "www2.evil",
        ),
        *(
            "evil．com",
            "evil。com",
            "evil｡com",
            "evil․com",
            "ｅｖｉｌ.ｃｏｍ",
            "ｗｗｗ．evil",
            "https：//evil",
            "evil．com／x",
        ),
        *(
            "evil\u200b.com",
            "evil.\u200bcom",
            "ev\u00adil.com",
            "evil.c\u2060om",
            "evil\ufeff.com",
            "w\u200dww.evil",
            "mail\u200bto:x",
            "evil.c\u034fom",
        ),
        *("192.168.0.1", "10.0.0.1/x", "1.2.3.4:80", "[::1]", "2001:db8::1", "\\\\server\\share"),
        *("anna@evil.com", "anna@localhost", "anna＠evil．com", "Anna <anna@evil.com>", "Anna anna@evil.com"),
        *("[click](http://evil)", "Vasya.ru", "Booking.com", "Amazon.de"),
    ],
)
def test_it_is_linked(name: str) -> None:
    assert clickable(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Anna Kowalska",
            "Dr. Smith",
            "Dr.Smith",
            "J.Smith",
            "St.John",
            "J. R. R. Tolkien",
            "J.S. Bach",
            "Ph.D.",
            "S.A.",
            "Sp. z o.o.",
            "a.s.",
        ),
        *(
            "Mr. and Mrs. Smith",
            "Smith, Jr.",
            "Acme Inc.",
            "Acme Co., Ltd.",
            "O'Neil & Sons",
            "A/S Novo",
            "Anna/Peter",
            "10:30",
            "1.5",
            "3.14",
            "v1.2",
        ),
        *(
            "Иванов И.И.",
            "Παπαδόπουλος Α.Ε.",
            "ул. Мира",
            "Anna @ home",
            "Name: Anna",
            "Dr: x",
            "Anna...",
            "www",
            "com",
            ".com Anna"[1:],
        ),
        *(
            "Hotel: Bristol",
            "No.5",
            "Anna.",
            "",
            "Anna Nowak M.Sc",
            "Dr.med. Anna Nowak",
            "Ann Lee B.Com",
            "Prof.Dr.med. Anna",
            "محمد علي",
            "李小龙",
        ),
    ],
)
def test_it_is_not(name: str) -> None:
    assert clickable(name) == ""


@pytest.mark.parametrize("long", ["http://", "a.", "a", "a@", "1.", "[::", "www."])
def test_what_is_far_too_long_is_looked_at_no_further_than_a_name_goes(long: str) -> None:
    clickable(f".{long * 200_000}")  # ends: the time it took once grew with the square of the length
    assert clickable("Anna. " * 100 + "evil.com") == "evil.com"
