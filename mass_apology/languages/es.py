"""Spanish, as Spain writes it."""

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
    code="es",
    # "Estimado" has a gender, and "Estimado/a" is a form to fill in: whoever has none here is wished a good day.
    salutations=Salutations(
        named=Greetings(any="Buenos días, {name}:", f="Estimada {name}:", m="Estimado {name}:"),
        unnamed=Greetings(any="Buenos días:", f="Estimada clienta:", m="Estimado cliente:"),
    ),
    informal=Salutations(named=Greetings(any="Hola, {name}:"), unnamed=Greetings(any="Hola:"), called=first_name),
    days=Days(on_day="el {}", on_date="el {}"),
    durations=Durations(),
    spans=Spans(
        days="del {day} al {to_day}",
        times="entre las {time} y las {to_time}",
        moments="desde las {time} del {day} hasta las {to_time} del {to_day}",
        since_day="desde el {day}",
        since_moment="desde las {time} del {day}",
        until_day="hasta el {to_day}",
        until_moment="hasta las {to_time} del {to_day}",
        words={"las 01:": "la 01:"},  # one o'clock is singular
    ),
    labels=Labels(registration="Registro Mercantil: {}", vat="NIF {}", outgoing="Nuestra ref.: {}"),
    bonds=Bonds(to_next="art. arts. c/ D. Dña. Dr. Dra. n.º núm. pág. págs. Sr. Sra.", to_number="h €"),
    country="ES",
    reading=Reading(
        alphabet="áéíñóúü",
        called=(
            *("spanish", "español", "castellano", "castilian", "spanisch", "hiszpański", "hispaania", "spāņu"),
            *("испанский", "ισπανικά", "spa"),
        ),
        countries=("mx",),
        yes=("sí", "si", "verdadero"),
        no=("falso",),
        women=("sra", "señora", "srta", "señorita", "mujer", "femenino", "doña", "dña"),
        men=("sr", "señor", "hombre", "varón", "masculino"),
        no_name=(
            *("desconocido", "desconocida", "sin nombre", "sin datos", "no consta", "no disponible", "no aplica"),
            *("no procede", "no especificado", "ninguno", "cliente", "clienta", "usuario", "usuaria", "invitado"),
            *("anónimo", "anónima", "nombre", "apellido", "apellidos", "nombre y apellidos", "nombre completo"),
            *("fulano de tal", "eliminado", "borrado", "prueba", "estimado cliente", "estimada clienta"),
        ),
        nobody=("desconocido", "desconocida"),
        reply_prefixes=("rv", "respuesta", "reenv"),
        away=(
            *("respuesta autom[aá]tica", "auto-?respuesta", "contestaci[oó]n autom[aá]tica"),
            *("fuera de (?:la )?oficina", "ausencia temporal", "(?:estoy )?de vacaciones", "estar[eé] ausente"),
            *("mensaje de ausencia", "ausente"),
        ),
    ),
)
