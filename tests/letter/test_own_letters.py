"""Letters of one's own as they are: plain text, and HTML pages."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from letter_files import render, template, write
from small_campaign import delivery, make_writer, write_templates

from mass_apology.errors import TemplateError
from mass_apology.letter.message.compose import Skeleton
from mass_apology.letter.message.headers import Mailbox
from mass_apology.letter.template_files import Template, available_languages, template_files
from mass_apology.model import Content


def written(folder: Path, **files: str) -> Template:
    """The compiled letter of these files, named by language and suffix: ``en_txt``."""
    write(folder, "x").unlink()
    for name, text in files.items():
        (folder / "sorry" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return template(folder)


PLAIN = """Subject: Your {{ customer.plan }}

  Dear {{ customer.note }},


* this is no list *
# nor a heading
{% for row in rows %}
    {{ row.plan | upper }}	{{- " <&>" }}
{% endfor %}
{# nobody reads this #}
--\x20
A very long line that is never wrapped, whatever its length, since it was written for a reason and stays
"""


def test_plain_text_stays_as_it_is(tmp_path: Path) -> None:
    content = render(written(tmp_path, en_txt=PLAIN), {"plan": "pro", "note": "<b>Ann</b>"})
    assert content == Content(
        subject="Your pro",
        text="  Dear <b>Ann</b>,\n\n\n* this is no list *\n# nor a heading\n\n    PRO <&>\n\n\n--\x20\n"
        "A very long line that is never wrapped, whatever its length, since it was written for a reason and stays\n",
        html="",
    )


def test_a_plain_letter_is_one_part_alone(tmp_path: Path) -> None:
    content = render(written(tmp_path, en_txt=PLAIN), {"plan": "pro", "note": "Żółć"})
    skeleton = Skeleton(sender=Mailbox(name="", address="anna@acme.example"), language="en")
    for eightbit in (True, False):
        composed = skeleton.compose(
            content,
            to_address="jan@example.org",
            to_name="",
            date="Fri, 20 Nov 2026 00:00:00 +0000",
            message_id=f"<{'0' * 32}@acme.example>",
            eightbit=eightbit,
        )
        message = message_from_bytes(composed.data, policy=policy.default)
        assert message.get_content_type() == "text/plain"
        assert str(message.get_content()).replace("\r\n", "\n") == content.text


PAGE = """---
subject: Hello
---
<!DOCTYPE html>
<html><head><title>No subject</title><style>
p { color: red } .a:hover { color: blue } @media print { p { color: black } }
</style></head>
<body><!--[if mso]><table><tr><td>{% if rows %}{% endif %}<![endif]-->
<p class="a" title="{{ customer.plan }}">Dear {{ customer.note }},</p>
{% if customer.plan %}<p>See <a href="https://acme.example/{{ customer.plan }}">your
 plan</a> or <a href="mailto:a@acme.example">a@acme.example</a>.</p>{% endif %}
<table>{% for row in rows %}<tr><td>{{ row.plan }}</td><td>1</td></tr>{% endfor %}</table>
<img src="cid:photo" alt="a photo"><img src="https://acme.example/{{ customer.plan }}.png" alt="">
</body></html>
"""


def test_a_page_is_escaped_and_its_styles_are_inlined_and_kept(tmp_path: Path) -> None:
    made = written(tmp_path, en_html=PAGE)
    content = render(made, {"plan": 'a"b/c', "note": "<b>Ann</b>"}, rows=[{"plan": "x"}, {"plan": "y"}])
    assert content.subject == "Hello"
    assert content.html.lower().startswith("<!doctype html><html>")
    assert "<!--[if mso]><table><tr><td><![endif]-->" in content.html
    assert 'title="a&#34;b/c"' in content.html
    assert re.search('<p [^>]*style="color: ?red', content.html)
    assert ".a:hover" in content.html
    assert "@media print" in content.html
    assert "Dear &lt;b&gt;Ann&lt;/b&gt;," in content.html
    assert 'href="https://acme.example/a%22b%2Fc"' in content.html
    assert content.html.count("<tr><td>") == 2 + 1
    assert made.web_images == ("https://acme.example/{customer.plan}.png",)
    assert made.links == ("https://acme.example/{customer.plan}", "mailto:a@acme.example")
    assert content.text == (
        'Dear <b>Ann</b>,\n\nSee your plan (https://acme.example/a"b/c) or a@acme.example.\n\nx 1\ny 1\n\na photo\n'
    )


def test_a_text_of_ones_own_stands_beside_a_page(tmp_path: Path) -> None:
    files = {"en_html": "<p>Hi {{ customer.note }}", "en_txt": "Subject: Both\n\nHi,\n\n\n\n{{ customer.note }}"}
    content = render(written(tmp_path, **files), {"note": "A&B"})
    assert (content.subject, content.text) == ("Both", "Hi,\n\n\n\nA&B")
    assert "<p>Hi A&amp;B</p>" in content.html
    paths = template_files("sorry", [tmp_path], "bare")
    assert {"en.html", "en.txt"} <= {path.name for path in paths}
    assert available_languages("sorry", [tmp_path]) == ("en",)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"en_html": "Subject: a\n\n<p onclick='x'>a"}, "en.html, line 3: the page holds the attribute `onclick`"),
        ({"en_html": "Subject: a\n\n<p>\n<script>a</script>"}, "en.html, line 4: the page holds a `script` element"),
        ({"en_html": "Subject: a\n\n<p {{ name }}>a"}, "en.html, line 3: `name` stands in a tag"),
        ({"en_html": "Subject: a\n\n<{{ name }}>a"}, "en.html, line 3: `name` stands in a tag"),
        ({"en_html": "Subject: a\n\n<p style='color: {{ name }}'>a"}, "en.html, line 3: `name` stands in a style"),
        ({"en_html": "Subject: a\n\n<style>p {color: {{ name }}}</style>a"}, "line 3: `name` stands in a style"),
        ({"en_html": "Subject: a\n\n<a href='javascript:x'>a</a>"}, "en.html, line 3: the link's address"),
        ({"en_html": "Subject: a\n\n<img src='photo.png'>"}, "en.html, line 3: an image's address must be"),
        ({"en_html": "Subject: a\n\n<img src='https://{{ name }}/x'>"}, "line 3: a link's host cannot be put together"),
        ({"en_html": "<p>a"}, "en.html, line 1: the letter has no subject"),
        ({"en_txt": "Hello"}, "en.txt, line 1: the letter has no subject"),
        ({"en_txt": "---\nsubject: a\n\nHello"}, "en.txt, line 1: the front matter has no end"),
        ({"en_txt": "---\ncolour: a\n---\nHello"}, "en.txt, line 2: `colour: a` is not a header of a letter"),
        ({"en_txt": "Subject: a\n\n{{ custmer }}"}, "en.txt, line 3: `custmer` is not a variable of a letter"),
        ({"en_txt": "Subject: a\n\nx", "en_html": "Subject: a\n\nx"}, "en.txt, line 1: the header `Subject` stands in"),
        ({"en_txt": "Subject: a\n\nx", "en_md": "Subject: a\n\nx"}, "holds one letter twice: en.md and en.txt"),
    ],
)
def test_what_cannot_be_a_letter_is_told_with_its_line(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(problem)):
        written(tmp_path, **files)


def test_an_error_in_one_letter_names_the_line_of_its_file(tmp_path: Path) -> None:
    made = written(tmp_path, en_txt="Subject: a\n\nHi\n{{ customer.plan }}")
    with pytest.raises(TemplateError, match=r"en\.txt, line 4: the field `plan` is empty here"):
        render(made, {})


def test_front_matter_serves_a_letter_in_markdown_too(tmp_path: Path) -> None:
    content = render(written(tmp_path, en_md="---\nSubject: Sorry\n---\n\nDear **you**"))
    assert (content.subject, content.text) == ("Sorry", "Dear you\n")


def test_a_campaign_with_a_page_says_what_it_shows_from_the_web(tmp_path: Path) -> None:
    write_templates(tmp_path)
    folder = tmp_path / "templates" / "sorry"
    (folder / "en.md").unlink()
    (folder / "en.html").write_text("Subject: a\n\n<p>Dear {{ name }}<img src='https://acme.example/a.png'>")
    made = make_writer(tmp_path)
    found = made.language_findings(["en"])
    assert [each.code for each in found] == ["letter-web-image"]
    assert "https://acme.example/a.png" in found[0].problem
    assert made.language_findings(["pl"]) == []


def test_markup_that_the_customer_would_read_is_told(tmp_path: Path) -> None:
    write_templates(tmp_path)
    path = tmp_path / "templates" / "sorry" / "en.md"
    body = "<div class='x'>Dear {{ name }}</div> `<b>` <https://acme.example> 1 < 2"
    path.write_text(f"Subject: a\n\n{body}\n\n{{{{ customer.plan }}}}")
    made = make_writer(tmp_path)
    found = made.language_findings(["en", "pl"])
    assert [(each.code, each.where) for each in found] == [("letter-raw-html", "template sorry, language en")]
    assert "“</div>”, “<div class='x'>”" in found[0].problem
    rows = [{"plan": "pro <i>plus</i>"}, {"plan": "a < b > c"}]
    inspected = made.check([delivery(number, [row]) for number, row in enumerate(rows, start=1)])
    assert [(each.code, each.line) for each in inspected.findings] == [("value-markup", 2)]
    assert "“<i>”, “</i>”" in inspected.findings[0].problem


@pytest.mark.parametrize(
    "body",
    [
        "{%- if name -%}\n\n- a\n\n{%- elif code -%}\n\nText\n\n{%- endif -%}\n\nEnd",
        "x\n\n{% if name %}\n- a\n\n{% endif -%}\nEnd",
    ],
)
def test_statements_on_lines_of_their_own_may_have_dashes(tmp_path: Path, body: str) -> None:
    dashed = render(written(tmp_path, en_md=f"Subject: a\n\n{body}"))
    plain = render(written(tmp_path, en_md="Subject: a\n\n" + body.replace("{%-", "{%").replace("-%}", "%}")))
    assert dashed == plain
    assert "- a" in dashed.text


def test_a_missing_empty_line_is_named_where_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"en\.md, line 5: there is no empty line before `elif`"):
        written(tmp_path, en_md="Subject: a\n\n{% if name %}\n- one\n{% elif code %}\nText\n\nMore\n{% endif %}\n")
