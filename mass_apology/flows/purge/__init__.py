"""``purge``: removes personal data of a finished campaign; statuses, digests and suppressions keep their effect."""
