"""Everything about one letter: its template, its words in the recipient's language, and its message.

``writer`` turns a delivery into a letter and the message that carries it: from ``forms``, which are compiled once for
each language, and ``customers``, who have rows of their own. ``farm`` spreads that over processes, each a ``worker``.

A form's template is made by ``templates`` out of ``markup``, ``localise``, ``salutations`` and ``values``;
``scenario`` and ``usage`` say what it needs. ``brand``, ``heading`` and ``stationery`` are what it is written on,
``pdf`` the same on paper. ``message`` makes the octets; ``inspecting`` and ``legal`` say what is wrong with a letter.
"""
