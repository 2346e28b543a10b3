"""Everything about one letter: its template, its words in the recipient's language, and its message.

``letter_writer`` turns a delivery into a letter and the message that carries it: from a ``language_kit``, which is
compiled once for each language, and ``customers``, who have rows of their own. ``render_pool`` spreads that over
processes, each a ``render_worker``.

A language's template is made by ``template_files`` out of ``markup``, ``localise``, ``salutations`` and ``values``;
``scenario`` and ``usage`` say what it needs. ``brand``, ``letterhead`` and ``branding`` are what it is written on,
``pdf`` the same on paper. ``message`` makes the octets; ``inspecting`` and ``legal`` say what is wrong with a letter.
"""
