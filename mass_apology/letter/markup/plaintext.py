"""The text part: the same body as plain text, wrapped at 72 columns where its words are known.

Every block begins with its own distance to what stands before it, so an absent one leaves no gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from mass_apology.letter.markup.masking import Mask, quoted
from mass_apology.letter.markup.wrapping import WIDTH, fill


def plain_text(root: SyntaxTreeNode, mask: Mask) -> str:
    """The masked text of a woven tree; statements are ``html_block`` nodes."""
    return _PlainText(mask).blocks(root.children, "\n\n", "\n\n", "")


class _PlainText:
    """``lead`` goes before a block's first line, ``prefix`` before its later ones."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask

    def blocks(self, nodes: Sequence[SyntaxTreeNode], first: str, lead: str, prefix: str) -> str:
        """Blocks one after the other: the first begins with ``first``, the others with ``lead``."""
        pieces: list[str] = []
        for node in nodes:
            if statement := self._statement(node):
                pieces.append(statement)
            else:
                pieces.append(self._block(node, first, prefix))
                first = lead
        return "".join(pieces)

    def _block(self, node: SyntaxTreeNode, lead: str, prefix: str) -> str:
        if node.type in {"bullet_list", "ordered_list"}:
            return self._list(node, lead, prefix)
        if node.type == "blockquote":
            return self.blocks(node.children, f"{lead}> ", f"\n{prefix}>\n{prefix}> ", f"{prefix}> ")
        if node.type == "table":
            return self._table(node, lead, prefix)
        if node.type in {"fence", "code_block"}:
            return lead + node.content.rstrip("\n").replace("\n", f"\n{prefix}")
        if node.type == "hr":
            return f"{lead}* * *"
        return self._paragraph(self._inline(node.children[0].children), lead, prefix)

    def _list(self, node: SyntaxTreeNode, lead: str, prefix: str) -> str:
        items = [child for child in node.children if child.type == "list_item"]
        tight = any(child.hidden for item in items for child in item.children)
        # Items that come and go cannot be numbered beforehand.
        numbered = node.type == "ordered_list" and len(items) == len(node.children)
        lines = "\n" if tight else "\n\n"
        pieces = [lead.removesuffix(lines + prefix)]
        for number, child in enumerate(node.children, start=int(node.attrs.get("start", 1))):
            marker = f"{number}. " if numbered else "- "
            inner = prefix + " " * len(marker)
            pieces.append(self._statement(child) or self._item(child, lines + prefix + marker, lines + inner, inner))
        return "".join(pieces)

    def _item(self, node: SyntaxTreeNode, first: str, lead: str, prefix: str) -> str:
        return self.blocks(node.children, first, lead, prefix)

    def _table(self, node: SyntaxTreeNode, lead: str, prefix: str) -> str:
        rows = (row for part in node.children for row in (part.children if part.children else [part]))
        lines = (self._statement(row) or self._row(row, prefix) for row in rows)
        return "".join([lead.removesuffix("\n" + prefix), *lines])

    def _row(self, row: SyntaxTreeNode, prefix: str) -> str:
        cells = [self._inline(cell.children[0].children) for cell in row.children]
        return f"\n{prefix}{' | '.join(cells)}" if any(cells) else ""

    def _statement(self, node: SyntaxTreeNode) -> str:
        return self._mask.pattern.sub(r"\1", node.content) if node.type == "html_block" else ""

    def _inline(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        return "".join(self._words(nodes))

    def _words(self, nodes: Sequence[SyntaxTreeNode]) -> Iterator[str]:
        for node in nodes:
            if node.type == "softbreak":
                yield " "
            elif node.type == "hardbreak":
                yield "\n"
            elif node.type == "link":
                yield self._link(node)
            elif node.type == "html_inline":  # isolates a value in the HTML
                continue
            elif node.children:  # emphasis, and an image's alternative text
                yield self._inline(node.children)
            else:
                yield node.content

    def _link(self, node: SyntaxTreeNode) -> str:
        if node.meta.get("bare"):
            return self._inline(node.children)
        words, address = self._inline(node.children), str(node.attrs["href"])
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        return shown if node.meta["plain"] else f"{words} ({shown})"

    def _paragraph(self, masked: str, lead: str, prefix: str) -> str:
        statements = [token for token in self._mask.find(masked) if token.statement]
        if not statements:
            return lead + self._wrapped(masked, prefix)
        # What such a paragraph says, and so where its lines end, is known when a letter is rendered.
        begin = self._mask.statement(f"filter paragraph({quoted(prefix)})", statements[0])
        return lead + begin + masked + self._mask.statement("endfilter", statements[0])

    def _wrapped(self, masked: str, prefix: str) -> str:
        lines: list[str] = []
        for line in masked.split("\n"):
            words = filter(None, self._mask.split_literals(line).split(" "))
            lines += fill(words, WIDTH - len(prefix), self._mask.width)
        return f"\n{prefix}".join(lines)
