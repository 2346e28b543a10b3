"""Attachments come from inside the campaign folder, whole, and as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.errors import MessageError
from mass_apology.letter.attach import LIMIT, read_attachments
from mass_apology.letter.compose import Attachment
from mass_apology.settings import MessageSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    campaign = tmp_path / "campaign"
    (campaign / "files").mkdir(parents=True)
    (campaign / "files" / "Zażółć.PDF").write_bytes(b"%PDF")
    (campaign / "sign.png").write_bytes(b"\x89PNG")
    (campaign / "what.ever").write_bytes(b"?")
    (tmp_path / "secret.txt").write_text("secret")
    return campaign


def test_files_and_images_are_read_with_their_names_and_types(folder: Path) -> None:
    settings = MessageSettings(attachments=("files/Zażółć.PDF", "what.ever"), images={"sign": "./sign.png"})
    assert read_attachments(folder, settings) == (
        Attachment(filename="Zażółć.PDF", content_type="application/pdf", data=b"%PDF"),
        Attachment(filename="what.ever", content_type="application/octet-stream", data=b"?"),
        Attachment(filename="sign.png", content_type="image/png", data=b"\x89PNG", content_id="sign"),
    )


def test_the_campaign_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (read,) = read_attachments(tmp_path / "link", MessageSettings(attachments=("sign.png",)))
    assert read.data == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../secret.txt", "outside"),
        ("files/../../secret.txt", "outside"),
        ("/etc/passwd", "outside"),
        ("link.txt", "symbolic link"),
        ("dangling.txt", "symbolic link"),
        ("linked/secret.txt", "symbolic link"),
        ("missing.pdf", "is not in"),
        ("files", "not a regular file"),
        ("a\0b", "outside"),
    ],
)
def test_what_is_no_file_of_the_folder_is_refused(folder: Path, name: str, said: str) -> None:
    (folder / "link.txt").symlink_to(folder / "sign.png")
    (folder / "dangling.txt").symlink_to(folder / "nowhere")
    (folder / "linked").symlink_to(folder.parent)
    for settings in (MessageSettings(attachments=(name,)), MessageSettings(images={"sign": name})):
        with pytest.raises(MessageError, match=said) as caught:
            read_attachments(folder, settings)
        assert caught.value.next_step


def test_all_together_may_not_be_too_large(folder: Path) -> None:
    (folder / "large.zip").write_bytes(bytes(LIMIT - 4))
    (fits, _) = read_attachments(folder, MessageSettings(attachments=("large.zip", "sign.png")))
    assert len(fits.data) == LIMIT - 4
    with pytest.raises(MessageError, match=r"10\.0 MB together"):
        read_attachments(folder, MessageSettings(attachments=("large.zip", "sign.png", "what.ever")))
