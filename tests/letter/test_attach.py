"""Attachments, images and the logo come from inside the campaign folder, whole, and as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.errors import MessageError
from mass_apology.letter.message.attach import IMAGE_LIMIT, LIMIT, LOGO, read_attachments, read_logo
from mass_apology.letter.message.compose import Attachment
from mass_apology.letter.message.pictures import picture_size, picture_type
from mass_apology.settings import BrandSettings, MessageSettings

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\x2c\0\0\0\x5a\x08\x02"
GIF = b"GIF89a\x2c\1\x5a\0"
JPEG = b"\xff\xd8\xff\xe0\0\x06JFIF\xff\xdb\0\x03\0\xff\xff\xc2\0\x0b\x08\0\x5a\1\x2c"


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
    with pytest.raises(MessageError, match=rf"`\[brand\]` in campaign.toml .*{said}"):
        read_logo(folder, BrandSettings(logo=name))


def test_all_together_may_not_be_too_large(folder: Path) -> None:
    (folder / "large.zip").write_bytes(bytes(LIMIT - 4))
    (fits, _) = read_attachments(folder, MessageSettings(attachments=("large.zip", "sign.png")))
    assert len(fits.data) == LIMIT - 4
    with pytest.raises(MessageError, match=r"10\.0 MB together"):
        read_attachments(folder, MessageSettings(attachments=("large.zip", "sign.png", "what.ever")))


def test_one_image_may_not_be_too_large(folder: Path) -> None:
    (folder / "photo.jpg").write_bytes(JPEG + bytes(IMAGE_LIMIT - len(JPEG)))
    (fits,) = read_attachments(folder, MessageSettings(images={"photo": "photo.jpg"}))
    assert fits.content_type == "image/jpeg"
    (folder / "photo.jpg").write_bytes(JPEG + bytes(IMAGE_LIMIT))
    with pytest.raises(MessageError, match=r"'photo.jpg' .* has 1\.0 MB, and 1 MB is the most for an image"):
        read_attachments(folder, MessageSettings(images={"photo": "photo.jpg"}))
    with pytest.raises(MessageError, match=r"`\[brand\]`.*1 MB is the most"):
        read_logo(folder, BrandSettings(logo="photo.jpg"))
    assert read_attachments(folder, MessageSettings(attachments=("photo.jpg",)))  # a file to open, not to look at


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"RIFF\0\0\0\0WEBPVP8 ", b"%PDF-1.7", b"\x89PN", b"<html>"])
def test_what_is_no_image_is_refused_whatever_it_is_called(folder: Path, data: bytes) -> None:
    (folder / "logo.png").write_bytes(data)
    for read in (
        lambda: read_attachments(folder, MessageSettings(images={"sign": "logo.png"})),
        lambda: read_logo(folder, BrandSettings(logo="logo.png")),
    ):
        with pytest.raises(MessageError, match=r"'logo.png' .* is no image that mail programs show"):
            read()


def test_an_image_is_of_the_type_that_its_octets_tell(folder: Path) -> None:
    (folder / "sign.png").write_bytes(JPEG)
    (read,) = read_attachments(folder, MessageSettings(images={"sign": "sign.png"}))
    assert read.content_type == "image/jpeg"


def test_a_logo_is_an_image_with_a_name_of_its_own(folder: Path) -> None:
    assert read_logo(folder, BrandSettings()) is None
    (folder / "sign.png").write_bytes(PNG)
    assert read_logo(folder, BrandSettings(logo="sign.png")) == Attachment(
        filename="sign.png", content_type="image/png", data=PNG, content_id=LOGO
    )
    dark = read_logo(folder, BrandSettings(logo_dark="sign.png"), dark=True)
    assert dark is not None
    assert dark.content_id == "brand-logo-dark"
    with pytest.raises(MessageError, match="the name of the brand's logo"):
        read_attachments(folder, MessageSettings(images={"brand-logo-dark": "sign.png"}))
    with pytest.raises(MessageError, match="the name of the brand's logo"):
        read_attachments(folder, MessageSettings(images={LOGO: "sign.png"}))


def test_a_logo_that_was_cut_off_is_refused(folder: Path) -> None:
    (folder / "sign.png").write_bytes(PNG[:20])
    with pytest.raises(MessageError, match="damaged"):
        read_logo(folder, BrandSettings(logo="sign.png"))


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (GIF, "image/gif"), (JPEG, "image/jpeg")])
def test_a_picture_tells_its_type_and_size(data: bytes, kind: str) -> None:
    assert (picture_type(data), picture_size(data)) == (kind, (300, 90))
    assert {picture_size(data[:end]) for end in range(len(data))} <= {None, (300, 90)}


@given(st.binary(max_size=80))
def test_any_octets_tell_a_size_or_none(data: bytes) -> None:
    for beginning in (b"", PNG[:16], GIF[:6], b"\xff\xd8\xff"):
        size = picture_size(beginning + data)
        assert size is None or min(size) > 0
