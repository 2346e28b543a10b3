"""Turns what the command line's parser objects to into our own sentences: what is wrong, and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mass_apology.near_misses import did_you_mean, ended

_TYPES = (
    (
        re.compile(r"(?P<given>'.*') is not a valid (?:integer|int)(?: range)?\.?", re.DOTALL),
        "{given} is not a whole number",
    ),
    (re.compile(r"(?P<given>'.*') is not a valid float\.?", re.DOTALL), "{given} is not a number"),
    (re.compile(r"(?P<given>'.*') is not a valid boolean\.?.*", re.DOTALL), "{given} is neither yes nor no"),
    (re.compile(r"(?P<given>\S+) is not in the range x>=(?P<least>\S+?)\.?"), "{given} is less than {least}"),
    (
        re.compile(r"(?P<given>\S+) is not in the range (?P<least>\S+?)<=x<=(?P<most>\S+?)\.?"),
        "{given} is not between {least} and {most}",
    ),
    (
        re.compile(r"(?P<given>'.*') does not match the formats? .*", re.DOTALL),
        "{given} is not a date or moment such as 2026-11-20 or 2026-11-20T09:12",
    ),
)
_CHOICES = re.compile(r"(?P<given>'.*') is not (?:one of )?(?P<choices>'.*')\.?", re.DOTALL)
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((?P<given>.*)\)", re.DOTALL)
_VALUELESS = re.compile(r"Option '(?P<option>.*?)' requires .*")
_FLAG = re.compile(r"Option '(?P<option>.*?)' does not take a value\.?")
_COMMAND = re.compile(r"No such command '(?P<given>.*?)'.*", re.DOTALL)


def sentences(error: Any, root: Any, words: Sequence[str]) -> tuple[str, str]:  # the types are private ones of typer
    """The problem and the next step for a ``UsageError``; ``words`` were typed after the program's name, ``root``'s."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else _typed_command(root, words)
    problem = _problem(error)
    return ended(f"{command}: {problem}"), f"See how it is used: {command} -h"


def _typed_command(root: Any, words: Sequence[str]) -> str:
    """The command that was typed: the parser does not say, where an option lacks its value."""
    names, command = ["mass-apology"], root
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        names.append(word)
    return " ".join(names)


def _problem(error: Any) -> str:
    kind = type(error).__name__
    if kind == "NoSuchOption":
        options = error.ctx.command.get_params(error.ctx)
        known = [name for each in options for name in each.opts if name.startswith("--")]
        return f"there is no option {error.option_name}{did_you_mean(error.option_name, known)}"
    if kind == "MissingParameter":
        return f"{_name(error)} is missing"
    if kind == "BadParameter":
        return f"{_name(error)}: {_value_problem(error.message)}"
    return _usage_problem(error, error.message)


def _name(error: Any) -> str:
    """The option or argument as it is typed, "--to" or "NAME"."""
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param is not None else "")
    name = (hint if isinstance(hint, str) else " / ".join(hint)).replace("'", "")
    return name if name.startswith("-") or error.param is None else name.upper()


def _value_problem(message: str) -> str:
    for pattern, sentence in _TYPES:
        if found := pattern.fullmatch(message):
            return sentence.format(**found.groupdict())
    if found := _CHOICES.fullmatch(message):
        choices = re.findall(r"'([^']*)'", found["choices"])
        return f"{found['given']} is none of {', '.join(choices)}{did_you_mean(found['given'].strip(chr(39)), choices)}"
    return message.rstrip(".")


def _usage_problem(error: Any, message: str) -> str:
    if found := _COMMAND.fullmatch(message):
        known = error.ctx.command.commands if error.ctx is not None else ()
        return f"there is no command {found['given']}{did_you_mean(found['given'], list(known))}"
    if found := _EXTRA.fullmatch(message):
        return f"nothing is known to do with {found['given']}, which stands there without an option"
    if found := _VALUELESS.fullmatch(message):
        return f"{found['option']} needs a value after it"
    if found := _FLAG.fullmatch(message):
        return f"{found['option']} takes no value"
    return message.rstrip(".")
