"""A family name alone in a salutation of one's own is in the vocative, where the language has one."""

from pathlib import Path

import pytest

from mass_apology.languages.language_files import read_languages
from mass_apology.letter.localise import Localiser

GREEK = """
[salutations]
named = { any = "Καλημέρα σας,", f = "Αξιότιμη κυρία {family},", m = "Αξιότιμε κύριε {family}," }
unnamed = { any = "Καλημέρα σας,", f = "Αξιότιμη κυρία,", m = "Αξιότιμε κύριε," }
"""


@pytest.mark.parametrize(
    ("name", "gender", "greeted"),
    [
        ("Γιώργος Παπαδόπουλος", "m", "Αξιότιμε κύριε Παπαδόπουλε,"),
        ("Παύλος Μελάς", "", "Αξιότιμε κύριε Μελά,"),
        ("Μαρία Παπαδοπούλου", "f", "Αξιότιμη κυρία Παπαδοπούλου,"),
        ("John Smith", "m", "Αξιότιμε κύριε Smith,"),
        ("Ελένη Νικολάου Παππά", "f", "Καλημέρα σας,"),
        ("", "m", "Αξιότιμε κύριε,"),
    ],
)
def test_a_formal_greek_address_calls_the_family_name(tmp_path: Path, name: str, gender: str, greeted: str) -> None:
    folder = tmp_path / "languages"
    folder.mkdir()
    (folder / "el.toml").write_text(GREEK, encoding="utf-8")
    assert Localiser(read_languages(tmp_path)["el"], "formal").salutation(name, gender) == greeted
