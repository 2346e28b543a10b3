"""Estonian."""

from mass_apology.languages.language import (
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
from mass_apology.languages.vocative import first_name

LANGUAGE = Language(
    code="et",
    salutations=Salutations(
        named=Greetings(any="Lugupeetud {name}"),  # no comma in Estonian
        unnamed=Greetings(any="Lugupeetud klient"),
    ),
    informal=Salutations(named=Greetings(any="Tere, {name}!"), unnamed=Greetings(any="Tere!"), called=first_name),
    days=Days(
        months=(  # the adessive; CLDR has the nominative only
            *("jaanuaril", "veebruaril", "märtsil", "aprillil", "mail", "juunil"),
            *("juulil", "augustil", "septembril", "oktoobril", "novembril", "detsembril"),
        )
    ),
    durations=Durations(
        words={"ööpäev": "päev"},  # CLDR has the day and night of physics
        lasting={"minut": "minuti", "tund": "tunni", "päev": "päeva"},  # the genitive, after 1 only
    ),
    spans=Spans(
        days="{day} kuni {to_day}",
        times="kell {time}–{to_time}",
        moments="{day} kell {time} kuni {to_day} kell {to_time}",
        since_day="alates {day}",
        since_moment="alates {day} kell {time}",
        until_day="kuni {to_day}",
        until_moment="kuni {to_day} kell {to_time}",
        months=(  # the elative
            *("jaanuarist", "veebruarist", "märtsist", "aprillist", "maist", "juunist"),
            *("juulist", "augustist", "septembrist", "oktoobrist", "novembrist", "detsembrist"),
        ),
        to_months=(  # the terminative
            *("jaanuarini", "veebruarini", "märtsini", "aprillini", "maini", "juunini"),
            *("juulini", "augustini", "septembrini", "oktoobrini", "novembrini", "detsembrini"),
        ),
        month_once=False,
    ),
    labels=Labels(registration="Registrikood {}", vat="KMKR nr {}", outgoing="Nr {}"),
    bonds=Bonds(),
    country="EE",
    reading=Reading(
        alphabet="äõöüšž",
        called=("estonian", "estnisch", "estoński", "eesti", "eesti keel", "igauņu", "эстонский", "εσθονικά", "est"),
        countries=("ee",),
        yes=("jah", "ja", "j", "tõene"),
        no=("ei", "väär"),
        women=("naine", "naissoost", "pr", "proua", "prl", "preili"),
        men=("mees", "meessoost", "hr", "härra"),
        no_name=(
            *("puudub", "teadmata", "tundmatu", "nimi", "eesnimi", "perekonnanimi", "nimetu", "külaline"),
            *("kasutaja", "määramata", "andmed puuduvad", "kustutatud"),
        ),
        nobody=("tundmatu", "teadmata"),
        reply_prefixes=("vs", "ed"),
        away=("automaatvastus", "automaatne vastus", "kontorist (?:väljas|eemal)"),
    ),
)
