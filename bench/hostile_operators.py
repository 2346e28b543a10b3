"""Operators' own files, as nobody would wish them: campaign.toml, templates and what they name. The same every time."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.hostile_text import GOOD, Write, mutated, octets

CAMPAIGN = """\
name = "hostile"
template = "note"
recipients = "affected.csv"
[sender]
from = "Anna Kowalska <anna@acme.example>"
[relay]
url = "smtp+plain://127.0.0.1:9"
"""
LETTER = "Subject: What happened\n\n{{ salutation }},\n\nWe were down.\n"
_PAGE = "<html><body>{{ body }}</body></html>"
_LONG = "{% set x = '" + "a" * 9_000 + "' %}"
_ITEMS = "{% set x = '" + "a" * 9_000 + "' | list %}"
_PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
_MANY = 100_000


class OperatorsFile(NamedTuple):
    """One file of a campaign's folder that is not as it should be."""

    name: str  # what is wrong with it
    file: str  # inside the folder
    write: Write
    campaign: str = CAMPAIGN  # what names it


def operators_files() -> list[OperatorsFile]:
    """All of them."""
    return [*_campaigns(), *_templates(), *_layouts(), *_beside(), *_no_files()]


def make(hostile: OperatorsFile, folder: Path) -> None:
    """A campaign that is whole, but for that file."""
    (folder / "templates" / "note").mkdir(parents=True)
    (folder / "templates" / "layouts").mkdir()
    (folder / "templates" / "note" / "en.md").write_text(LETTER)
    (folder / "campaign.toml").write_text(hostile.campaign)
    (folder / "affected.csv").write_bytes(GOOD[:100] + b"\n")
    path = folder / hostile.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_dir():
        path.unlink(missing_ok=True)
    hostile.write(path)


def _campaigns() -> Iterator[OperatorsFile]:
    for name, content in {**_toml(), **_encoded(), **_values()}.items():
        yield OperatorsFile(f"campaign-{name}", "campaign.toml", octets(content))
    for seed in range(12):
        yield OperatorsFile(f"campaign-mutated-{seed}", "campaign.toml", octets(mutated(CAMPAIGN.encode(), seed)))


def _toml() -> dict[str, str | bytes]:
    more = CAMPAIGN.replace("[sender]", "x = {}\n[sender]")
    deep = {
        "arrays-deep": "[" * _MANY,
        "arrays-deep-and-closed": "[" * _MANY + "]" * _MANY,
        "arrays-200-deep": "[" * 200 + "]" * 200,
        "arrays-30-deep": "[" * 30 + "]" * 30,
        "tables-inline-deep": "{a=" * 30_000,
        "tables-inline-200-deep": "{a=" * 200 + "1" + "}" * 200,
        "tables-and-arrays": "[{a=" * 200 + "1" + "}]" * 200,
        "integer-long": "9" * 10_000,
        "integer-of-300-digits": "9" * 300,
        "integer-hexadecimal": "0x" + "f" * 10_000,
        "float-long": "1." + "9" * 10_000,
        "float-infinite": "inf",
        "float-no-number": "nan",
        "float-1e999": "1e999",
        "text-not-closed": '"' + "a" * _MANY,
        "texts-not-closed": '"""' * 30_001,
        "escapes": '"' + "\\u0041" * 30_000 + '"',
        "escape-of-half-a-pair": '"\\ud800"',
        "escape-of-nothing": '"\\q"',
        "array-long": "[" + "1," * 100_000 + "]",
        "year-0": "0000-01-01T00:00:00Z",
        "year-1": "0001-01-01T00:00:00+14:00",
        "year-9999": "9999-12-31T23:59:59-12:00",
        "month-13": "2026-13-01",
        "hour-25": "25:00:00",
    }
    return {
        **{f"{name}": more.format(value) for name, value in deep.items()},
        "facts-deep": f"{CAMPAIGN}[incident]\nx = " + "[" * 60 + "]" * 60,
        "dots-many": ".".join("a" * _MANY) + " = 1\n" + CAMPAIGN,
        "dots-500": ".".join("a" * 500) + " = 1\n" + CAMPAIGN,
        "dots-of-facts": f"{CAMPAIGN}[incident]\n" + ".".join("a" * 500) + " = 1\n",
        "table-names-deep": CAMPAIGN + "[" + ".".join("a" * _MANY) + "]\n",
        "tables-many": CAMPAIGN + "".join(f"[x{each}]\n" for each in range(20_000)),
        "tables-many-and-deep": CAMPAIGN + "".join(f"[{'.'.join('ab' * 50)}.x{each}]\n" for each in range(1_000)),
        "waves-many": CAMPAIGN + "[[follow_up]]\n" * 5_000,
        "waves-many-and-whole": CAMPAIGN + '[[follow_up]]\ntemplate = "note"\nafter = "3 days"\n' * 2_000,
        "keys-many": CAMPAIGN + "".join(f"x{each} = 1\n" for each in range(20_000)),
        "key-long": "a" * 1_000_000 + " = 1\n" + CAMPAIGN,
        "key-twice": CAMPAIGN * 2,
        "comment-long": "#" + "x" * 3_000_000 + "\n" + CAMPAIGN,
        "lines-many": "\n" * 3_000_000 + CAMPAIGN,
        "brackets-only": "[" * _MANY,
        "equals-only": "=" * _MANY,
        "quotes-only": '"' * _MANY,
    }


def _encoded() -> dict[str, str | bytes]:
    return {
        "empty": "",
        "blank": " \n\t\n",
        "nul-only": bytes(10_000),
        "nul-within": CAMPAIGN.replace("hostile", "hos\0tile"),
        "nul-escaped": CAMPAIGN.replace("hostile", "hos\\u0000tile"),
        "utf-16": CAMPAIGN.encode("utf-16"),
        "utf-16-without-its-mark": CAMPAIGN.encode("utf-16-le"),
        "utf-32": CAMPAIGN.encode("utf-32"),
        "utf-8-with-its-mark": CAMPAIGN.encode("utf-8-sig"),
        "latin-1": CAMPAIGN.replace("Anna", "Zoë").encode("latin-1"),
        "noise": random.Random(1).randbytes(50_000),
        "workbook": b"PK\x03\x04" + random.Random(2).randbytes(5_000),
        "json": '{"name": "hostile"}',
        "yaml": "name: hostile\n",
        "carriage-returns": CAMPAIGN.replace("\n", "\r"),
        "surrogates": b"\xed\xa0\x80" + CAMPAIGN.encode(),
    }


def _values() -> dict[str, str | bytes]:
    settings = {
        "name": ['"' + "a" * 1_000_000 + '"', '"../../etc"', '"a\\nb"', '"a\\n"', '""', "7", "[]"],
        "template": ['"../note"', '"/etc"', '"note\\u0000"', '"' + "n" * 1_000_000 + '"', '"n\\note"', '"-"'],
        "recipients": ['"a\\u0000b"', '"' + "a/" * 50_000 + '"', '"' + "a" * 5_000 + '"', '"."', '"/dev/zero"', '"~"'],
        "layout": ['"../plain"', '"' + "a" * 1_000_000 + '"', '"a\\u0000"'],
        "time_zone": ['"../../etc/passwd"', '"' + "a" * 1_000_000 + '"', '"Europe"', '"\\u0000"'],
        "not_after": ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", "0001-01-01T00:00:00Z"],
        "finish_by": ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "12:00:00"],
        "where": ['"' + "(" * 10_000 + '"', '"' + "not " * 20_000 + '"', '"a\\u0000"', '"' + "9" * 10_000 + ' == 1"'],
        "languages": ["[]", '["' + "a" * 100_000 + '"]', '["../en"]', "[" + '"en",' * 20_000 + "]"],
    }
    tables = {
        "sender.from": [
            *(" " * 30_000 + "<", "<" * 60_000, "a" + " " * 30_000 + "<a@b.example", '\\"' * 30_000 + "<a@b.example>"),
            *("\\\\" * 30_000 + "<", "a@" * 30_000, "a" * 60_000 + "@acme.example", "a@" + "b." * 30_000 + "example"),
            *("x\\u0000 <a@b.example>", "x\\r\\nBcc: y <a@b.example>", '\\"' + "\\\\\\\\" * 20_000 + "<a@b.example>"),
            *("(" * 30_000 + "a@b.example", "@", "<>", "a@[" + "1" * 30_000, '\\"' + "a" * 30_000 + '\\"@b.example'),
        ],
        "relay.rate": ["9" * 10_000 + "/s", "1/" + "s" * 60_000, "-1/s", "0/s", "1e999/s", " " * 60_000 + "1/s"],
        "relay.url": [
            *("smtp+plain://127.0.0.1:99999", "smtp+plain://" + "[" * 50_000, "smtp+plain://a\\u0000", "file:///etc"),
            *("smtp+plain://127.0.0.1:" + "9" * 10_000, "smtp://" + "a@" * 50_000, "smtp+plain://[::1"),
        ],
        "relay.password": ["file:" + "a" * 10_000, "file:a\\u0000b", "file:/dev/zero", "env:a=b\\u0000", "keyring:"],
        "csv.encoding": [
            "utf-16",
            "utf-16-le",
            "zip",
            "rot13",
            "idna",
            "a\\u0000b",
            "x" * 100_000,
            "mbcs",
            "unicode_escape",
        ],
        "csv.delimiter": ["", "a" * 10_000, "\\n", '\\"', "\\u0000", "😀"],
        "limits.give_up_after": ["9" * 10_000 + " days", "1" * 300 + " days", "999999999 days", " " * 60_000],
        "approval.valid_for": ["9" * 5_000 + " hours", "99999999999 hours"],
        "brand.colour": ["#" + "f" * 60_000, "red", "#ffffff\\n"],
        "brand.logo": ["a\\u0000.png", "../logo.png", "/dev/zero", "a" * 5_000],
        "letterhead.number": ["{" * 50_000, "{n:" + "9" * 50_000 + "}", "%" * 50_000, "{number.__class__}"],
        "remedies.refund": [
            "https://a.example/{token}" + "{" * 50_000,
            "mailto:" + "@" * 50_000,
            "https://" + "a" * 60_000,
        ],
        "message.list_unsubscribe": ["<" * 50_000, "https://a.example/\\u0000", "mailto:" + "a" * 60_000 + "{token}"],
        "segments.many": ["(" * 20_000, "a == '" + "\\\\\\\\" * 20_000, "not " * 20_000],
        "codes.file": ["a\\u0000", "/dev/zero", "a/" * 30_000],
        "schedule.time_zone": ["../UTC", "a" * 60_000],
        "types.account": ["int" * 50_000, "\\u0000"],
    }
    given = {
        f"{key}-{number}": _set(key, value) for key, values in settings.items() for number, value in enumerate(values)
    }
    for path, texts in tables.items():
        given |= {f"{path}-{number}": _set(path, f'"{text}"') for number, text in enumerate(texts)}
    return dict(given)


def _set(path: str, value: str) -> str:
    """The campaign with one setting another."""
    table, _, key = path.rpartition(".")
    lines = CAMPAIGN.splitlines()
    if not table:
        return "\n".join([f"{key} = {value}", *(line for line in lines if not line.startswith(f"{key} "))])
    start = lines.index(f"[{table}]") + 1 if f"[{table}]" in lines else len(lines) + 1
    if start > len(lines):
        lines.append(f"[{table}]")
    kept = [line for line in lines[start:] if not line.startswith(f"{key} ")]
    return "\n".join([*lines[:start], f"{key} = {value}", *kept]) + "\n"


def _templates() -> Iterator[OperatorsFile]:
    for name, body in _bodies().items():
        yield OperatorsFile(f"letter-{name}", "templates/note/en.md", octets(f"Subject: Hello\n\n{body}"))
    whole: Mapping[str, str | bytes] = {
        "empty": "",
        "nul-only": bytes(5_000),
        "noise": random.Random(3).randbytes(20_000),
        "utf-16": LETTER.encode("utf-16"),
        "latin-1": LETTER.replace("down", "über").encode("latin-1"),
        "without-a-subject": "\n\nHello",
        "header-long": "Subject: " + "a" * 30_000 + "\n\na",
        "header-of-colons": ":" * 30_000,
        "subject-of-brackets": "Subject: {{ " + "(" * 20_000 + "\n\na",
        "of-a-megabyte": LETTER + "a" * 1_000_000,
        "of-300-megabytes": LETTER,
    }
    for name, content in whole.items():
        write = _hole if name == "of-300-megabytes" else octets(content)
        yield OperatorsFile(f"letter-{name}", "templates/note/en.md", write)
    tables: Mapping[str, str | bytes] = {
        "deep": "x = " + "[" * 30_000,
        "dots": ".".join("a" * 30_000) + " = 1",
        "integer": "x = " + "9" * 10_000,
        "noise": random.Random(4).randbytes(5_000),
        "empty": "",
        "types": "facts = 7",
        "facts-deep": "[facts.x]\ntype = " + "[" * 500 + "]" * 500,
    }
    for name, content in tables.items():
        yield OperatorsFile(f"scenario-{name}", "templates/note/scenario.toml", octets(content))
        yield OperatorsFile(f"examples-{name}", "templates/note/examples.toml", octets(content))


def _bodies() -> dict[str, str]:
    def doubled(step: str, use: str = "{{ x }}") -> str:
        return "{% set x = [name] %}" + step * 40 + use

    chains = {sign: f" {sign} ".join(["1"] * 150) for sign in ("+", "-", "*", "/", "and", "~", "if name else", "==")}
    return {
        "sum": doubled("{% set x = [x, x] | sum(start=[]) %}"),
        "string": doubled("{% set x = [x, x] %}", "{{ x | string | length }}"),
        "tuples": doubled("{% set x = (x, x) %}"),
        "tables": doubled("{% set x = {'a': x, 'b': x} %}"),
        "compared": doubled("{% set x = [x, x] %}{% set y = [x, x] %}", "{% if x == y %}a{% endif %}"),
        "texts": "{% set x = name %}" + "{% set x = x ~ x %}" * 60,
        "loop-of-texts": _LONG + "{% for a in x %}{{ x }}{% endfor %}",
        "loop-of-lists": _ITEMS + "{% for a in x %}{% set y = x | string %}{% endfor %}",
        "loop-of-searches": _ITEMS + "{% for a in x %}{% if 'b' in x %}{% endif %}{% endfor %}",
        "loop-of-selections": _ITEMS + "{% for a in x %}{% set y = x | select('eq', 'b') | list %}{% endfor %}",
        "sorts": _ITEMS + "{% set y = x | sort %}" * 600,
        "power": "{{ 9**9**9 }}",
        "product": "{{ 'a' * 10**9 }}",
        "centre": "{{ 'a'.center(1000000000) }}",
        "format": "{{ '%1000000000d' % 1 }}",
        "format-filter": "{{ '%1000000000d' | format(1) }}",
        "range": "{% for a in range(1000000000) %}a{% endfor %}",
        "indent": "{{ name | indent(1000000000) }}",
        "batch": "{{ [1] | batch(1000000000, 0) | list }}",
        "wordwrap": "{{ name | wordwrap(0) }}",
        "tojson": "{{ rows | tojson(indent=1000000000) }}",
        "replace": _LONG + "{{ x | replace('', x) }}",
        "join": _ITEMS + "{{ x | join(x | join) }}",
        "number": "{{ " + "9" * 10_000 + " }}",
        "number-from-a-text": "{{ '" + "f" * 10_000 + "' | int(base=16) }}",
        "brackets": "{{ " + "(" * 15_000 + "1" + ")" * 15_000 + " }}",
        "lists": "{{ " + "[" * 30_000,
        "signs": "{{ " + "-" * 30_000 + "1 }}",
        "not": "{{ " + "not " * 7_000 + "1 }}",
        "blocks": "{% if name %}" * 2_000 + "{% endif %}" * 200,
        "branches": "{% if name %}" + "{% elif name %}a" * 2_000 + "{% endif %}",
        "pieces": "{{ name }}" * 3_000,
        "not-closed": "{{ " * 10_000,
        "comments": "{# " * 10_000,
        "raw": "{% raw %}" * 3_000,
        **{f"150-times-{sign.replace('/', 'div')}": f"{{{{ {chain} }}}}" for sign, chain in chains.items()},
        **{
            f"markdown-{number}": sign * (32_000 // len(sign))
            for number, sign in enumerate(
                (
                    "[",
                    "![",
                    "[a](",
                    "*a _b ",
                    ">",
                    "> ",
                    "- ",
                    "`",
                    "<",
                    "&",
                    "\\",
                    "|a",
                    "a\n",
                    "a\n\n",
                    "# a\n",
                    "a" * 99,
                )
            )
        },
        "table-wide": "|a" * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "|b|\n" * 3_000,
        "references": "[a]: http://a.example\n\n" + "[a] " * 8_000,
        "link-of-script": "[a](javascript:alert(1))",
        "picture-that-is-not-there": "![a](cid:x)",
    }


def _layouts() -> Iterator[OperatorsFile]:
    rules = "".join(f".a{each} .b > p + p:not(.c) {{ color: red }}\n" for each in range(1_300))
    pages: Mapping[str, str | bytes] = {
        "empty": "",
        "without-a-body": "<html></html>",
        "body-many-times": "{{ body }}" * 2_000,
        "noise": random.Random(5).randbytes(20_000),
        "elements-deep": "<div>" * 12_000 + "{{ body }}",
        "tables-deep": "<table><tr><td>" * 4_000 + "{{ body }}",
        "formats-deep": "<b><i><a>" * 7_000 + "{{ body }}",
        "elements-many": _PAGE + "<p>" * 20_000,
        "attributes-many": "<p " + "".join(f"a{each}=1 " for each in range(7_000)) + ">{{ body }}</p>",
        "attribute-not-closed": ' href="' * 9_000 + "{{ body }}",
        "attribute-blank": " href" + " " * 60_000 + "{{ body }}",
        "styles-many": f"<html><head><style>{rules}</style></head><body>{{{{ body }}}}</body></html>",
        "styles-deep": f"<html><head><style>{'@media a {' * 6_000}</style></head><body>{{{{ body }}}}</body></html>",
        "styles-of-brackets": f"<html><head><style>a{{b:{'(' * 60_000}</style></head><body>{{{{ body }}}}</body>",
        "styles-of-nots": f"<html><head><style>{':not(' * 12_000}</style></head><body>{{{{ body }}}}</body></html>",
        "comments": "<!--" * 15_000 + "{{ body }}",
        "script": "<script>" + "{{ body }}",
        "brackets": "{{ " + "(" * 30_000,
    }
    for name, content in pages.items():
        campaign = CAMPAIGN.replace("[sender]", 'layout = "own"\n[sender]')
        yield OperatorsFile(f"layout-{name}", "templates/layouts/own.html", octets(content), campaign)


def _beside() -> Iterator[OperatorsFile]:
    codes = _codes()
    listed: Mapping[str, str | bytes] = {
        "empty": "",
        "noise": random.Random(6).randbytes(20_000),
        "utf-16": "A1\nB2\n".encode("utf-16"),
        "nul": "A1\nB\0C\n",
        "long": "A" * 2_000_000,
        "quotes": '"' * 200_001,
        "control-characters": "A\x1b[2J\n",
        "alike": "A1\n" * 10_000,
    }
    for name, content in listed.items():
        yield OperatorsFile(f"codes-{name}", "codes.csv", octets(content), codes)
    logo = f'{CAMPAIGN}[brand]\nlogo = "logo.png"\n'
    for name, picture in {
        "empty": b"",
        "noise": random.Random(7).randbytes(5_000),
        "head-only": _PICTURE[:8],
        "of-no-size": _PICTURE[:16] + bytes(8),
        "of-4-thousand-million": _PICTURE[:16] + b"\xff" * 8,
        "jpeg-only": b"\xff\xd8\xff",
        "jpeg-of-markers": b"\xff\xd8" + b"\xff" * 500_000,
        "jpeg-of-short-parts": b"\xff\xd8" + b"\xff\xe0\0\0" * 100_000,
        "gif-only": b"GIF89a",
        "svg": b"<svg/>",
        "of-2-megabytes": _PICTURE + bytes(2_000_000),
    }.items():
        yield OperatorsFile(f"logo-{name}", "logo.png", octets(picture), logo)


def _codes() -> str:
    return f'{CAMPAIGN}[codes]\nfile = "codes.csv"\n'


def _no_files() -> Iterator[OperatorsFile]:
    """Folders, pipes, devices and links in the place of files."""
    attached = f'{CAMPAIGN}[message]\nattachments = ["a.pdf"]\n'
    logo = f'{CAMPAIGN}[brand]\nlogo = "logo.png"\n'
    layout = CAMPAIGN.replace("[sender]", 'layout = "own"\n[sender]')
    secret = CAMPAIGN.replace("://127", "://me@127") + 'password = "file:secret"\n'
    fonts = f'{CAMPAIGN}[letterhead]\npdf = true\npdf_fonts = "fonts"\n'
    places = {
        "campaign.toml": CAMPAIGN,
        "templates/note/en.md": CAMPAIGN,
        "templates/note/scenario.toml": CAMPAIGN,
        "templates/note/examples.toml": CAMPAIGN,
        "templates/layouts/own.html": layout,
        "codes.csv": _codes(),
        "a.pdf": attached,
        "logo.png": logo,
        "secret": secret,
        "fonts": fonts,
    }
    kinds: Mapping[str, Callable[[Path], None]] = {
        "folder": Path.mkdir,
        "pipe": os.mkfifo,
        "zeroes": lambda path: path.symlink_to("/dev/zero"),
        "terminal": lambda path: path.symlink_to("/dev/tty"),
        "link-to-itself": lambda path: path.symlink_to(path.name),
        "link-to-nothing": lambda path: path.symlink_to("nothing"),
    }
    for file, campaign in places.items():
        for kind, write in kinds.items():
            yield OperatorsFile(f"{kind}-as-{file.replace('/', '-')}", file, write, campaign)
    for folder in ("templates/note", "templates"):
        for kind, write in kinds.items():
            if kind != "folder":
                yield OperatorsFile(f"{kind}-as-{folder.replace('/', '-')}", folder, _in_place(write))


def _in_place(write: Write) -> Write:
    def replaced(path: Path) -> None:
        shutil.rmtree(path)
        write(path)

    return replaced


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(300_000_000)
