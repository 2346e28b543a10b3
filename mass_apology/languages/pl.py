"""Polish."""

from mass_apology.languages.language import NO_BREAK, Bonds, Days, Durations, Greetings, Labels, Language, Salutations

_GREETED = Greetings(any="Dzień dobry,", f="Szanowna Pani,", m="Szanowny Panie,")

LANGUAGE = Language(
    code="pl",
    salutations=Salutations(named=_GREETED, unnamed=_GREETED),  # no name: its vocative is not certain
    days=Days(on_date=f"{{}}{NO_BREAK}r."),
    # CLDR's units have cases, and Babel reads the nominative only. Here just the feminine singular has an accusative
    # of its own. A day is "dzień", CLDR's word and everybody's: "doba" belongs into timetables.
    durations=Durations(lasting={"godzina": "godzinę", "minuta": "minutę"}),
    labels=Labels(registration="Nr rejestrowy {}", vat="Numer VAT {}", outgoing="Znak: {}"),
    bonds=Bonds(to_next="a i o u w z al. art. godz. nr ul. ust.", to_number="r."),
    country="PL",
)
