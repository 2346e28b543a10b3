"""Small services of the machine: temporary, whole and regular files, JSON lines, SQLite, processes, time stamps."""
