"""The command line: parse, call one flow, print, exit code; nothing else. The only users of typer and rich."""
