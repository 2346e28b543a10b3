"""Estonian."""

from mass_apology.languages.language import Bonds, Days, Durations, Greetings, Labels, Language, Reading, Salutations

LANGUAGE = Language(
    code="et",
    salutations=Salutations(
        named=Greetings(any="Lugupeetud {name}"),  # no comma in Estonian
        unnamed=Greetings(any="Lugupeetud klient"),
    ),
    days=Days(
        months=(  # the adessive; CLDR has the nominative and the genitive only
            *("jaanuaril", "veebruaril", "märtsil", "aprillil", "mail", "juunil"),
            *("juulil", "augustil", "septembril", "oktoobril", "novembril", "detsembril"),
        )
    ),
    durations=Durations(words={"ööpäev": "päev"}),  # CLDR has the day and night of physics
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
