"""From a customer file as it comes to the first real preview: what is typed, and how little is edited."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from openpyxl import Workbook
from shell import command

pytestmark = pytest.mark.slow

HEADER = "Account ID;Account;First Name;Last Name;Kunden-E-Mail;Lang;Country;Timezone;Plan;MRR (€);Downtime (min);CSM"
ROWS = """A-1;Firma 1;Grace;Nunn;grace@kunde.net;en-GB;GB;Europe/London;Starter;1.074,68;63;Tom
A-2;Firma 2;Õie;Mägi;oie@firma.net;et;EE;Europe/Tallinn;Pro;1.088,55;12;Tom
A-2;Firma 2;Külli;Tamm;kylli@client.net;et;EE;Europe/Tallinn;Pro;434,07;12;Tom
A-3;Firma 3;Lisa;Müller;lisa@mail.net;de-DE;DE;Europe/Berlin;Starter;7.050,28;192;Tom
;;;;;;;;;;;

A-4;Firma 4;Änne;Groß;no-at-sign.net;Deutsch;DE;Europe/Berlin;Pro;9,40;63;Tom
A-5;Firma 5;Björn;Weiß;bjorn@firma.net;German;DE;Europe/Berlin;Pro;9,40;n/a;Tom
A-1;Firma 1;Grace;Nunn;grace@kunde.net;en-GB;GB;Europe/London;Starter;1.074,68;63;Tom
Total;;;;7;;;;;1.234.567,89;88.123;"""


COMMANDS = (
    "init acme --template service-outage --recipients {file}",
    "preview -C acme --to preview.txt",
)
FACTS = {
    '\nservice = ""': '\nservice = "Acme API"',
    '\nstarted_at = ""': "\nstarted_at = 2026-11-20T09:12:00Z",
    '\nended_at = ""': "\nended_at = 2026-11-20T12:24:00Z",
    '\ncontact = ""': '\ncontact = "help@acme-post.net"',
    "Your Name <you@example.org>": "Anna Nowak <anna@acme-post.net>",
}
ENCODING = {'# encoding = "cp1257"': 'encoding = "cp1252"'}


def exported(folder: Path, name: str) -> bytes:
    """The export in the folder, as a text or as the workbook that a CRM writes: numbers are numbers, with formats."""
    if name.endswith(".csv"):
        (folder / name).write_bytes(f"{HEADER}\n{ROWS}\n".encode("cp1252"))
    else:
        book = Workbook()
        sheet = book.active
        for line in (HEADER, *ROWS.splitlines()):
            sheet.append([typed(cell) for cell in line.split(";")])
        for cell in sheet["J"][1:]:
            cell.number_format = '#,##0.00 "€"'
        sheet.freeze_panes = "A2"
        book.create_sheet("Legend").append(["MRR", "monthly recurring revenue"])
        book.save(folder / name)
    return (folder / name).read_bytes()


def typed(cell: str) -> str | float | None:
    """A cell of the text as a workbook holds it."""
    if re.fullmatch(r"[\d.]+(?:,\d+)?", cell):
        return float(cell.replace(".", "").replace(",", "."))
    return cell or None


@pytest.mark.parametrize(("file", "edits"), [("crm.csv", {**ENCODING, **FACTS}), ("crm.xlsx", FACTS)])
def test_a_crm_export_as_it_is(tmp_path: Path, file: str, edits: dict[str, str]) -> None:
    export = exported(tmp_path, file)
    commands = [each.format(file=file) for each in COMMANDS]
    assert len(commands) <= 4
    assert len(edits) <= 6
    made = command(*commands[0].split(), cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    settings = tmp_path / "acme/campaign.toml"
    text = settings.read_text(encoding="utf-8")
    for old, new in edits.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    settings.write_text(text, encoding="utf-8")
    shown = command(*commands[1].split(), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert (tmp_path / "acme" / file).read_bytes() == export, "nothing of the file is edited"
    letters = (tmp_path / "preview.txt").read_text(encoding="utf-8")
    assert re.findall(r"^To: (.*)$", letters, re.MULTILINE) == [
        "Grace Nunn <grace@kunde.net>",
        "Õie Mägi <oie@firma.net>",
        "Külli Tamm <kylli@client.net>",
        "Lisa Müller <lisa@mail.net>",
    ]
    flat = " ".join(letters.split())
    assert "Dear Grace Nunn," in flat
    assert "Guten Tag Lisa Müller," in flat
    assert "Ihr Konto war 3 Stunden und 12 Minuten nicht nutzbar." in flat
    assert "Lugupeetud Külli Tamm" in flat
    checked = command("check", "--offline", "-C", "acme", cwd=tmp_path).stdout
    assert {"totals-row", "address-invalid", "value-invalid"} <= set(re.findall(r"^error (\S+)", checked, re.MULTILINE))


SIBLINGS = {
    "English, in two columns of addresses": (
        """First,Last,E-mail 1,E-mail 2,Country,Joined,MRR,Downtime (min)
Ann,Smith,ann@cust.net,,United States,11/20/2025,"1,234.50",63
Bob,Jones,broken,bob@cust.net,USA,03/04/2026,12.00,12
""",
        {"name": ["First", "Last"], "address": ["E-mail 1", "E-mail 2"], "minutes_down": "Downtime (min)"},
        {"decimal": ".", "thousands": ",", "dates": "mdy"},
        [("Ann Smith", "ann@cust.net"), ("Bob Jones", "bob@cust.net")],
        "Dear Bob Jones,",
    ),
    "Polish": (
        """Imię;Nazwisko;Adres e-mail;Płeć;Kraj;Kwota;Data umowy;Awaria (min)
Jan;Nowak;jan@cust.net;M;Polska;1 234,50;20.11.2025;63
Anna;Kowalska;anna@cust.net;K;Polska;12,00;01.02.2026;5
""",
        {"name": ["Imię", "Nazwisko"], "gender": "Płeć", "country": "Kraj", "minutes_down": "Awaria (min)"},
        {"decimal": ",", "thousands": " ", "dates": "dmy"},
        [("Jan Nowak", "jan@cust.net"), ("Anna Kowalska", "anna@cust.net")],
        "Szanowni Państwo",
    ),
    "Russian": (
        """Фамилия;Имя;Эл. почта;Обращение;Язык;Страна;Сумма;Дата;Простой, мин
Петров;Олег;oleg@cust.net;г-н;русский;Россия;1 234,5;20.11.2025;63
Иванова;Анна;anna@cust.net;г-жа;русский;Россия;12,0;01.02.2026;5
""",
        {"name": ["Имя", "Фамилия"], "gender": "Обращение", "language": "Язык", "minutes_down": "Простой, мин"},
        {"decimal": ",", "thousands": " ", "dates": "dmy"},
        [("Олег Петров", "oleg@cust.net"), ("Анна Иванова", "anna@cust.net")],
        "Уважаемая Анна Иванова",
    ),
    "Greek": (
        """Όνομα;Επώνυμο;Διεύθυνση e-mail;Προσφώνηση;Γλώσσα;Χώρα;Διακοπή (λεπτά)
Νίκος;Παππάς;nikos@cust.net;κ.;Ελληνικά;Ελλάδα;63
Μαρία;Παππά;maria@cust.net;κα;el;GR;5
""",
        {"name": ["Όνομα", "Επώνυμο"], "gender": "Προσφώνηση", "country": "Χώρα"},
        {},
        [("Νίκος Παππάς", "nikos@cust.net"), ("Μαρία Παππά", "maria@cust.net")],
        "Αγαπητή Μαρία Παππά,",
    ),
    "Estonian": (
        """Eesnimi;Perekonnanimi;E-posti aadress;Sugu;Suhtluskeel;Riik;Katkestus (min)
Jaan;Tamm;jaan@cust.net;M;eesti;Eesti;63
Mari;Mägi;mari@cust.net;N;eesti;EE;5
""",
        {"name": ["Eesnimi", "Perekonnanimi"], "gender": "Sugu", "minutes_down": "Katkestus (min)"},
        {},
        [("Jaan Tamm", "jaan@cust.net"), ("Mari Mägi", "mari@cust.net")],
        "Mari Mägi",
    ),
    "Latvian": (
        """Vārds;Uzvārds;E-pasta adrese;Dzimums;Valoda;Valsts;Pārtraukums (min)
Jānis;Bērziņš;janis@cust.net;V;latviešu;Latvija;63
Līga;Kļaviņa;liga@cust.net;S;latviešu;LV;5
""",
        {"name": ["Vārds", "Uzvārds"], "gender": "Dzimums", "minutes_down": "Pārtraukums (min)"},
        {},
        [("Jānis Bērziņš", "janis@cust.net"), ("Līga Kļaviņa", "liga@cust.net")],
        "Kļaviņa",
    ),
}


@pytest.mark.parametrize(("file", "columns", "style", "people", "greeting"), SIBLINGS.values(), ids=list(SIBLINGS))
def test_its_siblings_need_no_edit_of_the_columns(
    tmp_path: Path,
    file: str,
    columns: dict[str, object],
    style: dict[str, str],
    people: list[tuple[str, str]],
    greeting: str,
) -> None:
    (tmp_path / "crm.csv").write_text(file, encoding="utf-8")
    made = command("init", "acme", "--template", "service-outage", "--recipients", "crm.csv", cwd=tmp_path)
    assert "In doubt" not in made.stdout
    settings = tomllib.loads((tmp_path / "acme/campaign.toml").read_text(encoding="utf-8"))
    assert settings["columns"].items() >= columns.items()
    assert settings.get("csv", {}) == style
    shown = command("preview", "-C", "acme", "--to", "preview.txt", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    letters = (tmp_path / "preview.txt").read_text(encoding="utf-8")
    assert re.findall(r"^To: (.*)$", letters, re.MULTILINE) == [f"{name} <{address}>" for name, address in people]
    assert greeting in letters
    checked = command("check", "--offline", "-C", "acme", cwd=tmp_path).stdout
    assert not {"gender-doubtful", "gender-unknown", "value-invalid", "language-invalid"} & set(checked.split())


def test_a_file_of_which_nothing_is_known_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("c1,c2\nx,1\n", encoding="utf-8")
    made = command("init", "acme", "--template", "service-outage", "--recipients", "crm.csv", cwd=tmp_path)
    assert 'Write its name in campaign.toml, [columns]: address = "…"' in " ".join(made.stdout.split())
    refused = command("preview", "-C", "acme", "--to", "preview.txt", cwd=tmp_path)
    assert "whose columns are 'c1', 'c2'" in " ".join(refused.stderr.split())
