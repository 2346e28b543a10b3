"""The ledgers of many campaigns in a PostgreSQL database, which several machines can reach (extra ``scale``).

Opened by ``PostgresStore``. What the methods promise is said in ``ledger.port``.
"""
