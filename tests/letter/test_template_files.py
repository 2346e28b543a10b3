"""Template files and layouts: found, read, framed, or refused with their line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from letter_files import load, render, template, write

from mass_apology.errors import TemplateError
from mass_apology.letter.template_files import (
    available_languages,
    shipped_templates,
    template_files,
)
from mass_apology.letter.values import Fields

# Files


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("Hello\n\nx", 1, "not a header"),
        ("Subject: a\nFrom: b\n\nx", 2, "not a header"),
        ("Subject: a\nSubject: b\n\nx", 2, "two headers"),
        ("Preheader: a\n\nx", 1, "no subject"),
        ("Subject:\n\nx", 1, "no subject"),
        ("Subject: a\n\n \n", 2, "no text"),
        ("Subject: a", 2, "no text"),
        ("Subject: a\n\nx\x00", 3, "control character"),
        ("Subject: a\n\nx\u2028", 3, "control character"),
    ],
)
def test_a_file_that_is_no_letter(tmp_path: Path, text: str, line: int, problem: str) -> None:
    path = write(tmp_path, "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=re.escape(f"{path}, line {line}: ") + f".*{problem}"):
        template(tmp_path)


def test_other_encodings_are_refused_and_a_mark_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes("\ufeffSubject: ä\r\n\r\nŻółć\r\n".encode())
    assert render(template(tmp_path)).text == "Żółć\n"
    path.write_bytes(b"Subject: x\n\n\n\xe4")
    with pytest.raises(TemplateError, match="line 4: the file is not UTF-8"):
        template(tmp_path)


def test_a_huge_template_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "x" * 70_000)
    with pytest.raises(TemplateError, match="larger than"):
        template(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_template(tmp_path: Path) -> None:
    write(tmp_path, "x").chmod(0)
    with pytest.raises(TemplateError, match="cannot be read"):
        template(tmp_path)


def test_names_are_no_paths(tmp_path: Path) -> None:
    write(tmp_path, "x")
    for scenario, layout in (("../sorry", "bare"), ("sorry", "../layouts/bare"), ("", "bare")):
        with pytest.raises(TemplateError, match="is not the name of"):
            load(scenario, "en", directories=[tmp_path], layout=layout, incident=Fields({}), sender=Fields({}))


def test_an_unknown_scenario_language_or_layout_names_what_there_is(tmp_path: Path) -> None:
    write(tmp_path, "x")
    facts = {"directories": [tmp_path], "incident": Fields({}), "sender": Fields({})}
    with pytest.raises(TemplateError, match="did you mean `sorry`"):
        available_languages("sory", [tmp_path])
    with pytest.raises(TemplateError, match="it has en"):
        load("sorry", "pl", layout="bare", **facts)
    with pytest.raises(TemplateError, match="did you mean `bare`"):
        load("sorry", "en", layout="bar", **facts)


def test_an_own_template_goes_before_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "service-outage"
    own.mkdir()
    (own / "de.md").write_text("Subject: x\n\nx", encoding="utf-8")
    (own / "pl.md").write_text("Subject: x\n\nx", encoding="utf-8")
    directories = [tmp_path, shipped_templates()]
    assert available_languages("service-outage", directories) == ("de", "el", "en", "es", "et", "fr", "lv", "pl", "ru")
    files = template_files("service-outage", directories, "plain")
    assert {own / "de.md", own / "pl.md"} < set(files)
    assert shipped_templates() / "service-outage" / "pl.md" not in files
    assert {path.name for path in files} == {
        "de.md",
        "el.md",
        "en.md",
        "es.md",
        "et.md",
        "fr.md",
        "lv.md",
        "pl.md",
        "ru.md",
        "plain.html",
        "plain.txt",
        "scenario.toml",
    }
    assert list(files) == sorted(files)


# Layouts


def test_a_layout_frames_the_letter(tmp_path: Path) -> None:
    layout = (
        '<html lang="{{ language }}" dir="{{ direction }}"><head><title>{{ subject }}</title><style>p { color: red }'
        "@media (prefers-color-scheme: dark) { p { color: blue !important } }</style></head>"
        "<body><i>{{ preheader }}</i>"
        "<table><tr><td>{{ body }}</td></tr>{% if sender.role %}<tr><td>no</td></tr>{% endif %}</table></body></html>"
    )
    path = write(tmp_path, "x", subject="A & {{ name }}", layout=layout)
    path.write_text("Subject: A & {{ name }}\nPreheader: <{{ name }}>\n\nx", encoding="utf-8")
    html = render(template(tmp_path), name="<b>").html
    assert '<html lang="en" dir="ltr">' in html
    assert "<title>A &amp; &lt;b&gt;</title>" in html
    assert "<i>&lt;&lt;b&gt;&gt;</i>" in html
    assert '<p style="color:red">x</p>' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "no</td>" not in html


def test_a_text_layout(tmp_path: Path) -> None:
    write(tmp_path, "x")
    (tmp_path / "layouts" / "bare.txt").write_text("{{ body }}\n\n--\n{{ sender.name }}\n", encoding="utf-8")
    assert render(template(tmp_path)).text == "x\n\n--\nAnna Kowalska\n"


@pytest.mark.parametrize(
    ("layout", "problem"),
    [
        ("<html></html>", "does not print `{{ body }}` once"),
        ("{{ body }}{{ body }}", "does not print `{{ body }}` once"),
        ("<p {% if rows %}class='a'{% endif %}>{{ body }}</p>", "stands where HTML allows none"),
        ("{{ body }}\n<a href='javascript:x'>x</a>", "begins with none of"),
        ("{{ body }}\n<a href={{ customer.plan }}>x</a>", "not with a customer's value"),
        ('{{ body }}\n<img src="https://a.example/p.png">', "must be `cid:`"),
        ("{{ body }} {{ bdy }}", "did you mean `body`"),
    ],
)
def test_a_layout_with_a_mistake(tmp_path: Path, layout: str, problem: str) -> None:
    write(tmp_path, "x", layout=layout)
    with pytest.raises(TemplateError, match=re.escape(problem)) as caught:
        template(tmp_path)
    assert "bare.html, line " in caught.value.problem
