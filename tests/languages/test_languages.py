"""The languages that come with the package: complete, found by themselves, and true to CLDR."""

from __future__ import annotations

import itertools
import re
from datetime import date
from pathlib import Path

import pytest
from babel import Locale
from babel.dates import format_date
from babel.units import format_unit

from mass_apology.bounces import auto_replies
from mass_apology.languages import SHIPPED, Language
from mass_apology.letter.template_files import available_languages, shipped_templates
from mass_apology.names import judge
from mass_apology.recipients.languages import language as language_of
from mass_apology.yes_and_no import NO, YES, says_yes

CODES = [each.code for each in SHIPPED]


def test_every_language_of_the_library_is_described() -> None:
    scenarios = [path.parent.name for path in shipped_templates().glob("*/scenario.toml")]
    assert {code for each in scenarios for code in available_languages(each, [shipped_templates()])} <= set(CODES)


@pytest.mark.parametrize("language", list(SHIPPED), ids=CODES)
def test_a_shipped_language_lacks_nothing(language: Language) -> None:
    assert language.lacks == ()


@pytest.mark.parametrize("language", list(SHIPPED), ids=CODES)
def test_a_language_is_in_the_file_of_its_code(language: Language) -> None:
    folder = Path(__file__).parents[2] / "mass_apology" / "languages"
    assert f'code="{language.code}"' in (folder / f"{language.code}.py").read_text(encoding="utf-8")


def test_a_language_that_nobody_has_described_lacks_all_that_letters_need() -> None:
    assert SHIPPED["sv"] == Language(code="sv")
    assert SHIPPED["sv"].lacks == ("salutations", "days", "durations", "spans", "labels", "bonds", "country")


@pytest.mark.parametrize("language", list(SHIPPED), ids=CODES)
def test_words_in_place_of_cldrs_are_words_that_cldr_has(language: Language) -> None:
    """A word that CLDR no longer writes would be replaced nowhere."""
    assert language.days is not None
    assert language.durations is not None
    locale = Locale.parse(language.locale or language.code)
    counted = itertools.product(range(30), ("duration-day", "duration-hour", "duration-minute"))
    units = [format_unit(count, unit, "long", locale=locale) for count, unit in counted]
    assert all(any(word in each for each in units) for word in language.durations.words)
    assert all(any(word in each for each in units) for word in language.durations.lasting)
    assert all(word in format_date(date(2026, 5, 2), "long", locale) for word in language.days.words)
    assert len(language.days.months) in {0, 12}


@pytest.mark.parametrize("language", list(SHIPPED), ids=CODES)
def test_the_words_of_a_language_are_read_in_files(language: Language) -> None:
    reading = language.reading
    assert all(says_yes(word.upper()) is True for word in reading.yes)
    assert all(says_yes(word.upper()) is False for word in reading.no)
    assert {language_of(name) for name in (*reading.called, *reading.countries)} == {language.code}
    assert all(letter.islower() and not letter.isascii() for letter in reading.alphabet)
    assert all(not judge(word).greeted for word in (*reading.no_name, *reading.nobody))
    assert all(not judge(f"Anna {word.capitalize()}").greeted for word in reading.nobody)


@pytest.mark.parametrize("language", list(SHIPPED), ids=CODES)
def test_the_words_of_a_language_are_read_in_mails(language: Language) -> None:
    assert all(auto_replies.has_reply_prefix(f"{prefix.upper()}: x") for prefix in language.reading.reply_prefixes)
    phrases = [phrase for phrase in language.reading.away if re.match(phrase, phrase)]
    assert all(auto_replies.is_away_subject(phrase) for phrase in phrases)
    assert language.reading.away


def test_no_word_says_yes_in_one_language_and_no_in_another() -> None:
    assert set() == YES & NO
