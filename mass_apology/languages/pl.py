"""Polish."""

from mass_apology.languages.language import (
    NO_BREAK,
    Bonds,
    Days,
    Durations,
    Greetings,
    Labels,
    Language,
    Reading,
    Salutations,
    Spans,
)

# Whoever reads, the letters say "Państwo": "Szanowna Pani" above "nie mogli Państwo" would mix two registers.
_GREETED = Greetings(any="Szanowni Państwo,")
_INFORMAL = Greetings(any="Dzień dobry,")

LANGUAGE = Language(
    code="pl",
    salutations=Salutations(named=_GREETED, unnamed=_GREETED),
    informal=Salutations(named=_INFORMAL, unnamed=_INFORMAL),  # no name: its vocative is not certain
    days=Days(on_date=f"{{}}{NO_BREAK}r."),
    # CLDR's units have cases, and Babel reads the nominative only. Here just the feminine singular has an accusative
    # of its own. A day is "dzień", CLDR's word and everybody's: "doba" belongs into timetables.
    durations=Durations(lasting={"godzina": "godzinę", "minuta": "minutę"}),
    spans=Spans(
        days="od {day} do {to_day}",
        times="od godz. {time} do {to_time}",
        moments="od {day}, godz. {time}, do {to_day}, godz. {to_time}",
        since_day="od {day}",
        since_moment="od {day}, godz. {time}",
        until_day="do {to_day}",
        until_moment="do {to_day}, godz. {to_time}",
        dated=f"{{}}{NO_BREAK}r.",
    ),
    labels=Labels(registration="KRS {}", vat="NIP {}", outgoing="Znak: {}"),
    bonds=Bonds(to_next="a i o u w z al. art. godz. nr ul. ust.", to_number="r."),
    country="PL",
    reading=Reading(
        alphabet="ąćęłńóśźż",
        called=("polish", "polnisch", "polski", "po polsku", "poola", "poļu", "польский", "πολωνικά", "pol"),
        yes=("tak", "prawda", "prawdziwe"),
        no=("nie", "fałsz"),
        women=("k", "pani", "kobieta", "żeńska", "żeński"),
        men=("pan", "mężczyzna", "męska", "męski"),
        no_name=(
            *("brak", "brak danych", "brak imienia", "nie dotyczy", "nie podano", "n/d", "nd", "nieznany"),
            *("nieznana", "nieznane", "klient", "klientka", "gość", "użytkownik", "anonim", "imię", "nazwisko"),
            *("imię i nazwisko", "imię nazwisko", "usunięty"),
        ),
        nobody=("nieznany", "nieznana"),
        reply_prefixes=("odp", "odpowiedź", "pd"),
        away=(
            *(
                "automatyczna odpowiedź",
                "automatyczna odpowiedz",
                r"odpowied\w* automatyczn",
                "autoodpowied",
                "nieobecno(?:ść|sc)",
                "(?:jestem )?poza biurem",
            ),
            *(
                "informacja o nieobecno",
                "jestem na urlopie",
                "urlop",
            ),
        ),
    ),
)
