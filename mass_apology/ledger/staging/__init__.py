"""A plan in the making: rows in a SQLite file of their own, whatever the ledger is kept in."""
