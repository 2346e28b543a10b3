"""Postfix, in every situation."""

from __future__ import annotations

from postfix_server import PostfixServer
from situations import Situations
from troubles import Troubles


class TestPostfix(Situations, Troubles):
    kind = PostfixServer
