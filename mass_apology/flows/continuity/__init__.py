"""Whether a ledger is the whole continuation of what was sent: it is compared with what lies outside it."""
