"""Images and layouts from end to end: what is wrong with them is told by ``check``, before anything can be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from formal_campaign import png
from live import campaign_folder, customers

from mass_apology.errors import InputError, MassApologyError, MessageError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.letter.message.attach import IMAGE_LIMIT
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


def look(folder: Path, body: str = "", **tables: Mapping[str, object]) -> Check:
    campaign_folder(folder, "smtp+plain://127.0.0.1:1", customers(3), **tables)
    letter = folder / "templates/sorry/en.md"
    letter.write_text(letter.read_text(encoding="utf-8") + body, encoding="utf-8")
    return asyncio.run(
        check(Workspace.open(folder), CheckOptions(offline=True), None, force=False, on_progress=lambda *_: None)
    )


def codes(found: Check) -> set[str]:
    return {group.code for group in found.groups}


@pytest.mark.parametrize("table", ["message.images", "brand"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.png", "is not in"),
        ("../outside.png", "outside the campaign folder"),
        ("link.png", "symbolic link"),
        ("linked/outside.png", "symbolic link"),
        ("folder", "not a regular file"),
        ("text.png", "no image that mail programs show"),
        ("large.png", "1 MB is the most for an image"),
    ],
)
def test_an_image_that_cannot_go_is_an_error_before_anything_is_sent(
    tmp_path: Path, table: str, name: str, said: str
) -> None:
    folder = tmp_path / "campaign"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(png(9, 9))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "text.png").write_text("not at all an image")
    (folder / "large.png").write_bytes(png(9, 9) + bytes(IMAGE_LIMIT))
    with pytest.raises(MessageError, match=said) as caught:
        look(folder, **{table: {"logo": name}})
    assert name.rpartition("/")[2] in caught.value.problem
    assert caught.value.next_step


def test_an_image_that_is_there_is_no_error_and_one_with_another_name_is(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(9, 9))
    images = {"message.images": {"photo": "photo.png"}}
    assert look(tmp_path, "\n![The label](cid:photo)\n", **images).sendable
    found = look(tmp_path, "\n![The label](cid:foto)\n", **images)
    assert "letter-image-missing" in codes(found)
    assert not found.sendable


@pytest.mark.parametrize("address", ["https://evil.example/x.png", "file:///etc/passwd", "cid:{{ customer.name }}"])
def test_an_image_from_elsewhere_is_an_error_that_names_the_line(tmp_path: Path, address: str) -> None:
    with pytest.raises(MassApologyError, match=r"en\.md, line \d+: an image's address must be"):
        look(tmp_path, f"\n![x]({address})\n")


@pytest.mark.parametrize("layout", ["branded", "letterhead"])
def test_a_branded_campaign_is_ready_to_be_sent(tmp_path: Path, layout: str) -> None:
    (tmp_path / "logo.png").write_bytes(png(300, 90))
    found = look(
        tmp_path,
        top={"layout": layout},
        brand={"logo": "logo.png", "colour": "#7a1f5a"},
        letterhead={"number": "MA-{n:03d}", "pdf": True},
    )
    assert codes(found) <= {"relay-without-tls"}
    assert found.sendable


def test_a_column_of_the_addressee_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\[columns\] position"):
        look(tmp_path, columns={"position": "Stanowisko"})
