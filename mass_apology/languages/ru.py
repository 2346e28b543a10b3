"""Russian, whose letters address people by given name and patronymic where they have one."""

from __future__ import annotations

import re

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
from mass_apology.languages.vocative import Called, first_name

_PATRONYMIC = re.compile(r"[А-ЯЁ][а-яё]+(?:(?P<female>овна|евна|ична)|ович|евич|ьич)|Лукич|Фомич|Никитич")


def _called(name: str) -> Called:
    """ "Иванов Олег Анатольевич" → "Олег Анатольевич"; other names as they are written.

    Of two words the second may be a family name (Анна Абрамович), so only three tell a patronymic for certain.
    """
    words = name.split(" ")
    for given, patronymic in (words[:2], words[1:]) if len(words) == 3 else ():
        if match := _PATRONYMIC.fullmatch(patronymic):
            return Called(form=f"{given} {patronymic}", gender="f" if match["female"] else "m")
    return Called(form=name)


# Where a file has the family name first: "Петрова Анна". Few given names end so.
_FAMILY = re.compile(r".*(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая|ой)|енко|[иы]х)", re.IGNORECASE)

_GIVEN = frozenset(
    {"Марина", "Ирина", "Екатерина", "Кристина", "Полина", "Алина", "Нина", "Галина", "Арина", "Ева", "Лев"}
)


def _called_by_first_name(name: str) -> Called | None:
    """ "Олег Анатольевич Иванов" and "Иванов Олег Анатольевич" → "Олег"; ``None`` where that may be a family's."""
    given = _called(name).form.split(" ")[0]
    return None if _FAMILY.fullmatch(given) and given not in _GIVEN else first_name(given)


LANGUAGE = Language(
    code="ru",
    salutations=Salutations(
        named=Greetings(any="Здравствуйте, {name}!", f="Уважаемая {name}!", m="Уважаемый {name}!"),
        unnamed=Greetings(any="Здравствуйте!"),
        called=_called,
        gender_by_name=True,
    ),
    informal=Salutations(
        named=Greetings(any="Здравствуйте, {name}!"),
        unnamed=Greetings(any="Здравствуйте!"),
        called=_called_by_first_name,
    ),
    days=Days(words={"г.": "года"}),
    # Of CLDR's units, just the feminine singular has an accusative of its own. A day is "день": "сутки" belongs into
    # timetables.
    durations=Durations(lasting={"минута": "минуту"}),
    spans=Spans(
        days="с\u00a0{day} по\u00a0{to_day}",
        times="с\u00a0{time} до\u00a0{to_time}",
        moments="с\u00a0{time} {day} до\u00a0{to_time} {to_day}",
        since_day="с\u00a0{day}",
        since_moment="с\u00a0{time} {day}",
        until_day="по\u00a0{to_day}",  # "до" leaves it open whether the day itself counts
        until_moment="до\u00a0{to_time} {to_day}",
        words={"г.": "года", "с\u00a02 ": "со\u00a02 ", "с\u00a02\u00a0": "со\u00a02\u00a0"},  # "со второго"
    ),
    labels=Labels(registration="Рег. номер {}", vat="Рег. номер плательщика НДС {}", outgoing="Исх. № {}"),
    bonds=Bonds(
        to_next="а в и к о с у я во до за из ко на не ни но об от по со № г. ст. ул.",
        to_number="г. гг.",
        to_previous="—",
    ),
    country="RU",
    reading=Reading(
        alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        called=("russian", "russisch", "rosyjski", "vene", "krievu", "русский", "по русски", "ρωσικά", "rus"),
        yes=("да", "д", "истина"),
        no=("нет", "н", "ложь"),
        women=("ж", "жен", "женский", "женщина", "госпожа", "г-жа"),
        men=("м", "муж", "мужской", "мужчина", "господин", "г-н"),
        no_name=(
            *("нет", "нет данных", "нет имени", "не указано", "не указан", "не известно", "неизвестно"),
            *("неизвестный", "неизвестная", "без имени", "отсутствует", "пусто", "клиент", "покупатель", "гость"),
            *("пользователь", "аноним", "имя", "фамилия", "фио", "тест", "тестовый", "тестовый клиент", "удалён"),
            *("н/д", "н.д."),
        ),
        nobody=("неизвестно", "неизвестный", "неизвестная"),
        reply_prefixes=("отв", "ответ", "re", "пересл", "перес", "пер"),
        away=("автоматический ответ", "автоответ", "(?:я )?вне офиса", "(?:я )?в отпуске", "нет на рабочем месте"),
    ),
)
