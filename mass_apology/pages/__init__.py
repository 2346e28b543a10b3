"""Self-contained HTML pages of ``check``, ``preview`` and ``report``, without requests to any network."""
