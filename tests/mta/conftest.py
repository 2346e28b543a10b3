"""The servers, one at a time each, and the table of what was tried, printed at the end."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator

import pytest
import trustme
from debian_trees import Unobtainable, tree
from private_server import NotOffered, PrivateServer
from table_of_situations import Situation, table


@pytest.fixture(scope="class")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """The class's server, with a root folder that is its own."""
    kind: type[PrivateServer] = request.cls.kind
    folder = tmp_path_factory.mktemp(kind.__name__)
    try:
        unpacked = tree(kind.package)
    except Unobtainable as problem:
        pytest.fail(f"No {kind.name}: {problem}")
    subprocess.run(["cp", "-a", str(unpacked), str(folder / "root")], check=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    made = kind(folder / "root", authority, folder / "authority.pem")
    yield made
    made.kill()


@pytest.fixture
def situation(server: PrivateServer, request: pytest.FixtureRequest) -> Situation:
    name = request.node.name.removeprefix("test_").replace("_", " ")
    return Situation(server, name, request)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, in a run that has tried a server."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    lines = list(table(reports))
    if lines:
        terminalreporter.section("mailbox and report, by server and situation")
    for line in lines:
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("mta"):
            item.add_marker(pytest.mark.timeout(300))  # a guard against hanging


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """A server that knows no such terms is passed over; others show the situation."""
    try:
        return (yield)
    except NotOffered as server:
        pytest.skip(f"{server} knows no such terms")
