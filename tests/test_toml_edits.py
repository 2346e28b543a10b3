"""Edits of campaign.toml change one value and no other octet, whatever a person wrote around it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.system.toml_edits import Edit, edited, line_of

FILE = '''# ours  \r
name   =   "x"   # kept
list = [ # a ] in a remark
  "a]", 'b#',  # more
]
"odd.key" = """
[no.header]
x = 1"""

[incident]  # facts
started_at = 1979-05-27 07:32:00Z # a space within

# pl.harm = "a remark"
[incident.pl]
harm = 'Stare.'	# tab
pl2.deep = { a = [1, 2], b = "}" }

# What follows belongs to the next table.
[[follow_up]]
after = "1 day"
[[follow_up]]
after = "2 days"'''


def put(table: tuple[str | int, ...], key: str, notation: str, *remark: str) -> Edit:
    return Edit(table=table, key=key, notation=notation, remark=remark)


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        (put((), "name", '"y"'), '"x"   # kept', '"y"   # kept'),
        (put((), "list", "[]"), "[ # a ] in a remark\n  \"a]\", 'b#',  # more\n]", "[]"),
        (put((), "odd.key", '"z"'), '"""\n[no.header]\nx = 1"""', '"z"'),
        (put(("incident",), "started_at", '"now"'), "1979-05-27 07:32:00Z # a", '"now" # a'),
        (put(("incident", "pl"), "harm", '"Nowe."'), "'Stare.'\t# tab", '"Nowe."\t# tab'),
        (put(("follow_up", 1), "after", '"3 days"'), '"2 days"', '"3 days"'),
        (put((), "new", "1"), 'x = 1"""\n', 'x = 1"""\r\nnew = 1\r\n'),  # its line ends are the file's first kind
        (put(("incident",), "service", '"A"'), "# a space within\n", '# a space within\nservice = "A"\r\n'),
        (
            put(("incident", "pl"), "repair", '"R."', "# why"),
            'b = "}" }\n',
            'b = "}" }\n\r\n# why\r\nrepair = "R."\r\n',
        ),
        (put(("incident", "lv"), "a", "1"), 'b = "}" }\n', 'b = "}" }\n\r\n[incident.lv]\r\na = 1\r\n'),
        (put(("follow_up", 0), "to", "[]"), '"1 day"\n', '"1 day"\nto = []\r\n'),
        (put(("types",), "a b", '"int"'), '"2 days"', '"2 days"\r\n\r\n[types]\r\n"a b" = "int"\r\n'),
    ],
)
def test_nothing_else_changes(edit: Edit, before: str, after: str) -> None:
    assert FILE.count(before) == 1
    text = edited(FILE, [edit])
    assert text.replace("\r\n", "\n") == FILE.replace(before, after).replace("\r\n", "\n")


def test_a_key_before_the_first_table_of_a_file_without_any() -> None:
    assert edited("[a]\nb = 1\n", [put((), "c", "2")]) == "c = 2\n\n[a]\nb = 1\n"
    assert edited("", [put(("a",), "c", "2")]) == "[a]\nc = 2\n"


@pytest.mark.parametrize("text", ['incident = { pl = { harm = "A." } }\n', "incident.pl = { harm = 'A.' }\n"])
def test_an_inline_table_is_not_torn_open(text: str) -> None:
    with pytest.raises(ValueError, match=r"`incident\.pl\.repair` cannot be written|Cannot|cannot|declare"):
        edited(text, [put(("incident", "pl"), "repair", '"B."')])


def test_dotted_keys_are_found() -> None:
    assert edited("[incident]\npl.harm = 'A.'\n", [put(("incident", "pl"), "harm", '"B."')]) == (
        '[incident]\npl.harm = "B."\n'
    )


def test_lines_are_told() -> None:
    assert line_of(FILE, ("incident", "pl", "harm")) == 15
    assert line_of(FILE, ("incident", "pl", "none")) is None


@pytest.mark.parametrize("path", sorted(Path("samples").glob("*/campaign.toml")), ids=lambda path: path.parent.name)
def test_every_fact_of_our_samples_can_be_replaced(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    incident = tomllib.loads(text)["incident"]
    for name, value in incident.items():
        table, keys = (("incident", name), [*value]) if isinstance(value, dict) else (("incident",), [name])
        for key in keys:
            told = tomllib.loads(edited(text, [put(table, key, '"?"')]))["incident"]
            assert (told[name][key] if isinstance(value, dict) else told[key]) == "?"


_WORDS = st.text(alphabet="ab#[]{}='\"\\\n .", max_size=8)


@given(first=_WORDS, second=_WORDS, new=_WORDS)
def test_whatever_stands_in_a_text(first: str, second: str, new: str) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    text = f"[t]\na = {quoted(first)} # {quoted(second)}\nb = [{quoted(second)}, # ]\n {quoted(first)}]\n"
    changed = edited(text, [put(("t",), "b", quoted(new)), put(("t",), "c", quoted(new))])
    assert tomllib.loads(changed) == {"t": {"a": first, "b": new, "c": new}}
    assert changed.startswith(text[: text.index("\nb = ")])
