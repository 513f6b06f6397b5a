"""No test is lost between the shares of a run."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.shares import (
    COMPUTING,
    HERE,
    LEFT_TO_TEST,
    LONGEST,
    MARKED,
    STANDS_BACK,
    WAITING,
    ByFile,
    Share,
    is_left_out,
    longest_first,
    processor_seconds,
    spent_by_file,
    waits,
    workers_for,
)

SLOW = "pytestmark = [pytest.mark.anyio, pytest.mark.slow]\n"
SOME = "@pytest.mark.thorough\ndef test_a():\n    pass\n"
NONE = "def test_a():\n    pass\n"


@pytest.mark.parametrize(
    ("text", "beside", "shares"),
    [
        (SLOW, "", {Share.REST}),
        (SOME, "", {Share.CHECK, Share.REST}),
        (NONE, "", {Share.CHECK}),
        (NONE, "marks=pytest.mark.slow", {Share.CHECK, Share.REST}),
    ],
)
def test_a_file_is_in_every_share_that_it_has_a_test_of(tmp_path, text, beside, shares):
    path = tmp_path / "test_it.py"
    path.write_text(text)
    (tmp_path / "conftest.py").write_text(beside)
    assert {share for share in Share if not is_left_out(path, share, tmp_path)} == shares


def test_marks_stand_in_test_files_and_in_conftest_only():
    marked = {path for path in (HERE / "tests").rglob("*.py") if MARKED.search(path.read_text())}
    others = {path.name for path in marked if not path.name.startswith("test_")}
    assert others == {"conftest.py"}


def test_files_that_are_named_exist():
    named = (*LONGEST, *LEFT_TO_TEST, *WAITING, *COMPUTING)
    assert [name for name in named if not (HERE / name).exists()] == []


class Worker:
    """What the scheduler sees of one. got: the files it was handed, in their order."""

    def __init__(self, tests: list[str]) -> None:
        self._tests = tests
        self.got: list[str] = []
        self.gateway = SimpleNamespace(id="gw")
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.got += [self._tests[index].partition("::")[0] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True


def handed_out(files: list[str], share: Share | None, cores: int = 2) -> list[list[str]]:
    """The files of each worker, each of a test, where the last worker is the quickest."""
    tests = [f"{name}::test_it" for name in files]
    workers = [Worker(tests) for _ in range(workers_for(cores))]
    options = {"tx": ["popen"] * len(workers), "share": share}
    config = SimpleNamespace(
        getvalue=options.get, getoption=options.get, option=SimpleNamespace(loadscopereorder=False)
    )
    scheduler = ByFile(config)
    for worker in workers:
        scheduler.add_node(worker)
    for worker in workers:
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    quickest, done = workers[-1], 0
    while len(quickest.got) > done + 1:
        scheduler.mark_test_complete(quickest, tests.index(f"{quickest.got[done]}::test_it"))
        done += 1
    return [worker.got for worker in workers]


def test_a_worker_for_each_core_takes_what_computes_first_and_the_others_what_waits():
    computes = [f"tests/simulation/test_{name}.py" for name in "abcdefgh"]
    waiting = [f"tests/e2e/test_{name}.py" for name in "ijklm"]
    assert [name for name in (*computes, *waiting, *COMPUTING) if waits(name)] == waiting
    first, second, third, fourth = handed_out([*computes, *waiting], Share.REST)
    assert (first, second) == ([computes[0], computes[2]], [computes[1], computes[3]])
    assert third == [waiting[0], waiting[2]]
    assert fourth == [waiting[1], waiting[3], waiting[4], *computes[4:]]
    more = handed_out([*computes, *waiting], Share.REST, cores=4)
    assert [waits(got[0]) for got in more] == [False, False, False, False, True, True]


def test_where_all_compute_all_the_time_files_are_handed_out_in_their_order():
    files = ["tests/e2e/test_a.py", "tests/unit/test_b.py", "tests/unit/test_c.py"]
    files += ["tests/e2e/test_d.py", "tests/unit/test_e.py"]
    assert [got[0] for got in handed_out(files, None)] == files[:4]


def item(name: str, *marks: str) -> SimpleNamespace:
    return SimpleNamespace(nodeid=f"{name}::test_it", get_closest_marker=lambda name: name in marks)


def test_the_longest_files_come_first_where_they_have_a_slow_or_thorough_test():
    first, second, third = LONGEST[:3]
    items = [item("tests/a.py"), item("tests/b.py", "slow"), item(third, "slow")]
    items += [item(second), item(first, "thorough")]
    longest_first(items)
    names = [each.nodeid.partition("::")[0] for each in items]
    assert names == [first, third, "tests/b.py", "tests/a.py", second]


@pytest.mark.parametrize(("cores", "workers"), [(1, 3), (2, 4), (4, 6)])
def test_the_slow_stage_has_workers_for_what_waits_beside_those_for_the_cores(cores, workers):
    assert workers_for(cores) == workers


def test_what_computes_stands_back_for_what_waits():
    names = ("tests/simulation/test_session.py", "tests/e2e/test_serve.py")
    code = f"""import os
from tests.shares import stand_back
for name in {names}:
    stand_back(name)
    print(os.getpriority(os.PRIO_PROCESS, 0))"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True
    )
    computing, waiting = map(int, done.stdout.split())
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert computing == before + STANDS_BACK
    assert waiting == (before if os.geteuid() == 0 else computing)


def test_what_a_file_takes_is_summed_over_its_tests_and_their_set_up():
    reports = [
        SimpleNamespace(nodeid="tests/a.py::test_a", duration=1.0, processor=0.5),
        SimpleNamespace(nodeid="tests/b.py::test_b", duration=5.0),
        SimpleNamespace(nodeid="tests/a.py::test_c", duration=2.0, processor=0.25),
    ]
    spent = [(each.name, each.wall, each.processor) for each in spent_by_file(reports)]
    assert spent == [("tests/b.py", 5.0, 0.0), ("tests/a.py", 3.0, 0.75)]
    assert processor_seconds() > 0
