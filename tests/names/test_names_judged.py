"""Each kind of name: who is greeted with it, and who is greeted without."""

from __future__ import annotations

import string
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.names import Kind, judge, name_judgement
from mass_apology.names.name_words import name_words

GREETED = {
    "Anna Kowalska": "Anna Kowalska",
    "Anna": "Anna",
    "Jean-Luc Picard": "Jean-Luc Picard",
    "J. R. R. Tolkien": "J. R. R. Tolkien",
    "J.S. Bach": "J.S. Bach",
    "Dr. Smith": "Dr. Smith",
    "Prof. Dr. Anna Müller": "Prof. Dr. Anna Müller",
    "Anna van der Berg": "Anna van der Berg",
    "van der Berg": "van der Berg",
    "Jeanne d'Arc": "Jeanne d'Arc",
    "Karim al-Sayed": "Karim al-Sayed",
    "Ian McKellen": "Ian McKellen",
    "Jan deVries": "Jan deVries",
    "O'Neil": "O'Neil",
    "Jean DUPONT": "Jean DUPONT",
    "Łukasz Żółć": "Łukasz Żółć",
    "Νίκος Παπαδόπουλος": "Νίκος Παπαδόπουλος",
    "Иванов Олег Анатольевич": "Иванов Олег Анатольевич",
    "Иванов И.И.": "Иванов И.И.",
    "李小龙": "李小龙",
    "李": "李",
    "محمد علي": "محمد علي",
    "יוסי כהן": "יוסי כהן",
    "Sia Furler": "Sia Furler",  # no SIA
    "Nan Goldin": "Nan Goldin",
    "Nan": "Nan",
    "Na": "Na",
    "Phil": "Phil",  # and no abbreviated title
    "Don": "Don",
    "Wei Li": "Wei Li",
    "Bo": "Bo",
    "Anna & Peter": "Anna & Peter",
    "Maria Null": "Maria Null",
    "  Anna \t Nowak ": "Anna Nowak",
    "Anna\u00a0Nowak": "Anna Nowak",
    "John Smith, Jr.": "John Smith",
    "Anna Nowak, PhD": "Anna Nowak",
    "St.John": "St.John",
    "Dr. Dr. h.c. Max Müller": "Dr. Dr. h.c. Max Müller",
    "MUDr. Jan Dvořák": "MUDr. Jan Dvořák",
    "JUDr. Petr Malý, Ph.D.": "JUDr. Petr Malý",
    "dr hab. n. med. Jan Nowak": "dr hab. n. med. Jan Nowak",
    "Capt. Smith": "Capt. Smith",
    "Anna Koch, MBA, PhD": "Anna Koch",
    "Anna Koch, M. Sc.": "Anna Koch",
    "Gen Tanaka": "Gen Tanaka",
    "David Guest": "David Guest",
    "Christopher Null": "Christopher Null",
    "Anna Last": "Anna Last",
    "Mr. Guest": "Mr. Guest",
    "50 Cent": "50 Cent",
    **{
        name: name
        for name in (
            # which hold a word of remarks or greetings that is their own
            *("Vip Singh", "Rip Torn", "John Old", "Late Nguyen", "María Closed", "Jan Stary", "Max Neu", "Mari Vana"),
            *("Martin Liebe", "Jacques Kallis", "Ivan Droga", "John Dear", "Anna Tester", "Pietro Test", "Max Hallo"),
            *("Olga Miris", "José Mires", "SP Singh", "S. P. Singh", "Анна Дорогая", "Cher Lloyd", "Cara Delevingne"),
            *(
                "Ema Novák",
                "Isa Tamm",
                "Mama Cass",
                "Tata Young",
                "Naine Terena",
                "Lesk Kuusk",
                "Syn Yong",
                "Vend Kask",
            ),
            # with a dash between blanks
            *("Anna Nowak - Kowalska", "Jean - Luc Picard", "Anna von Neumann – von Berg", "Jean DUPONT - MARTIN"),
            *("Άννα - Μαρία Παπά", "Анна - Мария Петрова", "John Smith II", "Anna Kowalska z d. Nowak"),
        )
    },
}
REVERSED = {
    "Smith, John": "John Smith",
    "Kowalska,Anna": "Anna Kowalska",
    "van der Berg, Anna": "Anna van der Berg",
    "García Márquez, Gabriel": "Gabriel García Márquez",
    "Smith, Dr. John": "Dr. John Smith",
    "Smith, J.": "J. Smith",
    "Иванов, Олег": "Олег Иванов",
    "Παπαδόπουλος, Νίκος": "Νίκος Παπαδόπουλος",
    "Bērziņš, Jānis": "Jānis Bērziņš",
    "O'Neil, Mary Jane": "Mary Jane O'Neil",
}
NOT_GREETED = {
    Kind.NONE: ("", " ", "\t", "\u200b"),
    Kind.TITLE: (
        *(
            "Dr.",
            "Dr",
            "Mr",
            "Mrs.",
            "MR",
            "ms",
            "Miss",
            "Prof. Dr.",
            "Herr",
            "Frau Dr.",
            "Mme",
            "Monsieur",
            "Sir",
            "Madam",
        ),
        *(
            "Pan",
            "Pani",
            "pan",
            "mgr inż.",
            "г-н",
            "г-жа",
            "Господин",
            "κ.",
            "κα",
            "Κύριος",
            "Kungs",
            "Kundze",
            "Härra",
            "Proua",
            "hr.",
        ),
        *("Mr and Mrs", "Mr. & Mrs.", "Dr. med.", "Dr.-Ing.", "PhD", "Jr.", "Dear Dr.", "Rev.", "Mag. Ing."),
    ),
    Kind.WRONG_CASE: (
        *(
            "maria smith",
            "MARIA SMITH",
            "maria",
            "MARIA",
            "jOHN sMITH",
            "maria Smith",
            "Maria smith",
            "ИВАН ПЕТРОВ",
            "иван петров",
        ),
        *(
            "ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΥ",
            "μαρία παπαδοπούλου",
            "JĀNIS BĒRZIŅŠ",
            "łukasz żółć",
            "SMITH, JOHN",
            "o'neil",
            "JEAN-LUC PICARD",
        ),
    ),
    Kind.ORGANISATION: (
        *(
            "SIA Bērzs",
            "Παπαδόπουλος ΑΕ",
            "Παπαδόπουλος Α.Ε.",
            "Παπαδόπουλος AE",
            "OOO Ромашка",
            "ООО «Ромашка»",
            "ООО Ромашка",
            "Acme GmbH",
        ),
        *(
            "Sp. z o.o.",
            "Budex Sp. z o.o.",
            "BUDEX SP. Z O.O.",
            "Budex sp.z o.o.",
            "Acme, Inc.",
            "Acme Inc",
            "Acme Co., Ltd.",
            "Acme LLC",
        ),
        *(
            "acme ltd",
            "Müller AG",
            "Müller & Co. KG",
            "Schmidt GmbH & Co. KG",
            "OÜ Kask",
            "Kask OÜ",
            "AS Tallink",
            "UAB Baltic",
            "Novo A/S",
        ),
        *(
            "Novák s.r.o.",
            "Novák a.s.",
            "Kovács Kft.",
            "Dupont SARL",
            "Rossi S.r.l.",
            "Rossi S.p.A.",
            "ИП Иванов",
            "ЗАО Рога и копыта",
        ),
        *(
            "ТОВ Ромашка",
            "Βιομηχανία ΕΠΕ",
            "Όμιλος Παπαδόπουλου",
            "Smith & Sons",
            "O'Neil & Sons",
            "Hotel Bristol",
            "Fundacja Ala",
        ),
        *(
            "Bank of America",
            "Familie Müller",
            "Fam. Müller",
            "Kowalski And Partners",
            "Dupont et Fils",
            "Geschäftsführung",
            "The Occupier",
            "Praxis Dr. Schmidt",
            "شركة الرياض",
            "The Smith Family",
            "株式会社ソニー",
            "Школа № 5",
            "Acme S.A.",
            "Acme B.V.",
            "Acme Oy",
        ),
    ),
    Kind.INITIALS: ("J. S.", "J S", "JS", "J.S.", "A", "a", "Б.", "И. И.", "Ö", "Dr. S.", "J.-P."),
    Kind.PLACEHOLDER: (
        *(
            "N/A",
            "n/a",
            "NA",
            "na",
            "nan",
            "NaN",
            "None",
            "NULL",
            "null",
            "nil",
            "undefined",
            "unknown",
            "Unknown",
            "test",
            "TEST",
            "Test User",
        ),
        *(
            "-",
            "--",
            "?",
            "...",
            ".",
            "_",
            "#N/A",
            "xxx",
            "asdf",
            "customer",
            "Dear Customer",
            "Guest",
            "First Name",
            "[NAME]",
            "{{name}}",
        ),
        *(
            "brak",
            "Brak danych",
            "nieznany",
            "Klient",
            "Kunde",
            "unbekannt",
            "puudub",
            "Klient",
            "nav",
            "Nezināms",
            "Άγνωστος",
            "Πελάτης",
        ),
        *("John None", "Mr. Unknown", "Dr. None", "Herr Unbekannt", "John null", "John NULL", "nan Smith"),
        *("First Last", "Unknown Unknown", "None None", "Иван Неизвестно"),
        *("Keine Angabe", "Not Known", "Nie Dotyczy", "Nav Zināms", "Не Указано", "Δεν Υπάρχει"),
        *("нет", "Неизвестно", "Клиент", "не указано", "тест", "tbd", "anonymous", "deleted user"),
    ),
    Kind.NUMBER: (
        "12345",
        "00123",
        "+48 600 700 800",
        "1",
        "USR00123",
        "test123",
        "Anna2",
        "Anna +48 600 700 800",
        "#1234",
        "AB-1234",
    ),
    Kind.REPEATED: ("Anna Anna", "John Smith John Smith", "Smith Smith John", "anna Anna", "Иван Иван"),
    Kind.SYMBOLS: (
        "Anna 🌸",
        "🌸",
        "❤️ Anna",
        "Anna/Peter",
        "<b>Anna</b>",
        "anna_kowalska",
        "Anna;",
        "*Anna*",
        "Anna.Kowalska",
        "Anna.",
        "Anna…",
        "John -",
        "- Smith",
        "John .",
        "JŸrgen Gro§",
    ),
    Kind.REMARK: (
        *("John Smith VIP", "JOHN SMITH VIP", "vip John Smith", "John Smith, VIP", "*VIP* John Smith", "Anna (VIP)"),
        *("John Smith (deceased)", "John Smith DECEASED", "† John Smith", "John Smith R.I.P.", "John Smith, deceased"),
        *("John - do not call", "John – do not call", "John Smith DO NOT CONTACT", "John Smith Do Not Email"),
        *("John Smith - account closed", "John Smith (account closed", "John Smith closed", "John Smith OLD"),
        *("John Smith - see notes", "John Smith [IT]", "Bob (she/her)", "Estate of John Smith"),
        *("Dear John", "Hello John", "Hi John Smith", "dear john", "Test Smith", "Attn: John Smith"),
        *("Max Müller (verstorben)", "Max Müller – nicht anrufen", "Sehr geehrter Herr Müller", "Lieber Max"),
        *("Jan Kowalski (zmarł)", "Jan Kowalski nie żyje", "śp. Jan Kowalski", "Ś.P. Jan Kowalski"),
        *("Jan Kowalski - nie dzwonić", "Jan Kowalski - konto zamknięte", "Szanowny Panie Janie", "Drogi Janie"),
        *("Jan Kowalski (syn)", "Jaan Tamm (surnud)", "Jaan Tamm - mitte helistada", "Lugupeetud Jaan", "Kallis Jaan"),
        *("Jaan (poeg)", "Jānis Bērziņš (miris)", "Jānis Bērziņš - nezvanīt", "Cienījamais Jāni", "Jānis (Dēls)"),
        *("Jonas (sūnus)", "Jonas - neskambinti", "Γιάννης Παπαδόπουλος (απεβίωσε)", "Γιάννης - μην καλείτε"),
        *("Αγαπητέ Γιάννη", "Γιάννης (γιος)", "Иван Петров (умер)", "Иван Петров – не звонить", "Иван Петров ВИП"),
        *("Уважаемый Иван", "Дорогая Анна", "Иван Петров счёт закрыт", "Иван (сын)", "Тест Тестов"),
    ),
    Kind.SEVERAL: ("Anna Nowak, Jan Nowak", "Anna, Peter, Paul", "Anna,", "Smith, Dr."),
    Kind.ADDRESS: ("anna@x.example", "Anna.Kowalska@x.example", "anna＠x.example"),
    Kind.LINK: ("evil.com", "see bit.ly/x", "mailto:x", "www.evil"),
}


def _judged(names: Iterable[str]) -> dict[str, tuple[Kind, str, str]]:
    found = {name: judge(name) for name in names}
    return {name: (each.kind, each.greeted, each.shown) for name, each in found.items()}


def test_a_persons_name_is_greeted() -> None:
    assert _judged(GREETED) == {name: (Kind.PERSON, greeted, greeted) for name, greeted in GREETED.items()}


def test_a_name_with_the_family_first_is_turned_round() -> None:
    assert _judged(REVERSED) == {name: (Kind.REVERSED, greeted, greeted) for name, greeted in REVERSED.items()}


@pytest.mark.parametrize("kind", NOT_GREETED)
def test_any_other_is_not(kind: Kind) -> None:
    found = {name: judge(name) for name in NOT_GREETED[kind]}
    assert {name: (each.kind, each.greeted) for name, each in found.items()} == dict.fromkeys(found, (kind, ""))


@pytest.mark.parametrize("kind", [Kind.NONE, Kind.TITLE, Kind.PLACEHOLDER, Kind.REMARK, Kind.ADDRESS, Kind.LINK])
def test_what_is_no_name_is_not_even_shown(kind: Kind) -> None:
    assert {judge(name).shown for name in NOT_GREETED[kind]} == {""}


@pytest.mark.parametrize("kind", [Kind.ORGANISATION, Kind.WRONG_CASE, Kind.INITIALS, Kind.REPEATED])
def test_what_is_one_is_shown(kind: Kind) -> None:
    assert all(judge(name).shown for name in NOT_GREETED[kind])


@pytest.mark.parametrize(
    "name",
    [
        *("Anna Kowalska (z domu Nowak)", "Mary Smith (née Jones)", "Anna Müller (geb. Koch)", "Anna Nowak (Kowalska)"),
        *("Jan (Johnny) Kowalski", "John Smith (Jr.)", "Anna KOWALSKA (NOWAK)"),
    ],
)
def test_another_name_in_brackets_is_no_remark(name: str) -> None:
    found = judge(name)
    assert (found.kind, found.greeted, found.shown) == (Kind.SYMBOLS, "", name)


@pytest.mark.parametrize(
    ("name", "company"),
    [
        ("Ann Taylor", "Ann Taylor"),
        ("Ann Taylor", "ANN TAYLOR"),
        ("Jonas Bērzs", "jonas berzs"),
        ("Mc Donald's", "Mc Donald’s"),
    ],
)
def test_a_name_that_is_the_companys_is_not_greeted(name: str, company: str) -> None:
    assert judge(name).greeted
    found = judge(name, company)
    assert (found.kind, found.greeted, found.shown) == (Kind.ORGANISATION, "", name)
    assert judge(name, "Another").greeted == name


@given(st.text(max_size=60))
def test_any_text_is_judged(name: str) -> None:
    found = judge(name)
    assert not found.greeted or any(map(str.isalpha, found.greeted))
    assert found.greeted in {"", found.shown}
    assert "\n" not in found.greeted


@given(st.text(string.ascii_letters + " .,-'", max_size=30))
def test_a_greeting_judged_again_stays(name: str) -> None:
    greeted = judge(name).greeted
    assert not greeted or judge(greeted).greeted == greeted


TOLD = sorted(word for word in name_words().remarkable if word.isalpha() and len(word) > 5)
NAMES = st.sampled_from(["Anna", "Kowalska", "Brien", "Żółć", "Морозов", "Αννα", "Picard"])


@given(
    st.sampled_from(TOLD), st.integers(1, 5), st.sampled_from("-'’"), NAMES, NAMES, st.sampled_from(["", "O'", "D’"])
)
def test_compounds_that_are_seen_at_once_to_be_ordinary_are_found_so_the_long_way(
    told: str, cut: int, sign: str, name: str, other: str, prefix: str
) -> None:
    compound = f"{told[:cut].title()}{sign}{told[cut:].title()}"
    for text in (f"{compound} {name}", f"{name} {prefix}{other}-{name}", f"{name}-{told.title()} {prefix}{other}"):
        if name_judgement._is_ordinary(text) and not all(map(str.isalpha, text.split())):
            assert not [kind for kind, holds in name_judgement._KINDS if holds(text)]


@pytest.mark.parametrize("name", ["Anna Kowalska-Nowak", "Sean O'Brien", "Luca D’Angelo", "Anne-Marie Łuczak-Żak"])
def test_compound_names_are_ordinary(name: str) -> None:
    assert name_judgement._is_ordinary(name)


@pytest.mark.parametrize("name", ["Anna Do-Not", "Test-User Anna", "No-Name Smith", "Anna -Nowak", "Anna Kowalska-"])
def test_compounds_that_may_tell_something_are_looked_into(name: str) -> None:
    assert not name_judgement._is_ordinary(name)
