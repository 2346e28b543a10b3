"""English."""

from mass_apology.languages.language import Bonds, Days, Durations, Greetings, Labels, Language, Salutations

LANGUAGE = Language(
    code="en",
    locale="en_GB",  # "en" alone is American in CLDR, with a clock of twelve hours
    space=" ",  # another would be the only character that is not ASCII, and cost every letter an 8bit part
    salutations=Salutations(named=Greetings(any="Dear {name},"), unnamed=Greetings(any="Dear customer,")),
    days=Days(on_day="on {}", on_date="on {}"),
    durations=Durations(),
    labels=Labels(registration="Registration no. {}", vat="VAT no. {}", outgoing="Our ref. {}"),
    bonds=Bonds(),
    country="GB",
)
