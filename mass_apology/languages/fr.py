"""French."""

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
from mass_apology.languages.vocative import first_name

LANGUAGE = Language(
    code="fr",
    salutations=Salutations(
        # A formal letter says "Madame," and "Monsieur," alone: a name behind them is thought clumsy.
        named=Greetings(any="Bonjour {name},", f="Madame,", m="Monsieur,"),
        unnamed=Greetings(any="Madame, Monsieur,", f="Madame,", m="Monsieur,"),
    ),
    informal=Salutations(named=Greetings(any="Salut {name},"), unnamed=Greetings(any="Bonjour,"), called=first_name),
    days=Days(first="1er", on_day="le {}", on_date="le {}"),
    durations=Durations(),
    spans=Spans(
        days="du {day} au {to_day}",
        times="de {time} à {to_time}",
        moments="du {day} à {time} au {to_day} à {to_time}",
        since_day="depuis le {day}",
        since_moment="depuis le {day} à {time}",
        until_day="jusqu’au {to_day}",
        until_moment="jusqu’au {to_day} à {to_time}",
    ),
    labels=Labels(registration="RCS {}", vat="N° TVA {}", outgoing=f"Nos réf.{NO_BREAK}: {{}}"),
    bonds=Bonds(to_next="« M. MM. Mme Mmes Mlle art. n° p.", to_number="€ h", to_previous=": ; ? ! » %"),
    country="FR",
    reading=Reading(
        alphabet="àâæçéèêëîïôœùûüÿ",
        called=("french", "français", "französisch", "francuski", "французский", "γαλλικά", "fra", "fre"),
        yes=("oui", "vrai"),
        no=("non", "faux"),
        women=("mme", "madame", "mlle", "mademoiselle", "femme", "féminin"),
        men=("monsieur", "homme", "masculin"),
        no_name=(
            *("inconnu", "inconnue", "non connu", "non renseigné", "non renseignée", "non communiqué", "non précisé"),
            *("sans nom", "pas de nom", "aucun", "aucune", "néant", "vide", "anonyme", "client", "cliente", "clients"),
            *("cher client", "chère cliente", "utilisateur", "utilisatrice", "invité", "invitée", "abonné", "abonnée"),
            *("madame monsieur", "nom", "prénom", "nom prénom", "prénom nom", "nom de famille"),
            *("nom complet", "supprimé", "supprimée", "utilisateur supprimé", "compte test", "destinataire"),
        ),
        nobody=("inconnu", "inconnue"),
        reply_prefixes=("réf", "ref", "rép", "rep", "tr", "transf"),
        away=(
            *("r[ée]ponse automatique", "absen(?:t|ce|te) du bureau", "messages? d['’]absence"),
            *("notification d['’]absence", "avis d['’]absence", "en cong[ée]s? (?:du|jusqu)", "absente? jusqu"),
        ),
    ),
)
