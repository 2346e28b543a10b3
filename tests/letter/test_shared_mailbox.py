"""A letter to several persons of one mailbox calls nobody by name, and no one's gender or position is another's."""

from __future__ import annotations

import json
from pathlib import Path

import formal_campaign
import pytest
import small_campaign

from mass_apology.errors import TemplateError

ANNA = {"name": "Anna", "minutes_down": "1", "gender": "f", "order id": "A-1"}
JAN = {"name": "Jan", "minutes_down": "2", "gender": "m", "order id": "A-2"}
COLUMNS = {"columns": {"gender": "gender"}}
WHOSE = """Subject: Sorry

{{ salutation }}

{{ customer.minutes_down }} minutes.
{% for row in rows %}
- {{ row.name }}: {{ row["order id"] }}
{% endfor %}
"""


def written(folder: Path, language: str, text: str, rows: list[dict[str, str]], name: str = "") -> str:
    small_campaign.write_templates(folder)
    (folder / "templates/sorry" / f"{language}.md").write_text(text, encoding="utf-8")
    writer = small_campaign.make_writer(folder, **COLUMNS)
    return str(writer.content(small_campaign.delivery(rows=rows, name=name, language=language)).text)


@pytest.mark.parametrize(
    ("language", "neutral"),
    [("en", "Dear customer,"), ("pl", "Szanowni Państwo,"), ("lv", "Labdien!"), ("ru", "Здравствуйте!")],
)
@pytest.mark.parametrize("rows", [[ANNA, JAN], [JAN, ANNA], [ANNA, ANNA | {"name": "Ola"}]])
def test_the_salutation_is_neutral(tmp_path: Path, language: str, neutral: str, rows: list[dict[str, str]]) -> None:
    assert written(tmp_path, language, WHOSE, rows).startswith(neutral)


def test_one_person_with_several_rows_is_called_by_name(tmp_path: Path) -> None:
    assert written(tmp_path, "en", WHOSE, [ANNA, ANNA], name="Anna").startswith("Dear Anna,")
    text = WHOSE.replace("{{ row.name }}", "x")
    later = ANNA | {"name": "", "gender": ""}
    assert written(tmp_path / "fr", "fr", text, [ANNA, later], name="Anna").startswith("Madame,")


def test_customer_is_the_first_row_and_rows_are_all_of_them_with_their_names(tmp_path: Path) -> None:
    text = written(tmp_path, "en", WHOSE, [ANNA, JAN])
    assert "1 minutes." in text
    assert "- Anna: A-1\n- Jan: A-2" in text


@pytest.mark.parametrize("printed", ["{{ customer.name }}", "{{ customer['name'] }}", "{{ customer.gender }}"])
def test_what_is_one_person_s_cannot_be_printed(tmp_path: Path, printed: str) -> None:
    with pytest.raises(TemplateError, match="is empty here"):
        written(tmp_path, "en", WHOSE + printed + "\n", [ANNA, JAN])


def test_a_letterhead_has_the_company_and_no_position(tmp_path: Path) -> None:
    cells = formal_campaign.CELLS
    rows = json.dumps([cells | {"name": "Jānis"}, cells | {"name": "Anna", "position": "Accountant"}])
    delivery = formal_campaign.delivery(rows=rows, name="", lines="[2,3]")
    writer = formal_campaign.make_writer(formal_campaign.write_folder(tmp_path))
    message = writer.write(delivery, date=formal_campaign.DATE, eightbit=True)
    text = formal_campaign.parts(message)["text/plain"].get_content()
    assert "SIA X" in text
    assert "Head of Operations" not in text
    assert "Accountant" not in text
