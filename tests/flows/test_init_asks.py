"""``init`` asks what only a person knows, and ``init --update`` adds what is new; neither changes what was written."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest

from mass_apology.errors import CampaignError, InputError, MassApologyError
from mass_apology.flows.init.new_campaign import InitResult, init
from mass_apology.flows.init.questions import Given, Question, moment
from mass_apology.flows.init.updating import Updated, update
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

FILE = "Mail,E-mail,lang\na@b.net,c@d.net,pl\nx@b.net,z@d.net,en\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(FILE, encoding="utf-8")


class Answers:
    """Types what it is told to each question, and remembers what it was asked."""

    def __init__(self, said: Mapping[str, str | list[str]]) -> None:
        self.said = {about: [text] if isinstance(text, str) else list(text) for about, text in said.items()}
        self.asked: list[str] = []
        self.objections: list[str] = []

    def __call__(self, question: Question, objection: str) -> str:
        self.asked.append(question.about)
        self.objections += [objection] if objection else []
        left = self.said.get(question.about, [])
        return left.pop(0) if left else ""


def begin(ask: Answers | None = None, **given: object) -> InitResult:
    return init("acme", "service-outage", Path("a.csv"), Given(**given), ask)  # type: ignore[arg-type]


def written() -> dict[str, object]:
    return tomllib.loads(Path("acme/campaign.toml").read_text(encoding="utf-8"))


def test_each_question_has_its_place() -> None:
    answers = Answers(
        {
            "address": "2",
            "service": "Acme API",
            "started_at": "2026-11-20T09:12:00Z",
            "sender": "Anna Nowak <anna@acme.example>",
            "relay": "smtps://anna@smtp.acme.example:465",
        }
    )
    begin(answers)
    assert answers.asked == ["address", "service", "started_at", "ended_at", "contact", "sender", "relay"]
    told = written()
    assert told["columns"] == {"address": "E-mail", "language": "lang"}
    assert told["incident"]["service"] == "Acme API"  # type: ignore[index]
    assert told["incident"]["started_at"] == datetime(2026, 11, 20, 9, 12, tzinfo=UTC)  # type: ignore[index]
    assert told["incident"]["ended_at"] == ""  # type: ignore[index]
    assert told["sender"] == {"from": "Anna Nowak <anna@acme.example>"}
    assert told["relay"]["url"] == "smtps://anna@smtp.acme.example:465"  # type: ignore[index]


def test_with_enter_alone_the_file_is_as_without_questions() -> None:
    begin(Answers({}))
    asked = Path("acme/campaign.toml").read_bytes()
    Path("acme").rename("before")
    begin()
    assert Path("acme/campaign.toml").read_bytes() == asked


def test_a_wrong_answer_is_asked_again_with_what_is_wrong() -> None:
    answers = Answers({"address": ["3", "Mail"], "started_at": ["soon", "9:12"], "relay": ["localhost", ""]})
    begin(answers)
    assert [each.partition(";")[0] for each in answers.objections] == [
        "It is none of these",
        "It is no moment",
        "It cannot be used: The relay's URL holds more or less than a scheme, a user, a host and a port.",
    ]
    assert written()["columns"]["address"] == "Mail"  # type: ignore[index]
    assert "example.org" in written()["relay"]["url"]  # type: ignore[index]


def test_what_options_say_is_not_asked() -> None:
    answers = Answers({})
    begin(
        answers,
        facts={"service": "Acme API", "en.harm": "You could not pay."},
        sender="anna@acme.example",
        columns={"address": "Mail"},
    )
    assert answers.asked == ["started_at", "ended_at", "contact", "relay"]
    assert written()["incident"]["en"]["harm"] == "You could not pay."  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"facts": {"servise": "x"}}, r"--fact servise: the template has no such fact; did you mean `service`\?"),
        ({"facts": {"started_at": "soon"}}, "--fact started_at: it is no moment"),
        ({"facts": {"en.harm": "No end"}}, r"--fact en\.harm: it does not end as a sentence"),
        ({"columns": {"adress": "Mail"}}, r"there is no such part; did you mean `address`\?"),
        ({"columns": {"address": "Mial"}}, r"the file has no such column; did you mean `Mail`\?"),
        ({"sender": "anna"}, "--sender: it cannot be used"),
        ({"relay": "smtp.acme.example"}, "--relay: it cannot be used"),
    ],
)
def test_an_option_that_cannot_be_used_makes_nothing(given: dict[str, object], said: str) -> None:
    with pytest.raises(CampaignError, match=said):
        begin(**given)
    assert [each.name for each in Path().iterdir()] == ["a.csv"]


def test_the_language_column_that_is_chosen_decides_the_tables() -> None:
    Path("a.csv").write_text("email,lang,sprache\na@b.net,pl,lv\n", encoding="utf-8")
    assert begin(Answers({"language": "sprache"})).languages == ("lv",)
    assert [*written()["incident"]][-1] == "lv"  # type: ignore[misc]


def workbook(*sheets: str) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet)
        page.append(["email", "lang" if sheet == "Affected" else "note"])
        page.append(["a@b.net", "lv"])
    book.save("a.xlsx")


def test_the_sheets_of_a_workbook_are_listed_and_one_is_chosen() -> None:
    workbook("Summary", "Affected", "Old")
    answers = Answers({"sheet": "2"})
    made = init("acme", "service-outage", Path("a.xlsx"), Given(), answers)
    assert answers.asked[0] == "sheet"
    assert (made.languages, made.sheets) == (("lv",), ())
    assert written()["csv"] == {"sheet": "Affected"}


def test_without_an_answer_the_first_is_read_and_all_are_told() -> None:
    workbook("Summary", "Affected")
    made = init("acme", "service-outage", Path("a.xlsx"), Given())
    assert (made.languages, made.sheets) == (("en",), ("Summary", "Affected"))
    assert "csv" not in written()


def test_a_sheet_by_its_option_and_one_that_is_not_there() -> None:
    workbook("Summary", "Affected")
    answers = Answers({})
    assert init("acme", "service-outage", Path("a.xlsx"), Given(sheet="Affected"), answers).languages == ("lv",)
    assert "sheet" not in answers.asked
    with pytest.raises(InputError, match="has no sheet 'None such'"):
        init("other", "service-outage", Path("a.xlsx"), Given(sheet="None such"))


def test_a_workbook_of_one_sheet_asks_nothing_about_it() -> None:
    workbook("Affected")
    answers = Answers({})
    assert init("acme", "service-outage", Path("a.xlsx"), Given(), answers).sheets == ()
    assert "sheet" not in answers.asked


def test_interrupted_it_leaves_nothing() -> None:
    def interrupts(_question: Question, _objection: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        init("acme", "service-outage", Path("a.csv"), Given(), interrupts)
    assert [each.name for each in Path().iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-20 09:12", "2026-11-20T09:12:00+02:00"),
        ("2026-11-20T09:12Z", "2026-11-20T09:12:00+00:00"),
        ("9:12", "2026-11-20T09:12:00+02:00"),
        ("Yesterday 23:05", "2026-11-19T23:05:00+02:00"),
    ],
)
def test_moments_as_people_type_them(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    try:
        now = datetime(2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=2)))
        assert moment(text, now).isoformat() == told
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize("text", ["25:00", "soon", "2026-13-01 09:00", ""])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        moment(text, datetime(2026, 11, 20, 12, tzinfo=UTC))


@pytest.mark.parametrize("ends", ["finished", "interrupted"])
def test_on_a_terminal_it_is_a_conversation(ends: str) -> None:
    ours, theirs = pty.openpty()
    words = [
        sys.executable,
        "-m",
        "mass_apology",
        "init",
        "acme",
        "--template",
        "service-outage",
        "--recipients",
        "a.csv",
    ]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    typed = "2\nAcme API\n\n\n\n\n\n" if ends == "finished" else "2\n"
    said = b""
    while b"address: " not in said:
        said += os.read(ours, 4096)
    os.write(ours, typed.encode())
    if ends == "interrupted":
        while b"service" not in said:
            said += os.read(ours, 4096)
        process.send_signal(2)
    process.wait(timeout=30)
    if ends == "finished":
        assert process.returncode == 0
        assert written()["incident"]["service"] == "Acme API"  # type: ignore[index]
    else:
        assert process.returncode == 3
        assert [each.name for each in Path().iterdir()] == ["a.csv"]
    os.close(ours)


# --update


def updated(**options: object) -> Updated:
    return update(Workspace.open(Path("acme")), **options)  # type: ignore[arg-type]


def edit(old: str, new: str) -> str:
    path = Path("acme/campaign.toml")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text.replace(old, new)


def require_kept(before: str) -> None:
    after = iter(Path("acme/campaign.toml").read_text(encoding="utf-8").splitlines())
    assert all(line in after for line in before.splitlines())  # each line, in its order


def test_the_file_is_read_as_campaign_toml_says_that_it_is_written() -> None:
    """No file is detected to be divided like this one."""
    begin()
    file, toml = Path("acme/a.csv"), Path("acme/campaign.toml")
    header = "Mail,E-mail,lang".replace(",", "~")
    file.write_bytes(f"{header}~Größe, in cm~Minutes Down\na@b.net~c@d.net~pl~1,7, \u20ac~12\n".encode("cp1252"))
    stated = toml.read_text(encoding="utf-8").replace("[csv]", '[csv]\nencoding = "cp1252"\ndelimiter = "~"\n', 1)
    toml.write_text(stated, encoding="utf-8")
    assert '[columns] minutes_down = "Minutes Down"' in updated().added


def test_a_new_campaign_lacks_nothing() -> None:
    begin()
    before = Path("acme/campaign.toml").read_bytes()
    assert updated().added == ()
    assert Path("acme/campaign.toml").read_bytes() == before


def test_a_language_more_and_twice_changes_nothing_more() -> None:
    begin()
    before = edit('service = ""', 'service   =  "Ours"  # as they say it')
    added = updated(languages=["lv"]).added
    assert added[0] == '[incident.lv] what_failed = ""'
    assert '[incident.lv] signed_as = "", as a comment: it is optional' in added
    require_kept(before)
    assert written()["incident"]["lv"] == dict.fromkeys(["what_failed", "harm", "repair", "prevention"], "")  # type: ignore[index]
    assert updated().added == ()


def test_new_columns_of_the_file_get_their_parts_and_types() -> None:
    begin()
    before = Path("acme/campaign.toml").read_text(encoding="utf-8")
    Path("acme/a.csv").write_text(
        FILE.replace("lang", "lang,TZ,minutes_down")
        .replace("pl", "pl,Europe/Warsaw,5")
        .replace("en\n", "en,Europe/London,7\n"),
        encoding="utf-8",
    )
    assert updated().added == ('[columns] time_zone = "TZ"', '[types] minutes_down = "int"')
    require_kept(before)
    assert written()["columns"] == {"language": "lang", "time_zone": "TZ"}


def test_a_released_part_is_not_proposed_again() -> None:
    begin()
    Path("acme/a.csv").write_text(FILE.replace("lang", "lang,TZ").replace("pl", "pl,x").replace("en", "en,y"))
    edit("[columns]", "[columns]\ntime_zone = false\n#")
    assert updated() == Updated(added=(), doubts=(), trouble="")


def test_a_letters_column_that_the_file_calls_otherwise() -> None:
    begin()
    text = FILE.replace("lang", "lang,Minutes Down").replace("pl", "pl,5").replace("en\n", "en,7\n")
    Path("acme/a.csv").write_text(text, encoding="utf-8")
    assert updated().added == ('[columns] minutes_down = "Minutes Down"', '[types] minutes_down = "int"')
    assert updated().added == ()


def test_what_a_person_chose_is_not_proposed_otherwise() -> None:
    begin(columns={"address": "Mail"})
    edit('language = "lang"', "")
    told = updated()
    assert told.added == ('[columns] language = "lang"',)
    assert told.doubts == ()


def test_facts_of_follow_ups_and_of_a_correction() -> None:
    begin()
    before = Path("acme/campaign.toml").read_text(encoding="utf-8")
    before = edit(before, before + '\n[[follow_up]]\ntemplate = "follow-up"\nafter = "3 days"\n')
    added = updated().added
    assert {each.split()[0] for each in added} == {"[incident]", "[incident.pl]", "[incident.en]"}
    assert '[incident.pl] done = ""' in added
    assert all("optional" in each for each in added if each.startswith("[incident] "))
    require_kept(before)
    correction = updated(template="correction").added
    assert correction
    assert not {*correction} & {*added}
    require_kept(before)
    with pytest.raises(MassApologyError):
        updated(template="corection")


def test_signed_as_stands_in_the_table_of_each_language() -> None:
    begin()
    text = Path("acme/campaign.toml").read_text(encoding="utf-8")
    top, *tables = text.split("\n[incident.")
    assert "signed_as" not in top
    assert ["# signed_as = " in table for table in tables] == [True, True]
