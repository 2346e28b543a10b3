from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Visit, axe_violations
from hypothesis import example, given
from hypothesis import strategies as st

from mass_apology.pages.document import document, harmless, reveal_unseen, shared_style

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Anna\u202egnp.exe", "Anna⟨U+202E⟩gnp.exe"),
        ("a\u2066b\u2069c", "a⟨U+2066⟩b⟨U+2069⟩c"),
        ("tab\tbreak\r\n", "tab⟨U+0009⟩break⟨U+000D⟩⟨U+000A⟩"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("pay\u200dpal", "pay⟨U+200D⟩pal"),
        ("\ufeffname", "⟨U+FEFF⟩name"),
        ("\ud800", "⟨U+D800⟩"),
        ("👩‍💻 and ❤️‍🔥", "👩‍💻 and ❤️‍🔥"),
        ("می‌خواهم", "می‌خواهم"),
        ("Łucja Żółć, שלום, e\u0301", "Łucja Żółć, שלום, e\u0301"),
    ],
)
def test_shows_what_is_unseen_and_leaves_what_is_language(text: str, shown: str) -> None:
    assert reveal_unseen(text) == shown


def test_keeps_the_lines_of_a_text_of_lines() -> None:
    assert reveal_unseen("a\n\tb\r\x00", lines=True) == "a\n\tb⟨U+000D⟩⟨U+0000⟩"


@given(ANY_TEXT)
@example("\u200d\u200c\u200d")
def test_any_text_becomes_one_line_of_utf_8_that_reads_in_one_direction(text: str) -> None:
    shown = reveal_unseen(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not [each for each in shown if unicodedata.bidirectional(each) in {"LRE", "RLE", "LRO", "RLO", "PDF"}]
    assert not [each for each in shown if unicodedata.bidirectional(each) in {"LRI", "RLI", "FSI", "PDI"}]
    assert reveal_unseen(shown) == shown


@given(ANY_TEXT)
def test_harmless_text_cannot_leave_an_attribute_or_an_element(text: str) -> None:
    assert not set(harmless(text)) & set("<>\"'")


def test_refuses_a_style_or_script_that_would_end_its_own_element() -> None:
    with pytest.raises(ValueError, match="end its own element"):
        list(document(title="", style="a{}</STYLE >", body=()))
    with pytest.raises(ValueError, match="end its own element"):
        list(document(title="", style="", body=(), script="'</script>'"))


def test_streams_its_body() -> None:
    taken = []

    def body() -> list[str]:
        taken.append(1)
        return ["<p>here"]

    pieces = document(title="t", style="", body=(piece for _ in "ab" for piece in body()))
    assert "<title>t</title>" in next(pieces)
    assert taken == []
    assert next(pieces) == "<p>here"
    assert taken == [1]


def test_the_policy_admits_only_the_pages_own_script_and_style(visit: Callable[..., Visit], tmp_path: Path) -> None:
    own = """if (!window.stopped) {
        stopped = [];
        addEventListener('securitypolicyviolation', violation => stopped.push(violation.effectiveDirective));
    }"""
    body = (
        "<p id='p' style='color:red'>x</p><style>p{margin:99px}</style><script>window.foreign = 1</script>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' onerror='window.foreign = 2'>"
        "<img src='https://elsewhere.example/x.png'><form action='https://elsewhere.example/'></form>"
    )
    path = tmp_path / "page.html"
    # The script is put first here, to count what the page's policy stops behind it.
    page = "".join(document(title="t", style="p{padding:7px}", body=["@", body], script=own))
    path.write_text(page.replace("@", f"<script>{own}</script>"), encoding="utf-8")
    seen = visit(path)
    shown = seen.page.evaluate("() => { const s = getComputedStyle(p); return [s.color, s.padding, s.margin] }")
    assert shown[1] == "7px"
    assert shown[0] != "rgb(255, 0, 0)"
    assert "99px" not in shown[2]
    assert seen.page.evaluate("window.foreign") is None
    stopped = seen.page.evaluate("window.stopped")
    assert {"img-src", "script-src-elem", "style-src-elem", "style-src-attr"} <= set(stopped)
    assert len(seen.complaints) == len(stopped)
    seen.complaints.clear()  # that these were stopped is what was wanted


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_shared_look_is_readable(visit: Callable[..., Visit], tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "page.html"
    body = (
        "<main><h1>Title</h1><p class='quiet'>Quiet, with a <a href='#x'>link</a>, <mark>marked</mark> and "
        "<code>code</code></p><table><caption>Rows</caption><thead><tr><th scope='col'>a</th></tr></thead>"
        "<tbody><tr><td>1</td></tr></tbody></table>"
        + "".join(f"<span class='severity {each}'>{each}</span> " for each in ("error", "warning", "info", "good"))
        + "</main>"
    )
    path.write_text("".join(document(title="t", style=shared_style(), body=[body])), encoding="utf-8")
    assert axe_violations(visit(path, color_scheme=scheme).page) == ""
