"""Postfix, in every situation."""

from __future__ import annotations

from postfix_server import PostfixServer
from situations import Situations
from troubles import DoubtsLater, Troubles


class TestPostfix(DoubtsLater, Situations, Troubles):
    kind = PostfixServer
