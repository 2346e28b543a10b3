"""The words by which files say yes, no or nothing, in the product's languages and their neighbours."""

from __future__ import annotations

import unicodedata

from mass_apology.languages import SHIPPED

# Words of languages without a file of their own, beside those in languages/: Italian,
# Portuguese, Dutch, Swedish, Danish, Norwegian, Finnish, Lithuanian, Czech, Slovak, Hungarian, Romanian, Turkish,
# Ukrainian. The words of spreadsheets' own truth values are among them.
_YES = (
    "1 sì s vero sim verdadeiro waar sann sant sand joo kyllä tosi taip tiesa ano áno "
    "pravda igen igaz adevărat evet doğru так правда"
)
_NO = (
    "0 falso não nao nee onwaar nej nei falsk usant epätosi netiesa nepravda nem hamis nu fals "
    "hayır yanlış ні неправда хиба"
)
_NOTHING = "- -- – — ? n/a #n/a na nan null nil none undefined #null! (null) (none) \\n"


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).replace("ς", "σ")


YES = frozenset(map(_plain, (*_YES.split(), *(word for each in SHIPPED for word in each.reading.yes))))
NO = frozenset(map(_plain, (*_NO.split(), *(word for each in SHIPPED for word in each.reading.no))))
NOTHING = frozenset(_NOTHING.split())


def says_yes(text: str) -> bool | None:
    """Whether the text says yes, or no; ``None`` where it is neither."""
    word = _plain(text)
    return True if word in YES else False if word in NO else None


def says_nothing(text: str) -> bool:
    """Whether the text stands for an empty cell, as programs and people write it."""
    return text.casefold() in NOTHING
