"""Values in the recipient's language and time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser

MOMENT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
ENGLISH, POLISH, RUSSIAN = Localiser(SHIPPED["en"]), Localiser(SHIPPED["pl"]), Localiser(SHIPPED["ru"])
ESTONIAN, LATVIAN = Localiser(SHIPPED["et"]), Localiser(SHIPPED["lv"])


@pytest.mark.parametrize(
    ("localiser", "day", "whole", "moment"),
    [
        (ENGLISH, "21 November", "21 November 2026", "21 November 2026, 00:30 CET"),
        (POLISH, "21\u00a0listopada", "21\u00a0listopada 2026", "21\u00a0listopada 2026, 00:30"),
        (RUSSIAN, "21\u00a0ноября", "21\u00a0ноября 2026\u00a0г.", "21\u00a0ноября 2026\u00a0г., 00:30\u00a0CET"),
    ],
)
def test_moments_are_written_in_the_recipients_zone(localiser: Localiser, day: str, whole: str, moment: str) -> None:
    assert localiser.day(MOMENT, "Europe/Warsaw") == day
    assert localiser.date(MOMENT, "Europe/Warsaw") == whole
    assert localiser.moment(MOMENT, "Europe/Warsaw") == moment


@pytest.mark.parametrize(
    ("language", "in_may", "in_november"),
    [
        ("en", "on 1 May 2026", "on 20 November"),
        ("et", "1.\u00a0mail 2026", "20.\u00a0novembril"),
        ("el", "την 1η\u00a0Μαΐου 2026", "στις 20\u00a0Νοεμβρίου"),
        ("fr", "le 1er\u00a0mai 2026", "le 20\u00a0novembre"),
        ("lv", "2026.\u00a0gada 1.\u00a0maijā", "20.\u00a0novembrī"),
        ("pl", "1\u00a0maja 2026\u00a0r.", "20\u00a0listopada"),
        ("ru", "1\u00a0мая 2026\u00a0года", "20\u00a0ноября"),
        ("de", "am 1.\u00a0Mai 2026", "am 20.\u00a0November"),
        ("es", "el 1\u00a0de mayo de 2026", "el 20\u00a0de noviembre"),
        ("sv", "1\u00a0maj 2026", "20\u00a0november"),
    ],
)
def test_when_something_happened_stands_in_the_case_of_the_sentence(
    language: str, in_may: str, in_november: str
) -> None:
    localiser = Localiser(SHIPPED[language])
    assert localiser.on_date(date(2026, 5, 1)) == in_may
    assert localiser.on_day(MOMENT, "Europe/London") == in_november


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize(("language", "endings"), [("et", ("l",)), ("lv", ("ā", "ī"))])
def test_every_month_is_inflected(language: str, endings: tuple[str, ...], month: int) -> None:
    assert Localiser(SHIPPED[language]).on_day(date(2026, month, 15)).endswith(endings)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("", "23:30 UTC"),
        ("UTC", "23:30 UTC"),
        ("Europe/Paris", "00:30 CET"),
        ("America/New_York", "18:30 EST"),
        ("Asia/Tashkent", "04:30 UTC+5"),
        ("Asia/Kathmandu", "05:15 UTC+5:45"),
        ("America/Argentina/Buenos_Aires", "20:30 UTC-3"),
    ],
)
def test_a_time_says_its_zone(zone: str, expected: str) -> None:
    assert ENGLISH.time(MOMENT, zone) == expected


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("pl", "Europe/Warsaw", "00:30"),
        ("pl", "Europe/London", "23:30 GMT"),
        ("en", "Europe/London", "23:30"),
        ("en", "Europe/Warsaw", "00:30 CET"),
        ("lv", "Europe/Riga", "01:30"),
        ("et", "Europe/Tallinn", "01:30"),
        ("el", "Europe/Athens", "01:30"),
        ("ru", "Europe/Moscow", "02:30 MSK"),  # there are eleven zones in Russia
        ("de", "Europe/Berlin", "00:30 Uhr"),
        ("de", "Europe/Vienna", "00:30 Uhr MEZ"),
        ("sv", "Europe/Stockholm", "00:30 CET"),  # nobody has said whose language it is
    ],
)
def test_those_at_home_need_no_zone(language: str, zone: str, expected: str) -> None:
    assert Localiser(SHIPPED[language]).time(MOMENT, zone).replace("\u00a0", " ") == expected


def test_a_change_of_the_clock_is_told_at_home_too() -> None:
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert POLISH.from_to(before, after, "Europe/Warsaw").replace("\u00a0", " ") == "od godz. 02:30 CEST do 02:30 CET"


def test_german_says_uhr_and_its_own_name_of_the_zone() -> None:
    german = Localiser(SHIPPED["de"])
    assert german.zoned_time(MOMENT, "Europe/Berlin") == "00:30\u00a0Uhr\u00a0MEZ"
    assert german.moment(MOMENT, "America/New_York") == "20.\u00a0November 2026, 18:30\u00a0Uhr\u00a0EST"
    assert german.clock(MOMENT, "") == "23:30\u00a0Uhr"


def test_a_moment_with_another_offset_is_the_same_moment() -> None:
    other = MOMENT.astimezone(timezone(timedelta(hours=-7)))
    assert POLISH.moment(other, "Europe/Warsaw") == POLISH.moment(MOMENT, "Europe/Warsaw")


def test_a_date_has_no_zone_and_no_time() -> None:
    assert ENGLISH.date(date(2026, 11, 20), "Asia/Tokyo") == "20 November 2026"
    with pytest.raises(ValueError, match="no time of day"):
        ENGLISH.time(date(2026, 11, 20))  # type: ignore[arg-type]  # what a template may do


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="does not say its time zone"):
        ENGLISH.moment(datetime(2026, 11, 20, 9, 12))  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "../../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        ENGLISH.time(MOMENT, zone)


@pytest.mark.parametrize("wrong", ["2026-11-20", 5, None])
def test_what_is_no_date_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        ENGLISH.date(wrong)  # type: ignore[arg-type]  # what a template may do


@pytest.mark.parametrize(
    ("minutes", "english", "polish", "russian"),
    [
        (0, "0 minutes", "0\u00a0minut", "0\u00a0минут"),
        (1, "1 minute", "1\u00a0minuta", "1\u00a0минута"),
        (2, "2 minutes", "2\u00a0minuty", "2\u00a0минуты"),
        (5, "5 minutes", "5\u00a0minut", "5\u00a0минут"),
        (21, "21 minutes", "21\u00a0minut", "21\u00a0минута"),
        (22, "22 minutes", "22\u00a0minuty", "22\u00a0минуты"),
        (60, "1 hour", "1\u00a0godzina", "1\u00a0час"),
        (192, "3 hours and 12 minutes", "3\u00a0godziny i 12\u00a0minut", "3\u00a0часа и 12\u00a0минут"),
        (
            1501,
            "1 day, 1 hour and 1 minute",
            "1\u00a0dzień, 1\u00a0godzina i 1\u00a0minuta",
            "1\u00a0день, 1\u00a0час и 1\u00a0минута",
        ),
        (2880, "2 days", "2\u00a0dni", "2\u00a0дня"),
    ],
)
def test_durations_take_each_languages_plural_forms(minutes: int, english: str, polish: str, russian: str) -> None:
    found = [localiser.duration(minutes) for localiser in (ENGLISH, POLISH, RUSSIAN)]
    assert found == [english, polish, russian]


@pytest.mark.parametrize(
    ("minutes", "polish", "russian"),
    [
        (0, "0 minut", "0 минут"),
        (1, "1 minutę", "1 минуту"),
        (2, "2 minuty", "2 минуты"),
        (5, "5 minut", "5 минут"),
        (11, "11 minut", "11 минут"),
        (12, "12 minut", "12 минут"),
        (20, "20 minut", "20 минут"),
        (21, "21 minut", "21 минуту"),
        (22, "22 minuty", "22 минуты"),
        (31, "31 minut", "31 минуту"),
        (41, "41 minut", "41 минуту"),
        (55, "55 minut", "55 минут"),
        (60, "1 godzinę", "1 час"),
        (61, "1 godzinę i 1 minutę", "1 час и 1 минуту"),
        (81, "1 godzinę i 21 minut", "1 час и 21 минуту"),
        (120, "2 godziny", "2 часа"),
        (121, "2 godziny i 1 minutę", "2 часа и 1 минуту"),
        (192, "3 godziny i 12 minut", "3 часа и 12 минут"),
        (300, "5 godzin", "5 часов"),
        (1261, "21 godzin i 1 minutę", "21 час и 1 минуту"),
        (1320, "22 godziny", "22 часа"),
        (1440, "1 dzień", "1 день"),
        (1441, "1 dzień i 1 minutę", "1 день и 1 минуту"),
        (1501, "1 dzień, 1 godzinę i 1 minutę", "1 день, 1 час и 1 минуту"),
        (2880, "2 dni", "2 дня"),
        (7200, "5 dni", "5 дней"),
        (30240, "21 dni", "21 день"),
    ],
)
def test_what_lasted_stands_in_the_accusative(minutes: int, polish: str, russian: str) -> None:
    found = [localiser.lasting(minutes).replace("\u00a0", " ") for localiser in (POLISH, RUSSIAN)]
    assert found == [polish, russian]


@pytest.mark.parametrize(
    ("minutes", "estonian", "latvian"),
    [
        (0, "0 minutit", "0 minūtes"),
        (1, "1 minuti", "1 minūti"),
        (2, "2 minutit", "2 minūtes"),
        (11, "11 minutit", "11 minūtes"),
        (21, "21 minutit", "21 minūti"),
        (60, "1 tunni", "1 stundu"),
        (61, "1 tunni ja 1 minuti", "1 stundu un 1 minūti"),
        (192, "3 tundi ja 12 minutit", "3 stundas un 12 minūtes"),
        (660, "11 tundi", "11 stundas"),
        (1261, "21 tundi ja 1 minuti", "21 stundu un 1 minūti"),
        (1440, "1 päeva", "1 dienu"),
        (2880, "2 päeva", "2 dienas"),
        (14400, "10 päeva", "10 dienas"),
    ],
)
def test_what_lasted_in_estonian_and_latvian(minutes: int, estonian: str, latvian: str) -> None:
    found = [localiser.lasting(minutes).replace("\u00a0", " ") for localiser in (ESTONIAN, LATVIAN)]
    assert found == [estonian, latvian]


@given(st.integers(min_value=0, max_value=100_000))
def test_what_lasted_is_a_duration_but_for_its_case(minutes: int) -> None:
    for localiser in (Localiser(SHIPPED[each]) for each in ("el", "en")):
        assert localiser.lasting(minutes) == localiser.duration(minutes)
    for localiser, singulars in ((POLISH, "godzina minuta"), (RUSSIAN, "минута"), (LATVIAN, "stunda minūte diena")):
        named, took = (write(minutes).split() for write in (localiser.duration, localiser.lasting))
        changed = [(before, after) for before, after in zip(named, took, strict=True) if before != after]
        assert {before.strip(",") for before, _ in changed} == {each.strip(",") for each in named} & {
            *singulars.split()
        }
        assert all(after.strip(",")[:-1] == before.strip(",")[:-1] for before, after in changed)


@pytest.mark.parametrize("minutes", [-1, 1.5, "192", None])
def test_what_cannot_last_is_refused(minutes: object) -> None:
    with pytest.raises(ValueError, match="`"):
        POLISH.lasting(minutes)  # type: ignore[arg-type]  # what a template may do


@pytest.mark.parametrize("minutes", [Decimal("192"), Decimal("192.0"), 192.0])
def test_whole_minutes_of_any_type_are_the_same(minutes: float | Decimal) -> None:
    assert ENGLISH.duration(minutes) == "3 hours and 12 minutes"


@pytest.mark.parametrize("minutes", [-1, 1.5, float("nan"), float("inf"), "192", True, None])
def test_what_is_no_duration_is_refused(minutes: object) -> None:
    with pytest.raises(ValueError, match="`"):
        ENGLISH.duration(minutes)  # type: ignore[arg-type]  # what a template may do


def test_numbers_and_money() -> None:
    assert ENGLISH.number(Decimal("1234567.5")) == "1,234,567.5"
    assert POLISH.number(12345) == "12\u00a0345"
    assert ENGLISH.money(Decimal("12.5"), "EUR") == "€12.50"
    assert POLISH.money(Decimal("1234.5"), "PLN") == "1\u00a0234,50\u00a0zł"
    assert RUSSIAN.money(1, "EUR") == "1,00\u00a0€"
    with pytest.raises(ValueError, match="not a currency's code"):
        ENGLISH.money(1, "EURO")


@given(st.sampled_from(["en", "pl", "ru", "et", "lv", "el", "fr", "de-CH"[:2]]), st.decimals(-(10**9), 10**9, places=2))
def test_no_narrow_space_reaches_a_letter(language: str, amount: Decimal) -> None:
    localiser = Localiser(SHIPPED[language])
    written = localiser.number(amount) + localiser.money(amount, "EUR") + localiser.moment(MOMENT, "UTC")
    assert not {"\u202f", "\u2009"} & set(written)


def test_lists_in_words() -> None:
    assert ENGLISH.listing(["a", "b", "c"]) == "a, b and c"
    assert POLISH.listing(["a", "b"]) == "a i b"
    assert RUSSIAN.listing([1]) == "1"
    assert ENGLISH.listing([]) == ""
    with pytest.raises(ValueError, match="too long"):
        ENGLISH.listing(range(1001))


NOBODY = ("", " ", "-", "…")
"""Names that hold no name."""

AS_WRITTEN = (
    "Anna Kowalska",
    "Jan Nowak",
    "O'Neil & Sons",
    "Jean-Luc Picard",
    "Dr. Ann Lee",
    "Zoë",
    "José María Núñez",
    "Søren Kierkegaard",
    "Łukasz Żółć",
    "Anna",
    "J. R. R. Tolkien",
    "G. K. Chesterton",
    "李小龙",
    "محمد علي",
    "Иван Петров",
    "Νίκος Παπαδόπουλος",
    "Jānis Bērziņš",
    "ANNA KOWALSKA",
    "anna kowalska",
    "van der Berg",
    "Acme Ltd.",
    "Smith, John",
    "Mary-Ann O’Hara",
    "Ng",
    "X Æ A-12",
    "1&1 GmbH",
    "Björk Guðmundsdóttir",
    "Nguyễn Văn An",
    "de la Cruz",
    "{name} {0}",
    "Null Smith",
    "True Love",
    "Noneman",
    "Nancy Nandor",
    "Bob (IT)",
    'Ann "Nan" Lee',
    "Sir Ian",
    "Ms Lee",
    "Al",
    "Ö",
)
"""Names that English and Estonian write as the file does, whatever the gender."""

ESTONIAN_NAMES = (
    "Mari Tamm",
    "Jüri Mänd",
    "Õie Õun",
    "Ülle Ööbik",
    "Anna-Liisa Kask",
    "Kalle Kuusk",
    "Ants Saar",
    "Tõnis Rebane",
    "Ene Ergma",
    "Mart Laar",
    "Priit Pärn",
    "Kersti Kaljulaid",
    "Ivan Petrov",
    "Иван Петров",
    "Jaan",
    "J. Tamm",
    "Acme OÜ",
    "AS Vaso",
    "Tamm, Mari",
    "MARI TAMM",
    "mari tamm",
    "Žanna Šults",
    "Liis Lass",
    "Kristjan Jaak Peterson",
    "Maarja-Liis Ilus",
    "Aino von Wahl",
    "Uku Masing",
    "Lii-Mai Õ. Kask",
    "Heiki-Jaan Kaljola",
    "Ott Lepland",
    "Triin-Liis Lepp",
    "Eha Rõõm",
    "Õnne",
    "Jānis Bērziņš",
    "Anna Kowalska",
    "O'Neil & Pojad",
    "Li Xiu",
    "Zoë Öun",
    "Siim Sutrop",
    "Paul-Eerik Rummo",
)

POLISH_NAMES = (
    "Anna Kowalska",
    "Jan Nowak",
    "Łukasz Żółć",
    "Maria Skłodowska-Curie",
    "Kuba",
    "Ewa",
    "Barnaba Nowak",
    "Acme sp. z o.o.",
    "Kowalski, Jan",
    "Nina O’Neil",
    "Иван Петров",
    "Zoë",
    "Jean-Luc",
    "O'Neil",
)

LATVIAN_MEN = {
    "Jānis Bērziņš": "Jāni Bērziņ",
    "Andris Kalniņš": "Andri Kalniņ",
    "Kārlis Ulmanis": "Kārli Ulmani",
    "Mārtiņš Ozols": "Mārtiņ Ozol",
    "Andrejs Ivanovs": "Andrej Ivanov",
    "Juris Vilks": "Juri Vilk",
    "Pēteris Lācis": "Pēteri Lāci",
    "Ingus Zvirbulis": "Ingu Zvirbuli",
    "Mikus Krauklis": "Miku Kraukli",
    "Gints Liepiņš": "Gint Liepiņ",
    "Robert Jansons": "Robert Janson",
    "Inguss Vējš": "Ingus Vēj",
    "Raimonds Pauls": "Raimond Paul",
    "Bruno Kalniņš": "Bruno Kalniņ",
    "Ivo Kalējs": "Ivo Kalēj",
    "Uldis Bērzs": "Uldi Bērz",
    "Edžus Krūmiņš": "Edžu Krūmiņ",
    "Aleksandrs Čaks": "Aleksandr Čak",
    "Dmitrijs Petrovs": "Dmitrij Petrov",
    "Jurijs Čaikovskis": "Jurij Čaikovski",
    "Jānis Kārlis Bērziņš": "Jāni Kārli Bērziņ",
    "Andris Bērziņš-Kalns": "Andri Bērziņ-Kaln",
    "Ilja Ivanovs": "Ilja Ivanov",
    "Deniss Tomsons": "Denis Tomson",
    "Jānis": "Jāni",
    "Janis Berzins": "Jani Berzin",
    "J. Bērziņš": "J. Bērziņ",
    "Jānis Mikša": "Jāni Mikša",
    "Ansis Žagars": "Ansi Žagar",
    "Guntis Skrastiņš": "Gunti Skrastiņ",
}
LATVIAN_UNCHANGED = (
    "Anna Bērziņa",
    "Ilze Kalniņa",
    "Ieva Liepa",
    "Anna-Marija Ozola",
    "Kristīne Krūmiņa",
    "Zane Vēja",
    "Mary Smith",
    "Анна Иванова",
    "Dace",
    "Elīna Ābele",
)
LATVIAN_UNCERTAIN = (
    "Jonas Petraitis",
    "Thomas Mann-Bērzs",
    "Chris Evans",
    "Pēteris Kronītis",
    "AS Latvenergo",
    "JĀNIS BĒRZIŅŠ",
    "Agnes Bērziņa",
    "Jānis Dižais",
    "James Jones",
    "Marcus Wells",
    "Mary Evans",
    "Latvijas Balzams",
    "Lukaš Novak",
    "Alexis Davis",
    "Andreas Kalns",
)

GREEK_MEN = {
    "Νίκος Παπαδόπουλος": "Νίκο Παπαδόπουλε",
    "Γιώργος Βενιζέλος": "Γιώργο Βενιζέλο",
    "Κωνσταντίνος Καραμανλής": "Κωνσταντίνε Καραμανλή",
    "Πέτρος Ρούσος": "Πέτρο Ρούσο",
    "Παύλος Σταύρου": "Παύλο Σταύρου",
    "Σταύρος Ξένος": "Σταύρο Ξένο",
    "Σπύρος Δημητράκος": "Σπύρο Δημητράκο",
    "Χρήστος Αγγελόπουλος": "Χρήστο Αγγελόπουλε",
    "Μάρκος Μπότσαρης": "Μάρκο Μπότσαρη",
    "Αλέξανδρος Παπάς": "Αλέξανδρε Παπά",
    "Στέφανος Γεωργίου": "Στέφανε Γεωργίου",
    "Θεόδωρος Κολοκοτρώνης": "Θεόδωρε Κολοκοτρώνη",
    "Φίλιππος Νικολάου": "Φίλιππε Νικολάου",
    "Βασίλειος Κωνσταντίνου": "Βασίλειε Κωνσταντίνου",
    "Νικόλαος Πλαστήρας": "Νικόλαε Πλαστήρα",
    "Γεώργιος Σεφέρης": "Γεώργιε Σεφέρη",
    "Ανδρέας Κάλβος": "Ανδρέα Κάλβο",
    "Δημήτρης Μητροπάνος": "Δημήτρη Μητροπάνο",
    "Γιάννης Ρίτσος": "Γιάννη Ρίτσο",
    "Κώστας Βάρναλης": "Κώστα Βάρναλη",
    "Θωμάς Λουκάς": "Θωμά Λουκά",
    "Στέλιος Καζαντζίδης": "Στέλιο Καζαντζίδη",
    "Αλέκος Φλαμπουράρης": "Αλέκο Φλαμπουράρη",
    "Άγγελος Σικελιανού": "Άγγελε Σικελιανού",
    "Μιχαήλ Παπαδόπουλος": "Μιχαήλ Παπαδόπουλε",
    "Ευάγγελος Ευαγγελάτος": "Ευάγγελε Ευαγγελάτο",
    "Παντελής Παντελίδης": "Παντελή Παντελίδη",
    "Νίκος Παπαδόπουλος-Κάλβος": "Νίκο Παπαδόπουλε-Κάλβο",
    "Νίκος": "Νίκο",
    "Νικόλας Σάββα": "Νικόλα Σάββα",
    "Λυκούργος Λογοθέτης": "Λυκούργε Λογοθέτη",
}
GREEK_WOMEN = (
    "Μαρία Παπαδοπούλου",
    "Ελένη Γεωργίου",
    "Άννα-Μαρία Καραμανλή",
    "Αργυρώ Μπαρμπαρίγου",
    "Κλειώ Παπά",
    "Ζωή",
    "Αθηνά Σάββα",
)
GREEK_UNCERTAIN = (
    "Σάββα Γιώργος",
    "Άγγελος Οικονόμος",
    "ΓΙΩΡΓΟΣ ΠΑΠΑΣ",
    "Nikos Papas",
    "Άρτεμις Παπαδοπούλου",
    "Γιωργος Παπας",
    "Νίκος Γραμματικός",
    "Άγγελος Παλαιολόγος",
    "Αχιλλεύς Κάλβος",
    "Μαρία Παπάς",
    "Αναστάσος Κάλβος",
)

PATRONYMICS = {
    "Олег Анатольевич Иванов": ("m", "Олег Анатольевич"),
    "Иванов Олег Анатольевич": ("m", "Олег Анатольевич"),
    "Анна Сергеевна Иванова": ("f", "Анна Сергеевна"),
    "Иванова Анна Сергеевна": ("f", "Анна Сергеевна"),
    "Иван Лукич Попов": ("m", "Иван Лукич"),
    "Пётр Ильич Чайковский": ("m", "Пётр Ильич"),
    "Мария Ильинична Ульянова": ("f", "Мария Ильинична"),
    "Анна Ивановна Абрамович": ("f", "Анна Ивановна"),
    "Иван Петрович Абрамович": ("m", "Иван Петрович"),
    "Абрамович Мария Ивановна": ("f", "Мария Ивановна"),
    "Фёдор Никитич Романов": ("m", "Фёдор Никитич"),
    "Юрий Алексеевич Гагарин": ("m", "Юрий Алексеевич"),
    "Анна-Мария Юрьевна Ким": ("f", "Анна-Мария Юрьевна"),
    "Римский-Корсаков Николай Андреевич": ("m", "Николай Андреевич"),
    "Любовь Фоминична Белова": ("f", "Любовь Фоминична"),
}
NO_PATRONYMIC = (
    "Анна Ковальская",
    "Иван Петров",
    "Анна Абрамович",
    "Олег Анатольевич",
    "Анна Сергеевна",
    "Анна",
    "Jan Nowak",
    "ООО Ромашка",
    "Ли Сяо Лун",
    "ИВАН ИВАНОВИЧ ПЕТРОВ",
    "И. И. Петров",
    "Алиев Гейдар Алирза оглы",
)

UNKNOWN = {
    "de": "Guten Tag,",
    "el": "Αγαπητή πελάτισσα, αγαπητέ πελάτη,",
    "en": "Dear customer,",
    "es": "Buenos días:",
    "et": "Lugupeetud klient",
    "fr": "Madame, Monsieur,",
    "lv": "Labdien!",
    "pl": "Szanowni Państwo,",
    "ru": "Здравствуйте!",
}


def greeted(language: str, name: str, gender: str = "") -> str:
    return Localiser(SHIPPED[language]).salutation(name, gender)


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_english_salutations(name: str) -> None:
    assert {greeted("en", name, gender) for gender in ("", "f", "m")} == {f"Dear {name},"}


@pytest.mark.parametrize("name", ESTONIAN_NAMES)
def test_estonian_salutations_end_without_a_comma(name: str) -> None:
    assert {greeted("et", name, gender) for gender in ("", "f", "m")} == {f"Lugupeetud {name}"}


@pytest.mark.parametrize("name", POLISH_NAMES)
def test_polish_salutations_are_in_the_register_of_the_letters(name: str) -> None:
    assert {greeted("pl", name, gender) for gender in ("", "f", "m")} == {"Szanowni Państwo,"}


@pytest.mark.parametrize(("name", "vocative"), LATVIAN_MEN.items())
def test_latvian_men_are_called_in_the_vocative(name: str, vocative: str) -> None:
    assert greeted("lv", name) == f"Labdien, {vocative}!"
    assert greeted("lv", name, "m") == f"Cienījamais {vocative}!"
    assert greeted("lv", name, "f") == "Labdien!"


@pytest.mark.parametrize("name", LATVIAN_UNCHANGED)
def test_latvian_names_that_do_not_change(name: str) -> None:
    assert greeted("lv", name) == f"Labdien, {name}!"
    assert greeted("lv", name, "f") == f"Cienījamā {name}!"


@pytest.mark.parametrize("name", LATVIAN_UNCERTAIN)
def test_an_uncertain_latvian_vocative_is_avoided(name: str) -> None:
    found = [greeted("lv", name, gender) for gender in ("", "f", "m")]
    assert found == ["Labdien!", "Cienījamā kliente!", "Cienījamais klient!"]


@pytest.mark.parametrize(("name", "vocative"), GREEK_MEN.items())
def test_greek_men_are_called_in_the_vocative(name: str, vocative: str) -> None:
    assert greeted("el", name) == greeted("el", name, "m") == f"Αγαπητέ {vocative},"
    assert greeted("el", name, "f") == UNKNOWN["el"]


@pytest.mark.parametrize("name", GREEK_WOMEN)
def test_greek_womens_names_do_not_change(name: str) -> None:
    assert greeted("el", name) == greeted("el", name, "f") == f"Αγαπητή {name},"


@pytest.mark.parametrize("name", GREEK_UNCERTAIN)
def test_an_uncertain_greek_vocative_is_avoided(name: str) -> None:
    found = [greeted("el", name, gender) for gender in ("", "f", "m")]
    assert found == [UNKNOWN["el"], "Αγαπητή πελάτισσα,", "Αγαπητέ πελάτη,"]


@pytest.mark.parametrize("name", ["Μιχαήλ Γεωργίου", "Anna Kowalska"])
def test_a_greek_salutation_needs_a_gender(name: str) -> None:
    found = [greeted("el", name, gender) for gender in ("", "f", "m")]
    assert found == [UNKNOWN["el"], f"Αγαπητή {name},", f"Αγαπητέ {name},"]


@pytest.mark.parametrize(("name", "gender", "polite"), [(name, *told) for name, told in PATRONYMICS.items()])
def test_a_russian_patronymic_tells_the_gender(name: str, gender: str, polite: str) -> None:
    expected = f"{'Уважаемая' if gender == 'f' else 'Уважаемый'} {polite}!"
    assert greeted("ru", name) == greeted("ru", name, gender) == expected
    assert greeted("ru", name, "m" if gender == "f" else "f") == "Здравствуйте!"


@pytest.mark.parametrize("name", NO_PATRONYMIC)
def test_russian_names_without_a_certain_patronymic_stay_as_they_are(name: str) -> None:
    assert greeted("ru", name) == f"Здравствуйте, {name}!"
    assert greeted("ru", name, "f") == f"Уважаемая {name}!"
    assert greeted("ru", name, "m") == f"Уважаемый {name}!"


@pytest.mark.parametrize("language", UNKNOWN)
def test_every_language_greets_somebody_without_a_name(language: str) -> None:
    assert {greeted(language, name) for name in NOBODY} == {UNKNOWN[language]}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Anna Kowalska", "Kowalska"),
        ("Jürgen Groß-Meyer", "Groß-Meyer"),
        ("Ursula von der Leyen", "von der Leyen"),
        ("Sean O’Brien", "O’Brien"),
    ],
)
def test_german_salutations_have_the_family_name(name: str, family: str) -> None:
    assert greeted("de", name, "f") == f"Sehr geehrte Frau {family},"
    assert greeted("de", name, "m") == f"Sehr geehrter Herr {family},"
    assert greeted("de", name) == f"Guten Tag {name},"


@pytest.mark.parametrize("name", ["Anna", "Maria García López", "Anna von", "J. Smith"])
def test_a_family_name_that_is_not_certain_is_not_used_alone(name: str) -> None:
    assert {greeted("de", name, gender) for gender in ("", "f", "m")} == {f"Guten Tag {name},"}


def test_spanish_wishes_a_good_day_where_it_knows_no_gender() -> None:
    assert greeted("es", "Ana Ruiz", "f") == "Estimada Ana Ruiz:"
    assert greeted("es", "Luis Gil", "m") == "Estimado Luis Gil:"
    assert greeted("es", "Ana Ruiz") == "Buenos días, Ana Ruiz:"
    assert greeted("es", "", "f") == "Estimada clienta:"


def test_other_languages_use_the_name_alone() -> None:
    assert greeted("sv", "Anna") == "Anna,"
    assert greeted("sv", "") == ""


_NAMES = st.text(st.characters(codec="utf-8", categories=["L", "M", "Nd", "Pd", "Po", "Zs"]), max_size=40)
_PARTS = st.lists(
    st.sampled_from([*"sšņiītuaāςαήόοςνρΣовичнаJĀΓИ' -", "is", "os", "ος", "ίνος", "ович", "овна", "ītis", "  "]),
    max_size=12,
).map("".join)


@given(st.sampled_from(sorted(UNKNOWN)), _NAMES | _PARTS, st.sampled_from(["", "f", "m"]))
def test_a_salutation_is_one_clean_line(language: str, name: str, gender: str) -> None:
    found = greeted(language, name, gender)
    assert found
    assert found == " ".join(found.split())
    assert not found.endswith((" ,", " !"))
    for word in ("None", "nan", "{"):
        assert word not in found or word in name


@given(st.sampled_from(["lv", "el"]), _PARTS)
def test_a_name_keeps_its_beginning(language: str, name: str) -> None:
    """A vocative changes ends of words only: none is lost, and none grows."""
    named = (
        Localiser(SHIPPED[language])
        .salutation(f"Q{name}", "m")
        .rstrip(",!")
        .removeprefix("Cienījamais ")
        .removeprefix("Αγαπητέ ")
    )
    if named.startswith("Q"):
        before, after = f"Q{name}".split(), named.split()
        assert len(before) == len(after)
        assert all(
            len(old) - 1 <= len(new) + old.count("-") <= len(old) + old.count("-")
            for old, new in zip(before, after, strict=True)
        )


def test_direction_and_unknown_languages() -> None:
    assert ENGLISH.direction == "ltr"
    assert Localiser(SHIPPED["ar"]).direction == "rtl"
    with pytest.raises(ValueError, match="is not a language"):
        Localiser(SHIPPED["xx"])
