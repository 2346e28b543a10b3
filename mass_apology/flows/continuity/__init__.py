"""Detects lost, copied and restored ledgers: compares the ledger with its log and with this machine's record."""
