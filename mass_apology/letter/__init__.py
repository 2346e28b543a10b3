"""Everything about one letter: its template, its words in the recipient's language, and its message."""
