"""Postfix, in every situation."""

from __future__ import annotations

from postfix_server import PostfixServer
from situations import Situations


class TestPostfix(Situations):
    kind = PostfixServer
