"""A letter's body, once per template: Markdown (CommonMark with tables) into HTML and plain text."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from itertools import takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.token import Token as MarkdownToken
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType, OptionsDict
from msgspec import Struct

from mass_apology.letter.markup.bare_addresses import linked
from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.markdown_blocks import (
    Place,
    families,
    is_paragraph,
    lift,
    place,
)
from mass_apology.letter.markup.masking import Mask
from mass_apology.letter.markup.plaintext import plain_text
from mass_apology.letter.markup.typography import bind


class Body(Struct, frozen=True, kw_only=True):
    """A body as the layout takes it, still masked."""

    html: str
    text: str


class Flavour(Enum):
    """Which Markdown a body is written in."""

    LETTERS = auto()  # CommonMark with tables, without HTML
    PYTHON_MARKDOWN = auto()  # as mailmerge has it: line ends are line breaks, HTML stays


def compile_body(
    masked: str, mask: Mask, guard: Guard, *, isolate: bool = False, flavour: Flavour = Flavour.LETTERS
) -> Body:
    """Turn masked Markdown into masked HTML and masked text. ``TemplateError`` names the file's line.

    Words that the language keeps together are on one line in both.
    ``isolate`` keeps each value's direction of writing to itself in the HTML: an English name in a letter in Arabic
    must not move the words around it.
    """
    markdown = parser_of(flavour)
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    for edge in ("paragraph_open", "paragraph_close"):
        markdown.add_render_rule(edge, _edge)
    lifted = lift(masked, mask)
    references: dict[str, Any] = {}
    root = SyntaxTreeNode(markdown.parse("\n".join(lifted.lines), references))
    weaver = _Weaver(markdown, references, mask, guard, place(lifted, root), isolate=isolate, flavour=flavour)
    woven = weaver.children(root)
    return Body(
        html=markdown.renderer.render(woven, markdown.options, references),
        text=plain_text(SyntaxTreeNode(woven), mask),
    )


def parser_of(flavour: Flavour) -> MarkdownIt:
    """What reads a body of this flavour."""
    if flavour is Flavour.LETTERS:
        return MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).disable("fence")
    markdown.block.ruler.at("list", _list_after_empty_line, {"alt": ["paragraph", "reference", "blockquote"]})
    return markdown


def _list_after_empty_line(state: StateBlock, first: int, last: int, silent: bool) -> bool:  # noqa: FBT001 (a rule's)
    """A list that does not begin in the middle of a paragraph, but for the items of one that has begun."""
    interrupts = silent and state.parentType == "paragraph" and state.listIndent < 0
    return not interrupts and list_block(state, first, last, silent)


class _Weaver:
    """Puts the statements back among Markdown's tokens, and guards the links."""

    def __init__(  # noqa: PLR0913 (what a letter is woven of)
        self,
        markdown: MarkdownIt,
        references: dict[str, Any],
        mask: Mask,
        guard: Guard,
        places: dict[SyntaxTreeNode, list[Place]],
        *,
        isolate: bool,
        flavour: Flavour,
    ) -> None:
        self._links_bare_addresses = flavour is Flavour.LETTERS
        self._markdown = markdown
        self._references = references
        self._mask = mask
        self._guard = guard
        self._places = places
        self._isolate = isolate

    def children(self, node: SyntaxTreeNode) -> list[MarkdownToken]:
        """The tokens of a node's children, with the marks that stand among them."""
        places = self._places.get(node, [])
        tokens: list[MarkdownToken] = []
        for number, child in enumerate(node.children):
            tokens += [_statement(mark.word) for position, mark in places if position == number]
            tokens += self._tokens(child)
        return tokens + [_statement(mark.word) for position, mark in places if position >= len(node.children)]

    def _tokens(self, node: SyntaxTreeNode) -> list[MarkdownToken]:
        if not node.nester_tokens:
            return [node.token] if node.token else []
        if is_paragraph(node):
            return self._paragraph(node)
        opening, closing = node.nester_tokens
        inner = self.children(node)
        outside = _wrapping(inner) if node.type == "list_item" and len(node.children) == 1 else 0
        end = len(inner) - outside
        return [*inner[:outside], opening, *inner[outside:end], closing, *inner[end:]]

    def _paragraph(self, node: SyntaxTreeNode) -> list[MarkdownToken]:
        inline = node.children[0].token
        if inline is None or node.nester_tokens is None:
            return []
        lines = inline.content.split("\n")
        places = self._places.get(node, [])
        after_all = [mark for position, mark in places if position >= len(lines)]
        # Between two rounds of a loop stands what stands between two lines.
        gap = "\n" if any(mark.token.keyword == "endfor" for mark in after_all) else ""
        last = gap + "".join(mark.word for mark in after_all)
        for position, mark in reversed(places):  # each is put before the words of the later ones
            if position < len(lines):
                lines[position] = mark.word + lines[position]
        lines[-1] += last
        content = "\n".join(lines)
        families(content, self._mask)
        before, content, after = self._peeled(content) if node.type in {"paragraph", "heading"} else ([], content, [])
        inline.content = content
        inline.children = self._markdown.parseInline(content, self._references)[0].children
        self._guard_links(inline.children or [])
        if self._links_bare_addresses:
            inline.children = list(linked(inline.children or [], self._mask, self._guard))
        bind(inline.children or [], self._mask)
        if self._isolate:
            inline.children = [each for child in inline.children or [] for each in self._isolated(child)]
        opening, closing = node.nester_tokens
        self._drop_if_blank(content, opening, closing)
        return [*map(_statement, before), opening, inline, closing, *map(_statement, after)]

    def _isolated(self, token: MarkdownToken) -> list[MarkdownToken]:
        """Running text with each value in a ``bdi``, but for the salutation, which is in the letter's language."""
        if token.type != "text":
            return [token]
        pieces: list[MarkdownToken] = []
        end = 0
        for match in self._mask.pattern.finditer(token.content):
            value = self._mask.token(match)
            if not value.statement and value.code.strip() != "salutation":
                pieces += [_text(token.content[end : match.start()]), _html("<bdi>"), _text(match[0]), _html("</bdi>")]
                end = match.end()
        return [*pieces, _text(token.content[end:])]

    def _drop_if_blank(self, content: str, opening: MarkdownToken, closing: MarkdownToken) -> None:
        """A paragraph whose words are all in statements: where none of them holds, there is no paragraph."""
        groups = families(content, self._mask)
        said, end = "", 0
        for group in sorted(groups, key=lambda group: group[0].start()):
            if group[0].start() >= end:
                said += content[end : group[0].start()]
                end = group[-1].end()
        # What a filter holds keeps the names that are set in it to itself.
        sets = any(self._mask.token(group[0]).keyword == "set" for group in groups)
        if groups and not sets and not opening.hidden and not (said + content[end:]).strip():
            like = self._mask.token(groups[0][0])
            opening.meta["before"] = self._mask.statement("filter unless_blank", like)
            closing.meta["after"] = self._mask.statement("endfilter", like)

    def _guard_links(self, tokens: list[MarkdownToken]) -> None:
        for number, token in enumerate(tokens):
            if token.type == "link_open":
                address = str(token.attrs["href"])
                token.meta["plain"] = self._shows(address, tokens[number + 1 :])
                token.attrs["href"] = self._guard.address(address)
            elif token.type == "image":
                token.attrs["src"] = self._guard.image(str(token.attrs["src"]))

    def _shows(self, address: str, following: list[MarkdownToken]) -> bool:
        """Whether the link's text is the address itself."""
        words = "".join(token.content for token in takewhile(lambda token: token.type != "link_close", following))
        spelled = self._mask.spelled(address)
        return self._mask.spelled(words) in {spelled, spelled.removeprefix("mailto:"), spelled.removeprefix("tel:")}

    def _peeled(self, content: str) -> tuple[list[str], str, list[str]]:
        """A paragraph that is there only on a condition: the condition goes outside, or an empty one would be left."""
        before: list[str] = []
        after: list[str] = []
        while pair := self._around(content):
            opener, closer = pair
            before.append(opener)
            after.insert(0, closer)
            content = content[len(opener) : -len(closer)].strip()
        return before, content, after

    def _around(self, content: str) -> tuple[str, str] | None:
        for family in families(content, self._mask):
            first, last = family[0], family[-1]
            is_if = self._mask.token(first).keyword == "if" and len(family) == 2
            if is_if and first.start() == 0 and last.end() == len(content):
                return first[0], last[0]
        return None


def _edge(
    renderer: RendererHTML, tokens: Sequence[MarkdownToken], number: int, options: OptionsDict, _env: EnvType
) -> str:
    """A paragraph's tag, with the statement that stands outside of it in the HTML alone."""
    before, after = (tokens[number].meta.get(side) for side in ("before", "after"))
    tag = renderer.renderToken(tokens, number, options, _env)
    return (f"<!--{before}-->" if before else "") + tag + (f"<!--{after}-->" if after else "")


def _text(content: str) -> MarkdownToken:
    return MarkdownToken("text", "", 0, content=content)


def _html(content: str) -> MarkdownToken:
    return MarkdownToken("html_inline", "", 0, content=content)


def _statement(word: str) -> MarkdownToken:
    """A statement between blocks: a comment, the only thing that HTML allows between the rows of a table too."""
    return MarkdownToken("html_block", "", 0, content=f"<!--{word}-->")


def _wrapping(item: list[MarkdownToken]) -> int:
    """How many statements wrap all of a list's item: they go outside, or an empty bullet would be left."""
    texts = [number for number, token in enumerate(item) if token.type != "html_block"]
    before, after = texts[0], len(item) - 1 - texts[-1]
    return before if before == after else 0
