"""What every ledger in a database shares: the parts of ``ledger.port`` over statements, and most of the statements.

A statement stands in a file here if every database understands it, and else in the folder of each: those of
``records.sql`` that SQLite says in its own way are in ``sqlite_records.sql``. Tables have the same names and columns
everywhere.
"""
