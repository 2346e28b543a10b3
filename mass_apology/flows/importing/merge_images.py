"""Images of a mailmerge page: attached ones become the message's own, those of the web are named or fetched."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.error import URLError

from mass_apology.flows.importing.merge_notes import Notes
from mass_apology.letter.message.attach import IMAGE_LIMIT
from mass_apology.letter.message.pictures import picture_type

_IMAGE = re.compile(r"""(?P<head><img\b[^>]*?\ssrc\s*=\s*)(?P<quote>["'])(?P<src>.*?)(?P=quote)""", re.I | re.S)
_ALT = re.compile(r"""\balt\s*=\s*(["'])(.*?)\1""", re.I | re.S)
_SECONDS = 15
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


class PageImages:
    """Replaces the addresses of a page's images."""

    def __init__(
        self, resolve: Callable[[str], Path], attached: Collection[Path], notes: Notes, *, embeds: bool
    ) -> None:
        """``attached`` are the files that every letter has; ``embeds`` fetches images from the web."""
        self.files: dict[str, Path] = {}  # name → file to copy
        self.fetched: dict[str, tuple[str, bytes]] = {}  # name → file's name, octets
        self._resolve = resolve
        self._attached = attached
        self._notes = notes
        self._embeds = embeds
        self._by_address: dict[str, str] = {}

    def replaced(self, page: str) -> str:
        """The page with `cid:` where an image goes along."""
        return _IMAGE.sub(self._replaced, page)

    def _replaced(self, match: re.Match[str]) -> str:
        address = match["src"].strip()
        if address not in self._by_address:
            self._by_address[address] = self._address(address)
        return f'{match["head"]}"{self._by_address[address]}"'

    def _address(self, address: str) -> str:
        if address.lower().startswith(("http://", "https://")):
            return self._of_web(address)
        if "{" in address or address.lower().startswith(("cid:", "data:")):
            self._notes.error(
                "import-image",
                "the page",
                f"The image {address[:60]!r} cannot be carried over: it differs by row, or stands in the page itself.",
                'Put the file into the folder, name it in [message.images], and write src="cid:NAME".',
            )
            return address
        path = self._resolve(address)
        if path in self._attached and picture_type(path.read_bytes()) and path.stat().st_size <= IMAGE_LIMIT:
            name = self._named(path.stem)
            self.files[name] = path
            return f"cid:{name}"
        why = "no PNG, JPEG or GIF of at most 1 MB" if path in self._attached else "not among the attachments"
        self._notes.error(
            "import-image",
            "the page",
            f"The image {address!r} is {why}: mailmerge's letters show a broken image, and here it cannot be sent.",
            'Put an image into the folder, name it in [message.images], and write src="cid:NAME"; or delete the image.',
        )
        return address

    def _of_web(self, address: str) -> str:
        if self._embeds and "{" not in address:
            try:
                with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 (http and https only)
                    octets = answer.read(IMAGE_LIMIT + 1)
                kind = picture_type(octets)
                if kind and len(octets) <= IMAGE_LIMIT:
                    name = self._named(Path(address.split("?", maxsplit=1)[0]).stem)
                    self.fetched[name] = (f"{name}{_ENDINGS[kind]}", octets)
                    told = f"The image {address} was fetched: cid:{name}."
                    self._notes.told("import-image-embedded", "the page", told)
                    return f"cid:{name}"
                problem = "is no PNG, JPEG or GIF of at most 1 MB"
            except (URLError, OSError, ValueError) as error:
                problem = f"cannot be fetched: {getattr(error, 'reason', error)}"
            advice = "It stays on the web; or embed it by hand."
            self._notes.differs("import-image", "the page", f"The image {address} {problem}.", advice)
        else:
            self._notes.told(
                "import-web-image",
                "the page",
                f"The letters show the image {address} from the web, as mailmerge's do: many mail programs hide it, "
                "and the others tell that website who reads the letter.",
                "To send it along, import with --embed-images, which fetches it.",
            )
        return address

    def _named(self, stem: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "image"
        name, number = plain, 2
        while name in self.files or name in self.fetched:
            name, number = f"{plain}-{number}", number + 1
        return name
