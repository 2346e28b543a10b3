"""The SMTP side: from messages to accepted mail, each letter's outcome known by its phase.

``relay`` keeps the connections, ``session`` opens one, ``transaction`` sends over it, ``wire`` carries the octets;
``replies`` judges what was said; ``url`` and ``password`` read settings; ``sink`` is a relay for trials.
"""
