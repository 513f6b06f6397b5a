"""The terms of several runs, without what compares them."""

import subprocess
import sys


def test_terms_are_known_without_the_processes_of_a_comparison():
    program = (
        "import sys, market_maker.research.shared_terms\n"
        "others = {'concurrent.futures.process', 'market_maker.research.comparing'}\n"
        "print(sorted(others & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
