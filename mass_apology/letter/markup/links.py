"""What a letter may link to, and what may stand in a link: no value can turn an address into another one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, structs

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.masking import Mask, Token
from mass_apology.letter.markup.sandbox import LINK_SCHEMES, link, schemes
from mass_apology.letter.markup.source import mistake
from mass_apology.letter.values import Fields

_ATTRIBUTE = re.compile(
    r"""(?P<head>\s(?P<name>href|src)\s*=\s*)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'>]+))""", re.I
)
_LINK = re.compile(r'''\shref="((?:\{\{(?:(?!\}\}|\{\{).)*\}\}|(?!\{\{)[^"])*)"''', re.DOTALL)
_VALUE = re.compile(r"""\{\{[\s(]*(?:"(?P<literal>[^"]*)"|(?P<name>[\w.]+)).*?\}\}""", re.DOTALL)
_WEB = re.compile(r'''\ssrc="(https?://(?:\{\{(?:(?!\}\}).)*\}\}|[^"])*)"''', re.DOTALL)
_ABSENT = "\0"
_AUTHORITY = re.compile(r"https?://[^/?#]*", re.I)


def addresses(source: str, known: Mapping[str, Fields]) -> tuple[str, ...]:
    """What a compiled letter's source links to, each address once; values that differ by customer as ``{customer.x}``.

    ``known`` are the values that are the same in every letter; a link to one of them that is absent is never shown.
    """

    def value(match: re.Match[str]) -> str:
        if match["literal"] is not None:
            return match["literal"]
        owner, _, name = match["name"].partition(".")
        if owner not in known:
            return f"{{{match['name']}}}"
        return str(known[owner][name]) if name in known[owner] else _ABSENT

    found = (unescape(_VALUE.sub(value, match[1])) for match in _LINK.finditer(source))
    return tuple(dict.fromkeys(address for address in found if _ABSENT not in address))


def web_images(source: str) -> tuple[str, ...]:
    """The images that a compiled letter's source shows from the web, each address once, values in braces."""
    found = (unescape(_VALUE.sub(lambda match: f"{{{match['name'] or ''}}}", each)) for each in _WEB.findall(source))
    return tuple(dict.fromkeys(found))


class Guard(Struct, frozen=True, kw_only=True):
    """Checks the addresses of one file. Static ones are checked at once, values when a letter is rendered."""

    mask: Mask
    path: Path
    text: str  # the file's, to say on which line an address stands
    first: int = 1  # the line that the text begins on
    shows_web_images: bool = False  # a page of one's own may show images that every reader fetches

    def address(self, masked: str) -> str:
        """A link's address with its values guarded: a whole address must have a good scheme, a part is quoted."""
        words = list(self.mask.pattern.finditer(masked))
        if any(self.mask.token(word).statement for word in words):
            raise self._mistake(masked, "a link's address cannot hold a statement.")
        begins_with_value = bool(words) and words[0].start() == 0
        if begins_with_value:
            masked = self._whole(words[0]) + masked[words[0].end() :]
            words = words[1:]
        else:
            self._check_static(masked)
        allowed = "" if begins_with_value or _AUTHORITY.match(masked) else "@+"
        return self._quoted_parts(masked, {word[1] for word in words}, allowed)

    def image(self, masked: str) -> str:
        """An image's address: one of the message's own images. Remote ones are blocked, and tell who reads."""
        if self.shows_web_images and _AUTHORITY.match(masked):
            return self.address(masked)
        if not masked.lower().startswith("cid:") or self.mask.find(masked):
            raise self._mistake(masked, "an image's address must be `cid:` and the image's name.")
        return masked

    def attributes(self, masked_html: str) -> str:
        """A layout with every ``href`` and ``src`` guarded."""
        return _ATTRIBUTE.sub(self._attribute, masked_html)

    def _attribute(self, match: re.Match[str]) -> str:
        masked = match["double"] or match["single"] or match["bare"] or ""
        guarded = self.image(masked) if match["name"].lower() == "src" else self.address(masked)
        return f'{match["head"]}"{guarded}"'

    def _whole(self, word: re.Match[str]) -> str:
        token = self.mask.token(word)
        if self.mask.names(token) - {"incident", "sender", "brand", "remedies"}:
            problem = "a link's address can begin with a fact or the sender's, not with a customer's value."
            raise mistake(token.path, token.line, problem, "Write the address out, up to the host at least.")
        if token.literal is not None:
            self._check_literal(token)
        return self.mask.add(structs.replace(token, code=f"({token.code})|link", literal=None))

    def _check_literal(self, token: Token) -> None:
        try:
            link(token.literal)
        except ValueError as error:
            raise mistake(token.path, token.line, str(error), "Correct the fact in campaign.toml.") from error

    def _check_static(self, masked: str) -> None:
        static = self.mask.pattern.sub("", masked)
        if urlsplit(static).scheme.lower() not in LINK_SCHEMES:
            raise self._mistake(masked, f"the link's address `{static}` begins with none of {schemes()}.")
        host = _AUTHORITY.match(masked)
        if host and self.mask.find(host[0]):
            raise self._mistake(masked, "a link's host cannot be put together from values.")

    def _quoted_parts(self, masked: str, words: set[str], allowed: str) -> str:
        def quoted(match: re.Match[str]) -> str:
            token = self.mask.token(match)
            if match[1] not in words:
                return match[0]
            return self.mask.add(structs.replace(token, code=f'({token.code})|link_part("{allowed}")', literal=None))

        return self.mask.pattern.sub(quoted, masked)

    def _mistake(self, masked: str, problem: str) -> TemplateError:
        static = self.mask.pattern.split(masked)[0]
        line = self.text.count("\n", 0, max(self.text.find(static), 0)) + self.first
        return mistake(self.path, line, problem, "Correct the address.")
