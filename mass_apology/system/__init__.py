"""Small services of the machine: whole files, processes, the state folder, timestamps, SQLite files."""
