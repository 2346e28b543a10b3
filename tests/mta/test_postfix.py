"""Postfix, in every situation."""

from __future__ import annotations

import pytest
from postfix_server import PostfixServer
from situations import Situations
from troubles import DoubtsLater, Troubles

pytestmark = pytest.mark.mta


class TestPostfix(DoubtsLater, Situations, Troubles):
    kind = PostfixServer
