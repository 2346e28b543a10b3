"""The ledger's port: its Protocols are small, and what implements them has their methods with their parameters."""

from __future__ import annotations

import ast
import inspect

import pytest
from memory_ledger import MemoryLedger
from memory_planner import MemoryPlanner
from memory_records import (
    MemoryChoiceRecords,
    MemoryContinuityRecords,
    MemoryLetterFileRecords,
    MemoryOverview,
    MemoryRecords,
    MemoryWaveRecords,
)
from memory_store import MemoryStore
from memory_writers import (
    MemoryChoices,
    MemoryContinuity,
    MemoryDoubts,
    MemoryFeedback,
    MemoryLetterFiles,
    MemoryPurging,
    MemoryRefusals,
    MemoryWaves,
)

from mass_apology.ledger import planner, port, readers, writers

IN_MEMORY = {
    port.Store: (MemoryStore, set()),
    port.Records: (MemoryRecords, {"persons"}),
    port.Ledger: (MemoryLedger, {"persons", "resends"}),
    port.Planner: (MemoryPlanner, set()),
    readers.WaveRecords: (MemoryWaveRecords, set()),
    readers.Overview: (MemoryOverview, set()),
    readers.ChoiceRecords: (MemoryChoiceRecords, set()),
    readers.ContinuityRecords: (MemoryContinuityRecords, set()),
    readers.LetterFileRecords: (MemoryLetterFileRecords, set()),
    writers.LetterFiles: (MemoryLetterFiles, set()),
    writers.Waves: (MemoryWaves, set()),
    writers.Choices: (MemoryChoices, set()),
    writers.Purging: (MemoryPurging, set()),
    writers.Feedback: (MemoryFeedback, set()),
    writers.Doubts: (MemoryDoubts, set()),
    writers.Refusals: (MemoryRefusals, set()),
    writers.Continuity: (MemoryContinuity, {"become", "learn", "trust_server"}),
}
"""What implements each Protocol in memory, and what it leaves out. SQLite's classes are compared by mypy."""


def test_no_protocol_is_larger_than_its_user_needs() -> None:
    for module in (port, readers, writers, planner):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
                assert len(methods) <= 10, node.name


@pytest.mark.parametrize("protocol", IN_MEMORY)
def test_the_ledger_in_memory_leaves_out_what_it_says_and_fakes_nothing(protocol: type) -> None:
    made, left_out = IN_MEMORY[protocol]
    wanted = {name: each for name, each in inspect.getmembers(protocol) if not name.startswith("_")}
    has = {*dir(made), "name", "place", "kept"}  # these three are attributes of each instance
    assert left_out == wanted.keys() - has
    for name in wanted.keys() - left_out:
        if inspect.isfunction(wanted[name]):
            assert parameters(getattr(made, name)) == parameters(wanted[name]), name


def parameters(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]
