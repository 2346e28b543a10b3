"""The farm, with real processes: the same messages as without them, and clear ends when something dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes_seen import children_of
from small_campaign import HEADER, DyingWriter, TalkativeWriter, campaign, delivery, make_writer, write_templates

from mass_apology.errors import MassApologyError, MessageError, TemplateError
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.render_pool import (
    LETTERS_PER_PROCESS,
    MOST_PROCESSES,
    RenderPool,
    processes_for,
)
from mass_apology.model import Finding, Message, Severity

pytestmark = pytest.mark.slow

NOW = 1_795_165_920.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("campaign")
    write_templates(made)
    return made


@pytest.mark.parametrize("processes", [0, 1, 2])
@pytest.mark.parametrize("letters", [0, 1, 3, 300])
def test_the_messages_are_those_of_one_writer_and_in_order(folder: Path, processes: int, letters: int) -> None:
    due = [delivery(number, language="pl" if number % 3 else "en") for number in range(letters)]

    async def write() -> list[Message]:
        async with RenderPool(partial(make_writer, folder), processes=processes) as render_pool:
            return await render_pool.write(due, now=NOW, eightbit=True)

    writer = make_writer(folder)
    written = asyncio.run(write())
    assert written == [writer.write(each, date=rfc5322_date(NOW), eightbit=True) for each in due]
    assert all(message.delivery is each for message, each in zip(written, due, strict=True))


def test_the_settings_themselves_can_go_to_the_processes(folder: Path) -> None:
    recipe = partial(Writer, campaign(), folder=folder, directories=[folder / "templates"], header=HEADER)

    async def write() -> list[Message]:
        async with RenderPool(recipe, processes=1) as render_pool:
            return await render_pool.write([delivery()], now=NOW, eightbit=False)

    assert asyncio.run(write()) == [recipe().write(delivery(), date=rfc5322_date(NOW), eightbit=False)]


@pytest.mark.parametrize("processes", [0, 2])
def test_findings_are_those_of_one_writer_and_in_order(folder: Path, processes: int) -> None:
    due = [delivery(number, name="=?" if number % 7 == 0 else "Jan") for number in range(200)]

    async def check() -> list[Finding]:
        async with RenderPool(partial(make_writer, folder), processes=processes) as render_pool:
            return (await render_pool.check(due)).findings

    findings = asyncio.run(check())
    failures = [finding.line for finding in findings if finding.severity is Severity.ERROR]
    assert failures == [number + 1 for number in range(0, 200, 7)]
    writer = make_writer(folder)
    assert findings == writer.check(due).findings


@pytest.mark.parametrize("processes", [0, 2])
def test_the_first_letter_that_fails_is_the_error_and_the_farm_goes_on(folder: Path, processes: int) -> None:
    bad = {"name": "Jan", "minutes_down": "three", "order id": "A"}
    due = [delivery(number, rows=[bad] if number in {150, 190} else None) for number in range(200)]
    unsafe = [delivery(1, name="a\nb")]

    async def write() -> list[Message]:
        async with RenderPool(partial(make_writer, folder), processes=processes) as render_pool:
            with pytest.raises(TemplateError, match=r"^affected\.csv, line 151: .*'three'") as caught:
                await render_pool.write(due, now=NOW, eightbit=True)
            assert "`[types]`" in caught.value.next_step
            with pytest.raises(MessageError, match=r"U\+000A"):
                await render_pool.write(unsafe, now=NOW, eightbit=True)
            return await render_pool.write(due[:3], now=NOW, eightbit=True)

    assert [message.delivery.id for message in asyncio.run(write())] == [0, 1, 2]


@pytest.mark.parametrize("processes", [0, 2])
def test_a_writer_that_cannot_be_made_is_the_error_it_is_without_processes(folder: Path, processes: int) -> None:
    async def start() -> None:
        async with RenderPool(partial(make_writer, folder, template="sory"), processes=processes):
            pytest.fail("the farm started")

    with pytest.raises(TemplateError, match="sory") as caught:
        asyncio.run(start())
    assert caught.value.next_step


def test_who_has_other_things_to_do_hears_with_the_first_request_that_no_writer_can_be_made(folder: Path) -> None:
    async def start() -> None:
        recipe = partial(make_writer, folder, template="sory")
        async with RenderPool(recipe, processes=2, is_ahead=True) as render_pool:
            for _ in range(2):
                with pytest.raises(TemplateError, match="sory"):
                    await render_pool.check([delivery()])

    asyncio.run(start())


@pytest.mark.parametrize("wait", [0.0, 0.2])
def test_processes_that_nobody_asked_for_anything_end_at_once(folder: Path, wait: float) -> None:
    async def leave() -> list[int]:
        async with RenderPool(partial(make_writer, folder), processes=2, is_ahead=True):
            await asyncio.sleep(wait)
            return workers_of(os.getpid())

    children = asyncio.run(leave())
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_messages_are_the_same_where_the_processes_start_meanwhile(folder: Path) -> None:
    async def write() -> list[Message]:
        async with RenderPool(partial(make_writer, folder), processes=2, is_ahead=True) as render_pool:
            return await render_pool.write([delivery(1), delivery(2)], now=NOW, eightbit=True)

    writer = make_writer(folder)
    assert asyncio.run(write()) == [
        writer.write(delivery(number), date=rfc5322_date(NOW), eightbit=True) for number in (1, 2)
    ]


def test_many_may_ask_at_once_and_some_may_give_up(folder: Path) -> None:
    async def write() -> list[list[int]]:
        async with RenderPool(partial(make_writer, folder), processes=2) as render_pool:
            asked = [
                asyncio.create_task(
                    render_pool.write(
                        [delivery(start + each) for each in range(40)], now=NOW, eightbit=bool(start % 80)
                    )
                )
                for start in range(0, 400, 40)
            ]
            await asyncio.sleep(0)
            for task in asked[::3]:
                task.cancel()
            results = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(each, asyncio.CancelledError) for each in results] == [
                index % 3 == 0 for index in range(10)
            ]
            return [[message.delivery.id for message in each] for each in results if isinstance(each, list)]

    kept = [start for index, start in enumerate(range(0, 400, 40)) if index % 3]
    assert asyncio.run(write()) == [list(range(start, start + 40)) for start in kept]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_process_that_dies_is_an_error_that_says_so(folder: Path, processes: int) -> None:
    due = [delivery(number, name="Exit" if number == 5 else "Jan") for number in range(10)]

    async def write() -> None:
        async with RenderPool(partial(make_writer, folder, DyingWriter), processes=processes) as render_pool:
            await render_pool.write(due[:3], now=NOW, eightbit=True)
            for _ in range(2):
                with pytest.raises(MassApologyError, match="exit status 3") as caught:
                    await render_pool.write(due, now=NOW, eightbit=True)
                assert "run the same command again" in caught.value.next_step

    asyncio.run(write())


def test_a_process_that_is_killed_says_by_which_signal(folder: Path) -> None:
    async def write() -> None:
        async with RenderPool(partial(make_writer, folder), processes=1) as render_pool:
            (child,) = workers_of(os.getpid())
            os.kill(child, signal.SIGKILL)
            with pytest.raises(MassApologyError, match="killed by signal 9"):
                await render_pool.write([delivery()], now=NOW, eightbit=True)

    asyncio.run(write())


def test_ctrl_c_does_not_reach_the_processes(folder: Path) -> None:
    async def write() -> list[Message]:
        async with RenderPool(partial(make_writer, folder), processes=1) as render_pool:
            (child,) = workers_of(os.getpid())
            assert os.getpgid(child) != os.getpgid(0)
            os.kill(child, signal.SIGINT)
            return await render_pool.write([delivery()], now=NOW, eightbit=True)

    assert len(asyncio.run(write())) == 1


def test_a_stray_print_does_not_break_the_conversation(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def write() -> list[Message]:
        async with RenderPool(partial(make_writer, folder, TalkativeWriter), processes=1) as render_pool:
            return await render_pool.write([delivery(1), delivery(2)], now=NOW, eightbit=True)

    assert [message.delivery.id for message in asyncio.run(write())] == [1, 2]
    assert "a stray line" in capfd.readouterr().err


def test_leaving_the_farm_ends_its_processes(folder: Path) -> None:
    async def run() -> list[int]:
        async with RenderPool(partial(make_writer, folder), processes=2):
            return workers_of(os.getpid())

    children = asyncio.run(run())
    assert len(children) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_a_process_that_hangs_is_ended_by_force(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mass_apology.letter.render_pool._STOP_SECONDS", 0.1)

    async def run() -> int:
        async with RenderPool(partial(make_writer, folder), processes=1):
            (child,) = workers_of(os.getpid())
            os.kill(child, signal.SIGSTOP)
            return child

    assert not runs_worker(asyncio.run(run()))


PARENT = """
import asyncio, sys
from functools import partial
from pathlib import Path
from small_campaign import delivery, make_writer
from mass_apology.letter.render_pool import RenderPool

async def write():
    async with RenderPool(partial(make_writer, Path(sys.argv[1])), processes=2) as farm:
        due = [delivery(number) for number in range(1000)]
        print("writing", flush=True)
        while True:
            await farm.write(due, now=0, eightbit=True)

asyncio.run(write())
"""


def test_a_parent_that_is_killed_leaves_no_process_behind(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        assert parent.stdout.readline() == b"writing\n"
        children = workers_of(parent.pid)
        parent.kill()
        parent.stderr.read()  # the processes hold it too, so it ends when the last of them has ended
    assert len(children) == 2
    assert not any(runs_worker(child) for child in children)


def test_a_process_imports_neither_pandas_nor_the_command_line() -> None:
    code = "import sys, mass_apology.letter.render_worker, mass_apology.letter.letter_writer; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, check=True)
    modules = set(ran.stdout.decode().split())
    assert "mass_apology.letter.letter_writer" in modules
    assert not modules & {"pandas", "numpy", "typer", "rich", "aiosmtplib", "sqlite3"}


def workers_of(pid: int) -> list[int]:
    return [child for child in children_of(pid) if runs_worker(child)]


def runs_worker(pid: int) -> bool:
    try:
        return b"mass_apology.letter.render_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


@given(st.integers(0, 10**7), st.integers(1, 256))
def test_processes_are_started_only_where_they_pay(letters: int, cores: int) -> None:
    processes = processes_for(letters, cores)
    assert 0 <= processes <= min(cores, MOST_PROCESSES)
    assert processes * LETTERS_PER_PROCESS <= letters
    assert processes_for(letters + 1, cores) >= processes
    assert processes_for(letters, cores + 1) >= processes


def test_one_core_or_few_letters_need_none_and_many_use_every_core() -> None:
    assert processes_for(10**6, 1) == 0
    assert processes_for(2_000, 8) == 0
    assert processes_for(10**6, 2) == 2
    assert processes_for(10**6, 4) == 4
