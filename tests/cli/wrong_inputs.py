"""What people get wrong, as data: at every command, in every file that it reads, and what the answer has to name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

FOLDER = object()
"""A folder stands in the file's place."""

GONE = object()
"""There is no such file."""

Broken = Mapping[str, object]  # file → its content (bytes or text), FOLDER or GONE
TOML = "campaign.toml"
CSV = "affected.csv"
LETTER = "templates/sorry/en.md"
SQLITE = b"SQLite format 3\x00" + b"\x10\x00\x01\x01\x00\x40\x20\x20" + bytes(4072)
BINARY = bytes(range(256)) * 40
HUGE = b'a = "' + b"x" * 300_000 + b'"\n'


class Wrong(NamedTuple):
    """One mistake."""

    words: str  # what is typed
    says: str  # what the answer names
    broken: Broken = MappingProxyType({})  # what is wrong with the files
    code: int = 1
    at: str = "fresh"  # the campaign: "fresh", "sent", "purged" or "none"


def replacing(old: str, new: str) -> Broken:
    """campaign.toml with one text in the place of another."""
    return {TOML: (old, new)}


def usage(words: str, says: str) -> Wrong:
    """Words that the command line cannot take."""
    return Wrong(words, says, code=2)


AWAY: Broken = {TOML: ("PORT", "1")}
"""Nobody listens at the relay's port."""

OPTIONS = [
    usage("apologise", "no command apologise"),
    usage("chekc", "did you mean check"),
    usage("send --confrim 3", "did you mean --confirm"),
    usage("send --confirm many", "'many' is not a whole number"),
    usage("send --confirm", "--confirm needs a value"),
    usage("send --confirm 3.5", "'3.5' is not a whole number"),
    usage("send now", "now"),
    usage("send --skip-bad-rows=yes", "--skip-bad-rows takes no value"),
    usage("preview --sample 0", "0 is less than 1"),
    usage("preview --sample -3", "-3 is less than 1"),
    usage("preview --row 1", "1 is less than 2"),
    usage("preview --row first", "'first' is not a whole number"),
    usage("preview --to", "--to needs a value"),
    usage("preview --open --to letters.mbox", "letters.mbox"),
    usage("test", "--to is missing"),
    usage("test --to me@acme.example --sample none", "'none' is not a whole number"),
    usage("init", "needed for a new campaign"),
    usage("init outage", "needed for a new campaign"),
    usage("init outage --template service-outage --recipient a.csv", "did you mean --recipients"),
    usage("check --jsno", "did you mean --json"),
    usage("report --wawe first", "did you mean --wave"),
    usage("report --evidence pack.zip --to report.html", "only one of them"),
    usage("report --timestamp pack.tsr", "--evidence"),
    usage("metrics --textfile", "--textfile needs a value"),
    usage("serve --port 80", "no option --port"),
    usage("worker now", "now"),
    usage("worker --ledger", "--ledger needs a value"),
    usage("worker -C x --ledger postgresql://a@b/c", "a database or of a folder"),
    usage("worker --password env:X", "--ledger"),
    usage("ledger move", "--to"),
    usage("approve --overide x", "did you mean --override"),
    usage("follow-up --plan --watch", "only one of them"),
    usage("follow-up --confirm 3", "--arm"),
    usage("follow-up --arm", "--arm needs a value"),
    usage("correct", "--template is missing"),
    usage("correct --template c --since yesterday", "2026-11-20"),
    usage("correct --template c --before 2026-13-40", "2026-13-40"),
    usage("correct --template c --subject mine", "'mine' is none of"),
    usage("schedule --print crontab", "'crontab' is none of"),
    usage("schedule --every 0", "0 is not between 1 and 60"),
    usage("schedule --every 90", "90 is not between 1 and 60"),
    usage("retry", "--refused"),
    usage("purge", "--older-than is missing"),
    usage("purge --older-than", "--older-than needs a value"),
    usage("bounces", "--from is missing"),
    usage("bounces --form x", "did you mean --from"),
    usage("suppress", "Commands:"),
    usage("suppress ad x@y.example", "did you mean add"),
    usage("suppress add", "missing"),
    usage("suppress import", "missing"),
    usage("templates shwo x", "did you mean show"),
    usage("templates show", "missing"),
    usage("facts import", "missing"),
    usage("facts export", "missing"),
    usage("status extra", "extra"),
    usage("demo --folder", "--folder needs a value"),
    usage("--vresion", "did you mean --version"),
]

EVERYWHERE = ("check", "preview", "test --to me@acme.example", "approve", "send --confirm 4", "status", "report")
LATER = (
    "follow-up",
    "follow-up --plan",
    "correct --template sorry",
    "retry --refused",
    "bounces --from x.mbox",
    "choices --from x.txt",
    "reconcile --log x.log",
    'purge --older-than "1 day"',
    "answers",
)

FOLDERS = [
    *(Wrong(words, "There is no campaign.toml", at="none") for words in (*EVERYWHERE, *LATER)),
    Wrong("check -C nowhere", "nowhere"),
    Wrong("check -C affected.csv", "affected.csv"),
    *(Wrong(words, "campaign.toml", {TOML: FOLDER}) for words in ("check", "status", "follow-up")),
]

CAMPAIGN_FILE = [
    Wrong("check", "line 1", {TOML: "name = \n"}),
    Wrong("status", "line 2", {TOML: 'name = "x"\n[relay\n'}),
    Wrong("check", "UTF-8", {TOML: b"name = '\xff'\n"}),
    Wrong("check", "campaign.toml", {TOML: BINARY}),
    Wrong("check", "campaign.toml", {TOML: HUGE}),
    Wrong("check", "`$.name` is missing", {TOML: ""}),
    Wrong("check", "campaign.toml", {TOML: SQLITE}),
    Wrong("preview", "`$.nmae` is no key (did you mean `name`?)", replacing('name = "trial"', 'nmae = "trial"')),
    Wrong("check", "`$.relay.ulr` is no key (did you mean `url`?)", replacing("url =", "ulr =")),
    Wrong(
        "send",
        "line 12: `$.relay.rate` is a whole number, but must be a text",
        replacing('rate = "unlimited"', "rate = 50"),
    ),
    Wrong("check", "`$.relay.rate` is 'fast', which is no rate", replacing('rate = "unlimited"', 'rate = "fast"')),
    Wrong("check", "`$.relay.connections` must be at least 1", replacing("timeout = 5.0", "connections = 0")),
    Wrong("check", "a whole number such as 5", replacing("timeout = 5.0", 'connections = "two"')),
    Wrong("check", "a number such as", replacing("timeout = 5.0", 'timeout = "long"')),
    Wrong("check", "a list such as", replacing('template = "sorry"', 'template = "sorry"\nlanguages = "en"')),
    Wrong(
        "check",
        "two or three lower-case",
        replacing('template = "sorry"', 'template = "sorry"\nlanguages = ["English"]'),
    ),
    Wrong("check", "no time zone", replacing('template = "sorry"', 'template = "sorry"\ntime_zone = "Polish"')),
    Wrong(
        "check", "has no offset", replacing('template = "sorry"', 'template = "sorry"\nfinish_by = 2026-11-20T09:00:00')
    ),
    Wrong("check", "a moment such as", replacing('template = "sorry"', 'template = "sorry"\nfinish_by = 2026-11-20')),
    Wrong("check", "a moment such as", replacing('template = "sorry"', 'template = "sorry"\nfinish_by = "soon"')),
    Wrong("check", "none of text, int", replacing('minutes = "int"', 'minutes = "integer"')),
    Wrong("check", "did you mean `int`", replacing('minutes = "int"', 'minutes = "integer"')),
    Wrong("check", "`$.sender.from`", replacing("anna@acme.example", "anna at acme")),
    Wrong("check", "url", replacing("smtp+plain://", "http://")),
    Wrong("check", "url", replacing("smtp+plain://", "")),
    Wrong("check", "password", replacing('rate = "unlimited"', 'rate = "unlimited"\npassword = "secret"')),
    Wrong("check", "not a number of 1 to 65535", replacing("PORT", "99999")),
    Wrong("check", "write [[follow_up]]", replacing("[types]", "[follow_up]\ntemplate = 'later'\n[types]")),
    Wrong(
        "check", "`$.follow_up[0].template` is missing", replacing("[types]", "[[follow_up]]\nafter = '1 day'\n[types]")
    ),
    Wrong("check", "after", replacing("[types]", "[[follow_up]]\ntemplate = 'sorry'\nafter = 3\n[types]")),
    Wrong("check", "no duration", replacing("[types]", "[[follow_up]]\ntemplate = 'sorry'\nafter = 'soon'\n[types]")),
    Wrong("check", "`$.purpose`", replacing('template = "sorry"', 'template = "sorry"\npurpose = "urgent"')),
    Wrong("check", "`$.schedule.hours`", replacing("[types]", "[schedule]\nhours = '25:00-26:00'\n[types]")),
    Wrong("check", "no template `sory`; did you mean `sorry`", replacing('template = "sorry"', 'template = "sory"')),
    Wrong("check", "where", replacing('template = "sorry"', 'template = "sorry"\nwhere = "minutes >"')),
    Wrong("check", "where", replacing('template = "sorry"', 'template = "sorry"\nwhere = "minute > 3"')),
    Wrong("check", "codes.csv", replacing("[types]", "[codes]\nfile = 'codes.csv'\n[types]")),
    Wrong("check", "bill.pdf", replacing("[types]", "[message]\nattachments = ['bill.pdf']\n[types]")),
    Wrong("send", "suppressed.sqlite", replacing("[types]", "[suppression]\nfile = 'suppressed.sqlite'\n[types]")),
    Wrong("check", "logo", replacing("[types]", "[brand]\nlogo = 'logo.png'\n[types]")),
    Wrong("check", "address", replacing("[types]", "[columns]\naddress = 'mail'\n[types]")),
]

RECIPIENTS = [
    *(Wrong(words, "affected.csv", {CSV: GONE}) for words in ("check", "preview", "send --confirm 4", "approve")),
    *(Wrong(words, "affected.csv", {CSV: FOLDER}) for words in ("check", "preview", "send --confirm 4")),
    Wrong("check", "affected.csv", {CSV: b""}),
    Wrong("preview", "affected.csv", {CSV: b""}),
    Wrong("check", "affected.csv", {CSV: BINARY}),
    Wrong("check", "affected.csv", {CSV: SQLITE}),
    Wrong("check", "affected.csv", {CSV: b"PK\x03\x04" + BINARY}),
    Wrong("check", "email", {CSV: "mail address,minutes\na@b.example,3\n"}),
    Wrong("check", "broken.xlsx", {**replacing("affected.csv", "broken.xlsx"), "broken.xlsx": b"not a workbook"}),
    Wrong("check", "broken.xlsx", {**replacing("affected.csv", "broken.xlsx"), "broken.xlsx": b"PK\x03\x04" + BINARY}),
    Wrong("check", "broken.parquet", {**replacing("affected.csv", "broken.parquet"), "broken.parquet": BINARY}),
    Wrong("check", "broken.ods", {**replacing("affected.csv", "broken.ods"), "broken.ods": BINARY}),
    Wrong("check", "none of that name", replacing("[types]", "[csv]\nencoding = 'utf-16-le'\n[types]")),
    Wrong("check", "latin-99", replacing("[types]", "[csv]\nencoding = 'latin-99'\n[types]")),
    Wrong("preview --row 99", "row 99", {}),
    Wrong("preview --address nobody@acme.example", "nobody@acme.example", {}),
    Wrong("test --to me@acme.example --row 99", "row 99", {}),
]

LETTERS = [
    Wrong("check", "templates/sorry/en.md", {LETTER: "no headers"}),
    Wrong("check", "templates/sorry/en.md", {LETTER: b""}),
    Wrong("check", "templates/sorry/en.md", {LETTER: BINARY}),
    Wrong("preview", "en.md", {LETTER: "Subject: x\n\n{{ customer.minuts }}\n"}),
    Wrong("check", "did you mean `minutes`", {LETTER: "Subject: x\n\n{{ customer.minuts }}\n"}),
    Wrong("check", "No filter named 'uper'", {LETTER: "Subject: x\n\n{{ name | uper }}\n"}),
    Wrong("check", "en.md", {LETTER: "Subject: x\n\n{% if %}\n"}),
    Wrong("check", "scenario.toml", {"templates/sorry/scenario.toml": "facts = 3\n"}),
    Wrong("check", "scenario.toml", {"templates/sorry/scenario.toml": "[facts.x]\ntype = 'txt'\n"}),
    Wrong("check", "scenario.toml", {"templates/sorry/scenario.toml": "colour = 'red'\n"}),
    Wrong("check", "scenario.toml", {"templates/sorry/scenario.toml": "[facts\n"}),
    Wrong("check", "languages/xx.toml", {"languages/xx.toml": "greeting = 1\n"}),
    Wrong("templates show sevice-outage", "did you mean `service-outage`"),
    Wrong("templates show service-outage --language xx", "xx"),
    Wrong("templates new Bad/Name", "Bad/Name"),
    Wrong("templates new sorry", "sorry"),
    Wrong("templates test nothing", "nothing"),
]

OUTPUT = [
    Wrong("preview --to letters.doc", "letters.doc"),
    Wrong("preview --to nowhere/letters.html", "nowhere"),
    Wrong("preview --to affected.csv", "affected.csv"),
    Wrong("preview --to /dev/null/letters.html", "/dev/null"),
    Wrong("preview", "preview.html", {"preview.html": "mine"}),
    Wrong("preview", "preview.html", {"preview.html": FOLDER}),
    Wrong("preview --to templates", "templates"),
    Wrong("check --to check.pdf", "check.pdf"),
    Wrong("check --to nowhere/check.html", "nowhere"),
    Wrong("report --to report.doc", "report.doc", at="sent"),
    Wrong("report --to nowhere/report.csv", "nowhere", at="sent"),
    Wrong("report --to affected.csv", "affected.csv", at="sent"),
    Wrong("report --unreached unreached.html", "unreached.html", at="sent"),
    Wrong("report --wave fist", "did you mean first", at="sent"),
    Wrong("report --evidence pack.tar", "pack.tar", at="sent"),
    Wrong("report --evidence nowhere/pack.zip", "nowhere", at="sent"),
    Wrong("report --evidence pack.zip --log nowhere.jsonl", "nowhere.jsonl", at="sent"),
    Wrong("report --evidence pack.zip --timestamp affected.csv", "pack.zip", at="sent"),
    Wrong("report --evidence pack.zip --timestamp nowhere.tsr", "nowhere.tsr", at="sent"),
    Wrong("report --coverage cover.pdf", "cover.pdf", at="sent"),
    Wrong("metrics --textfile metrics.txt", "metrics.txt", at="sent"),
    Wrong("metrics --textfile nowhere/metrics.prom", "nowhere", at="sent"),
    Wrong("metrics", "ledger"),
    Wrong("ledger move --to mysql://a@b/c", "--to: The ledger's URL is none of a PostgreSQL database", at="sent"),
    Wrong("ledger move --to postgresql://a:secret@b/c", "--to: The ledger's URL holds a password", at="sent"),
    Wrong("ledger move --to postgresql://b", "--to: The ledger's URL names no database"),
    Wrong("demo --folder templates", "templates"),
    Wrong("init trial --template sorry --recipients affected.csv", "sorry"),
    Wrong("init a/b --template service-outage --recipients affected.csv", "a/b"),
    Wrong("init new --template sevice-outage --recipients affected.csv", "did you mean `service-outage`"),
    Wrong("init new --template service-outage --recipients none.csv", "none.csv"),
    Wrong("init new --template service-outage --recipients templates", "templates"),
    Wrong("init templates --template service-outage --recipients affected.csv", "templates"),
]

SENDING = [
    *(Wrong(words, "cannot be reached", AWAY) for words in ("send --confirm 4", "send", "test --to a@b.example")),
    Wrong("send", "letters are due, but"),
    Wrong("send --confirm 4 --override too-mny", "too-mny"),
    Wrong("check --override mass-resend", "mass-resend"),
    Wrong("test --to nobody", "--to nobody"),
    Wrong("test --to me@acme.example --sample 900", "900"),
    Wrong("test --to me@acme.example --wave later", "no follow-ups"),
    Wrong("preview --wave later", "no follow-ups"),
    Wrong("approve --key nowhere", "nowhere"),
    Wrong("follow-up", "no follow-ups"),
    Wrong("status", "ledger"),
    Wrong("report", "ledger"),
    Wrong("correct --template sorry", "ledger"),
    Wrong("correct --template sorry --preview", "No letter of a wave first"),
    Wrong("retry --refused", "ledger"),
    Wrong("answers", "ledger"),
    Wrong('purge --older-than "90 days"', "ledger"),
    Wrong("status", "ledger.sqlite", {"ledger.sqlite": BINARY}),
    Wrong("status", "ledger.sqlite", {"ledger.sqlite": b""}),
    Wrong("status", "ledger.sqlite", {"ledger.sqlite": FOLDER}),
    Wrong("send --confirm 4", "ledger.sqlite", {"ledger.sqlite": BINARY}),
    Wrong("report", "ledger.sqlite", {"ledger.sqlite": SQLITE}),
]

AFTERWARDS = [
    Wrong("follow-up", "no follow-ups", at="sent"),
    Wrong("follow-up --watch", "no follow-ups", at="sent"),
    Wrong("follow-up --plan", "no follow-ups", at="sent"),
    Wrong("follow-up --arm later", "no follow-ups", at="sent"),
    Wrong("follow-up --resend-in-doubt later", "no follow-ups", at="sent"),
    Wrong("correct --template sory", "did you mean `sorry`", at="sent"),
    Wrong("correct --template sorry --wave secnd", "secnd", at="sent"),
    Wrong("correct --template sorry --digest xyz", "xyz", at="sent"),
    Wrong("correct --template sorry --name 'A B'", "A B", at="sent"),
    Wrong("correct --template sorry --name first", "first", at="sent"),
    Wrong("correct --template sorry --where 'minutes >'", "minutes >", at="sent"),
    Wrong("correct --template sorry --where 'minute > 3'", "minute", at="sent"),
    Wrong("correct --template sorry --confirm 99", "99", at="sent"),
    Wrong("retry --refused --code x.y", "REFUSED", at="sent"),
    Wrong("retry --refused --wave nothing", "nothing", at="sent"),
    Wrong("retry --refused --where 'minute > 3'", "minute", at="sent"),
    Wrong("purge --older-than soon", "soon", at="sent"),
    Wrong("purge --older-than '90 days'", "", at="sent"),
    Wrong("bounces --from nowhere.mbox", "nowhere.mbox", at="sent"),
    Wrong("bounces --from customers.csv", "is no mail", {"customers.csv": "email,name\na@x.example,Ann\n"}, at="sent"),
    Wrong("bounces --from book.xlsx", "is no mail", {"book.xlsx": BINARY}, at="sent"),
    Wrong("bounces --from events.json", "events.json", {"events.json": "{not json"}, at="sent"),
    Wrong("bounces --from events.jsonl", "events.jsonl", {"events.jsonl": BINARY}, at="sent"),
    Wrong("bounces --from http://acme.example/inbox", "http", at="sent"),
    Wrong("bounces --from imaps://", "imaps", at="sent"),
    Wrong("bounces --from imaps://user@127.0.0.1/INBOX --password secret", "--password", at="sent"),
    Wrong("choices --from nowhere.txt", "nothing to choose from", at="sent"),
    Wrong("reconcile --log nowhere.log", "nowhere.log", at="sent"),
    Wrong("show --address nobody@acme.example", "nobody@acme.example", at="sent"),
    Wrong("show --address nobody", "nobody", at="sent"),
    Wrong("resend --address nobody@acme.example --confirm 1", "nobody@acme.example", at="sent"),
    Wrong("import mailmerge nowhere --name out", "nowhere"),
    Wrong("answers --answered nobody@acme.example", "nobody@acme.example", at="sent"),
    Wrong("answers --answered-from nowhere.csv", "nowhere.csv", at="sent"),
    Wrong("answers --answered-from tickets.csv", "tickets.csv", {"tickets.csv": BINARY}, at="sent"),
    Wrong("facts export --language pl --to facts.doc", "facts.doc"),
    Wrong("facts import nowhere.csv", "nowhere.csv"),
    Wrong("facts import facts.csv", "facts.csv", {"facts.csv": BINARY}),
    Wrong("facts import page.json", "no JSON", {"page.json": BINARY}),
    Wrong("facts import page.json", "page.json", {"page.json": '{"incidents": []}'}),
    Wrong("facts import page.json", "page.json", {"page.json": FOLDER}),
    Wrong("facts import facts.csv", "facts.csv", {"facts.csv": "a,b\n1,2\n"}),
    Wrong("retry --refused", "forgotten", at="purged"),
    *(Wrong(words, "purged", at="purged") for words in ("correct --template sorry",)),
]

OTHERS = [
    *(usage(f"{words} extra", "extra") for words in ("pause", "resume", "stop", "notify")),
    Wrong("suppress add nobody", "nobody"),
    Wrong("suppress add a@b.example --reason dead-adress", "did you mean dead-address"),
    Wrong("suppress remove a@b.example", "a@b.example"),
    Wrong("suppress list --reason other", "other"),
    Wrong("suppress import nowhere.csv", "nowhere.csv"),
    Wrong("suppress import list.csv", "list.csv", {"list.csv": BINARY}),
    Wrong("suppress import list.csv", "list.csv", {"list.csv": FOLDER}),
    Wrong("suppress export --to affected.csv", "affected.csv"),
    Wrong("docs comands", "near it: commands"),
    Wrong("lint nothing.md", "nothing.md", at="none"),
    Wrong("lint affected.csv", "ends in .csv, and lint reads .md"),
    Wrong("lint templates", "it is a folder, not a file"),
    Wrong("lint --language xx templates/sorry/en.md", "no wording rules for the language `xx`"),
    Wrong("lint --scenario servise-outage templates/sorry/en.md", "did you mean service-outage?"),
    usage("lint", "FILE"),
    usage("lint --format xml templates/sorry/en.md", "xml"),
    Wrong("docs nothing-like-it", "nothing-like-it"),
]

ALL = [*OPTIONS, *FOLDERS, *CAMPAIGN_FILE, *RECIPIENTS, *LETTERS, *OUTPUT, *SENDING, *AFTERWARDS, *OTHERS]
