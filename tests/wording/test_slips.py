"""Slips of spelling: what a word that no rule knows may have been meant to be."""

from __future__ import annotations

import pytest

from mass_apology.wording.spelling import Spelling
from mass_apology.wording.wording_rules import RuleFile, Rules, rules

SOUNDS = {"αι": "ε", "ει": "ι", "η": "ι", "ου": "ου", "υ": "ι", "ω": "ο"}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("inconvenience", ("inconvenience",)),
        ("inconvienience", ("inconvienience", "inconvenience")),
        ("incovenience", ("incovenience", "inconvenience")),
        ("inconvenienza", ("inconvenienza",)),
        ("apologisse", ("apologisse",)),
        ("inconevnience", ("inconevnience", "inconvenience")),
        ("inconevnienec", ("inconevnienec",)),
        ("inocnvenence", ("inocnvenence",)),
        ("unforseeable", ("unforseeable", "unforeseea")),
        ("unforeseeably", ("unforeseeably",)),
        ("trouble", ("trouble",)),
        ("onconvenience", ("onconvenience",)),
        ("iconvenience", ("iconvenience",)),
    ],
)
def test_one_letter_inside_a_word_or_its_beginning_is_a_slip(word: str, meant: tuple[str, ...]) -> None:
    assert Spelling(["inconvenience"], ["unforeseea", "truble"]).meant(word) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ταλεπωρια", ("ταλεπωρια", "ταλαιπωρια")),
        ("διμηουργηθηκε", ("διμηουργηθηκε", "δημιουργη")),
        ("συνεννοειθηκαμε", ("συνεννοειθηκαμε",)),
    ],
)
def test_letters_that_sound_alike_are_a_slip(word: str, meant: tuple[str, ...]) -> None:
    assert Spelling(["ταλαιπωρια"], ["δημιουργη"], SOUNDS).meant(word) == meant


def test_an_ending_that_sounds_alike_is_another_word() -> None:
    """οφείλετε is “you owe”, οφείλεται “it is owed”."""
    assert Spelling(["οφειλετε"], [], SOUNDS).meant("οφειλεται") == ("οφειλεται",)


def test_spanish_letters_that_sound_alike_are_a_slip() -> None:
    known = rules("es")
    assert known is not None
    meant = Spelling(["avergonzados"], [], known.file.sounds).meant("abergoncados")
    assert meant == ("abergoncados", "avergonzados")


def test_sounds_that_are_heard_as_each_other_are_an_error() -> None:
    with pytest.raises(ValueError, match="“b” is heard as “v”, which is heard as “b”"):
        Rules("xx", RuleFile(language="X", sounds={"b": "v", "v": "b"}), {})
