"""``purge``: personal data out of a campaign that is over; statuses, digests and the effect of suppressions stay."""
