"""A cell that turns the direction of writing of what follows it in the letter is an error; one that ends it is not."""

from __future__ import annotations

import pytest
from recipient_files import Load

HEADER = "email,name,note"


@pytest.mark.parametrize("note", ["\u202eold", "a \u202d", "\u202a+48 22", "\u2067x", "x \u2066a\u202c"])
def test_it_is_an_error_with_its_line(load_text: Load, note: str) -> None:
    loaded = load_text([HEADER, "a@x.example,Ann,fine", f"b@x.example,Bob,{note}"])
    assert loaded.codes == [(3, "bidi-override")]
    assert "\\u20" in loaded.findings[0].problem  # shown as an escape
    assert [each.address for each in loaded.recipients] == ["a@x.example"]


@pytest.mark.parametrize("note", ["\u202a+48 22\u202c", "\u2067שלום\u2069", "שלום", "abc\u200edef"])
def test_what_ends_by_itself_stays(load_text: Load, note: str) -> None:
    loaded = load_text([HEADER, f"b@x.example,Bob,{note}"])
    assert loaded.codes == []
    assert loaded.column("note") == [note]
