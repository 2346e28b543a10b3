"""German."""

from mass_apology.languages.language import (
    NO_BREAK,
    Bonds,
    Clock,
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
    code="de",
    salutations=Salutations(
        # "Frau" and "Herr" stand before a family name alone; whoever has no gender here is greeted by the whole name.
        named=Greetings(any="Guten Tag {name},", f="Sehr geehrte Frau {family},", m="Sehr geehrter Herr {family},"),
        unnamed=Greetings(any="Guten Tag,"),
    ),
    informal=Salutations(named=Greetings(any="Hallo {name},"), unnamed=Greetings(any="Hallo,"), called=first_name),
    days=Days(on_day="am {}", on_date="am {}"),
    clock=Clock(
        time=f"{{}}{NO_BREAK}Uhr",
        zones={"CET": "MEZ", "CEST": "MESZ", "EET": "OEZ", "EEST": "OESZ", "WET": "WEZ", "WEST": "WESZ"},
    ),
    # CLDR has the dative plural nowhere: "3 Tage" is right after "lang" and "dauerte", and no letter says "seit".
    durations=Durations(),
    spans=Spans(
        days="vom {day} bis zum {to_day}",
        times="von {time} bis {to_time}",
        moments="vom {day}, {time}, bis zum {to_day}, {to_time}",
        since_day="seit dem {day}",
        since_moment="seit dem {day}, {time}",
        until_day="bis zum {to_day}",
        until_moment="bis zum {to_day}, {to_time}",
    ),
    labels=Labels(registration="Handelsregister {}", vat="USt-IdNr. {}", outgoing="Unser Zeichen: {}"),
    bonds=Bonds(to_next="Abs. Art. Dr. Nr. Prof. S. Ziff. z.", to_number="Uhr"),
    country="DE",
    reading=Reading(
        alphabet="äöüß",
        called=("german", "deutsch", "niemiecki", "saksa", "vācu", "немецкий", "γερμανικά", "deu", "ger"),
        countries=("at",),
        yes=("ja", "j", "wahr"),
        no=("nein", "falsch"),
        women=("w", "frau", "fr", "dame", "weiblich", "fräulein"),
        men=("herr", "herrn", "hr", "mann", "männlich"),
        no_name=(
            *("unbekannt", "nicht bekannt", "keine angabe", "keine angaben", "k.a.", "nicht angegeben", "kein name"),
            *("ohne namen", "kunde", "kundin", "gast", "nutzer", "nutzerin", "benutzer", "anonym", "name", "vorname"),
            *("nachname", "vorname nachname", "vor- und nachname", "max mustermann", "erika mustermann", "mustermann"),
            *("gelöscht", "entfernt", "damen und herren", "sehr geehrte damen und herren"),
        ),
        nobody=("unbekannt",),
        reply_prefixes=("aw", "antw", "antwort", "wg", "weitergel"),
        away=(
            *(
                r"automati(?:sche|sierte)[rs]? (?:antwort|rückantwort|r[ée]ply|e-?mail)",
                r"autom\. antwort",
                "autoantwort",
            ),
            *(
                "abwesenheit",
                "abwesenheits(?:notiz|nachricht|meldung|benachrichtigung|assistent|mail|info)",
                "abwesend",
            ),
            *("nicht im (?:büro|haus)", "bin (?:im urlaub|nicht im büro|abwesend)", "im urlaub"),
            *("urlaubs(?:notiz|meldung)", "außer haus", "ausser haus"),
        ),
    ),
)
