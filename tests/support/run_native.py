"""`python -m tests.support.run_native MODULE ...`: run a module whose engine is native, or fail."""

import runpy
import sys

from market_maker.native_engine import SETTING, EngineForm, take

if __name__ == "__main__":
    take({SETTING: EngineForm.NATIVE})
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
