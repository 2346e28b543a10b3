"""Sends messages over SMTP and reports the outcome of each with its phase.

``relay`` keeps the connections, ``session`` opens one, ``transaction`` sends over it, ``wire`` reads and writes octets;
``replies`` parses and classifies replies; ``url`` and ``password`` read settings; ``sink`` is a relay for tests.
"""
