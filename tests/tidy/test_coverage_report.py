"""The coverage floors: what is below one is named, and a floor only rises."""

import tomllib

from tests.tidy.coverage_report import Measured, as_toml, below, measured, raised, to_raise


def summary(lines, of, branches, of_branches):
    return {
        "summary": {
            "covered_lines": lines,
            "num_statements": of,
            "covered_branches": branches,
            "num_branches": of_branches,
        }
    }


REPORT = {
    "files": {
        "src/market_maker/engine/a.py": summary(8, 10, 1, 2),
        "src/market_maker/engine/b.py": summary(10, 10, 2, 2),
        "src/market_maker/clocks.py": summary(5, 5, 0, 0),
    }
}


def test_files_add_up_by_package_and_no_branches_are_all_covered():
    assert measured(REPORT) == {"clocks": Measured(100, 100), "engine": Measured(90, 75)}


def test_a_package_below_its_floor_is_named_with_both_figures():
    floors = {"engine": {"line": 91, "branch": 75}, "clocks": {"line": 100, "branch": 100}}
    assert below(measured(REPORT), floors) == [
        "engine: line coverage 90.0 % is below the floor of 91 %"
    ]


def test_a_new_package_is_held_to_the_floor_of_new_ones():
    assert below({"new": Measured(50, 50)}, {}) == [
        "new: line coverage 50.0 % is below the floor of 75 %"
    ]


def test_a_floor_rises_to_a_point_below_what_was_measured_and_never_falls():
    floors = {"engine": {"line": 80, "branch": 90}}
    found = {"engine": Measured(96.5, 70.0)}
    assert raised(found, floors) == {"engine": {"line": 94, "branch": 90}}
    assert to_raise(found, floors) == [
        "engine: the floor of line coverage can rise from 80 to 94 %"
    ]


def test_the_file_of_floors_is_read_as_it_was_written():
    floors = {"engine": {"line": 94, "branch": 90}, "api": {"line": 1, "branch": 2}}
    assert tomllib.loads(as_toml(floors)) == floors
