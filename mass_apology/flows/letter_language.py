"""Which language a letter is written in, by its commonest words and its letters."""

from __future__ import annotations

import re
from collections import Counter

_WORDS = {
    "en": "the and you your is are for with this we have to of",
    "de": "der die das und sie ihr ihre ist wir mit nicht für auf",
    "fr": "le la les et vous votre est nous pour avec pas une des",
    "es": "el los las y usted su es para con por una que del",
    "it": "il gli lo e lei suo è per con non una che della",
    "pt": "o os as e você seu é para com não uma que do",
    "nl": "de het een en u uw is wij voor met niet van naar",
    "sv": "och du din är vi för med inte ett att som på av",
    "da": "og du din er vi for med ikke et at som på af",
    "fi": "ja on ei että olemme teidän sinun kanssa tämä hyvä",
    "pl": "i w na się nie do jest oraz dla państwa że przez",
    "cs": "a v na se je pro vás že není jsme váš od k",
    "et": "ja on ei et teie meie see kui oma mis palun",
    "lv": "un ir jūs jūsu mēs par ar nav lai no uz",
    "lt": "ir yra jūsų mes dėl su ne kad apie iš į",
    "tr": "ve bir bu için ile sizin biz değil olarak",
    "ru": "и в не на вы ваш мы для что это с по",
    "uk": "і в не на ви ваш ми для що це з та",
    "el": "και το η ο σας για με την της είναι μας",
}
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 3  # words that must speak for a language


def language_of(text: str) -> str | None:
    """The ISO 639 code; ``None`` where the words do not tell."""
    words = Counter(_WORD.findall(text.lower()))
    scores = sorted(((sum(words[each] for each in set(common.split())), code) for code, common in _WORDS.items()))
    (second, _), (first, code) = scores[-2:]
    return code if first >= _LEAST and first > 1.2 * second else None
