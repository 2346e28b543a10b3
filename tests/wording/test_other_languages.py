"""Sentences in another language than the letter's are found, also in languages that have no rules."""

from __future__ import annotations

import pytest

from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules

LETTER = "Subject: Late\n\nDear Ms Moor,\n\nWe are sorry that your order was late. {}\n"


def foreign(sentence: str, language: str = "en") -> list[str]:
    known = rules(language)
    assert known is not None
    (document,) = read_letters("letter.md", LETTER.format(sentence).encode())
    return [each.passage for each in criticise(document, known) if each.rule == "wrong-language"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Wir danken Ihnen für Ihre Geduld.",
        "Nous vous remercions de votre patience.",
        "Les pedimos disculpas por el retraso.",
        "Ci scusiamo con voi per il ritardo.",
        "Wij bieden u onze excuses aan.",
        "Vi beklager at det tok så lang tid.",
        "Omlouváme se vám za to zpoždění.",
        "Ymddiheurwn i'r cwsmeriaid am yr oedi hwn.",
        "Приносим вам наши извинения за задержку.",
    ],
)
def test_a_foreign_sentence_is_found(sentence: str) -> None:
    assert foreign(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentence",
    [
        "The Café de la Paix on Rue de Rivoli is open again.",
        "Your table at Zum Goldenen Hirsch is booked for seven.",
        "Ring Ms Van den Berg or Mr de la Cruz.",
    ],
)
def test_a_foreign_name_is_none(sentence: str) -> None:
    assert foreign(sentence) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("pl", "Certificate expired."),
        ("pl", "Please try again."),
        ("el", "Everything works again."),
        ("lv", "It refused every request."),
        ("ru", "Gateway outage."),
        ("ru", "Ми повернули кошти всім клієнтам."),
        ("en", "Ошибка сервера."),
        ("en", "Płatności nie przechodziły."),
        ("en", "Vahetasime sertifikaadi samal päeval."),
        ("et", "Jūs nevarējāt veikt pasūtījumus."),
        ("lv", "Seitdem läuft alles wieder normal."),
    ],
)
def test_a_short_sentence_is_known_by_its_letters_or_by_english_words(language: str, sentence: str) -> None:
    assert sentence in foreign(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("pl", "Acme Cloud Support."),
        ("pl", "Router offline."),
        ("ru", "Acme Shop."),
        ("el", "agent_name"),
        ("en", "Łukasz Dąbrowski replied promptly."),
        ("en", "Naïve cafés."),
        ("lv", "Router update."),
    ],
)
def test_a_short_name_or_a_word_of_all_languages_is_none(language: str, sentence: str) -> None:
    assert sentence not in foreign(sentence, language)


def test_an_address_in_latin_letters_makes_no_russian_sentence_foreign() -> None:
    known = rules("ru")
    assert known is not None
    (document,) = read_letters("letter.md", "Тема: Заказ\n\nПишите: support@example-shop.com\n".encode())
    assert [each.rule for each in criticise(document, known) if each.rule == "wrong-language"] == []
