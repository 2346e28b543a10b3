"""Make samples/service-outage/affected.csv: 2,000 invented customers, many with names that break careless programs.

    python samples/make_service_outage.py

The same file every time. All addresses are under names that RFC 2606 reserves.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

CUSTOMERS = 2000
HEADER = ("customer_id", "email", "name", "language", "time_zone", "plan", "minutes_down", "account")

NAMES = {
    "en": (
        ["Alice", "Olivia", "Grace", "Noah", "Jack", "Amelia", "Ravi", "Priya", "Siobhán", "Zoë"],
        ["Smith", "Jones", "Patel", "O'Brien", "Walker", "Nguyen", "MacDonald", "Brown-Fox", "Adeyemi", "Clark"],
    ),
    "pl": (
        ["Łukasz", "Małgorzata", "Żaneta", "Jędrzej", "Grażyna", "Paweł", "Zofia", "Świętosław", "Kinga", "Bożena"],
        [
            "Żółć",
            "Brzęczyszczykiewicz",
            "Wójcik",
            "Nowak",
            "Gżegżółka",
            "Kowalczyk",
            "Śliwa",
            "Źrebak",
            "Dąbrowska-Łęcka",
            "Ćwik",
        ],
    ),
    "ru": (
        ["Ольга-Мария", "Пётр", "Наталья", "Игорь", "Ёлкина", "Юлия", "Фёдор", "Дарья", "Алексей", "Щерба"],
        ["Ковальская", "Иванов", "Щукина", "Объедков", "Цой", "Жуков", "Эйхе", "Соловьёва", "Ъеков", "Ярошенко"],
    ),
}
TIME_ZONES = {
    "en": ("Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Australia/Sydney", ""),
    "pl": ("Europe/Warsaw", "Europe/Warsaw", "Europe/Berlin", ""),
    "ru": ("Europe/Riga", "Asia/Almaty", "Europe/Tallinn", "Asia/Tashkent"),
}
DOMAINS = (
    *("example.org", "example.com", "example.net", "mail.acme-customer.example", "Firma.Example"),
    *("żółć.example", "пример.example", "sklep.przykład.example"),
)
AWKWARD_NAMES = (
    *(
        "O'Neil & Sons",
        "Smith, John",
        'Anna "Ania" Nowak',
        "Na Li",
        "Jennifer Null",
        "Nonna Rossi",
        "Nan Goldberg",
        "True",
        "00123",
        "-",
        "+1",
    ),
    *(
        "Łukasz Żółć",
        "Ольга-Мария",
        "🦊 Fox 👩‍👩‍👧",
        "[click](x)",
        "[a]: b",
        "**bold**",
        "<b>Bold</b>",
        "&",
        "{curly}",
    ),
    *(
        "100 % Smith",
        "%s %d %(a)s",
        "=SUM(A1:A9)",
        "@home",
        "D'Artagnan; Athos",
        "Non‑breaking‑hyphen",
        "Zażółć gęślą jaźń",
    ),
    *(
        "Jose\u0301 (decomposed)",
        "محمد علي",
        "王小明",
        "Ἀριστοτέλης",
        "# heading",
        "- item",
        "1. first",
        "C:\\new\\table",
    ),
    "Wolfeschlegelsteinhausenbergerdorff " * 4 + "Senior",
)
LANGUAGE_SPELLINGS = {"en": ("en", "en", "EN", "en-GB"), "pl": ("pl", "pl", "pl-PL"), "ru": ("ru", "ru", "ru_RU")}

Row = tuple[str, ...]


def rows() -> Iterator[Row]:
    """Every row; one customer in forty has a second account, and so a second row."""
    chance = random.Random(20261120)  # noqa: S311 (invented customers, the same every time)
    for number in range(1, CUSTOMERS + 1):
        first = customer(number, chance)
        yield first
        if number % 40 == 0:
            yield (*first[:6], str(chance.randint(5, 192)), account(chance))


def customer(number: int, chance: random.Random) -> Row:
    """One customer's row; one in ten has an awkward name."""
    language = chance.choice(("en", "en", "pl", "pl", "ru"))
    given, family = NAMES[language]
    name = f"{chance.choice(given)} {chance.choice(family)}"
    if number % 10 == 0:
        name = AWKWARD_NAMES[number // 10 % len(AWKWARD_NAMES)]
    domain = DOMAINS[number % len(DOMAINS)]
    tag = chance.choice(("", "", "", ".office", "+orders", "_2"))
    minutes = "" if chance.random() < 0.03 else str(chance.randint(1, 192))
    return (
        f"C-{number:05}",
        f"customer{number:04}{tag}@{domain}",
        "" if chance.random() < 0.02 else name,
        chance.choice(LANGUAGE_SPELLINGS[language]),
        chance.choice(TIME_ZONES[language]),
        chance.choice(("free", "pro", "business")),
        minutes,
        account(chance),
    )


def account(chance: random.Random) -> str:
    """A number whose leading noughts matter."""
    return f"{chance.randint(1, 99_999):07}"


def main() -> None:
    path = Path(__file__).parent / "service-outage" / "affected.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows())


if __name__ == "__main__":
    main()
