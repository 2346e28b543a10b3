"""A rendered letter → its message: header fields, MIME structure, files that go along, Message-ID and return path."""
