"""``ledger move``: copies a campaign's ledger to another database, which counts from then on."""
