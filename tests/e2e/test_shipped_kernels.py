"""A wheel that brings compiled kernels along starts warm, and is a wheel as any other elsewhere."""

import os
import shutil
import subprocess
import sys

import pytest

from market_maker.storage.recording import write_recording
from tests.tidy.tree import ROOT
from tests.toy_market import toy_recording

pytestmark = pytest.mark.slow

REPLAYED = (
    "import sys\n"
    "import market_maker\n"
    "from market_maker.cli.main import run\n"
    "assert run(['replay', sys.argv[1], '--json']) == 0\n"
    "print(market_maker.__file__, 'numba' in sys.modules)\n"
)


def ran(*words, **options):
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What pip makes of such a wheel, in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    source, target = folder / "source", folder / "installed"
    (source / "src").mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, source / name)
    hidden = shutil.ignore_patterns("__pycache__", "panel", "*.so", "*.kernels", "*.json")
    shutil.copytree(ROOT / "src" / "market_maker", source / "src" / "market_maker", ignore=hidden)
    ran("-m", "scripts.ship_kernels", "ship", "--source", source / "src", cwd=ROOT)
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    built = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "dist", source)
    ran(*pip, *built)
    (wheel,) = (folder / "dist").iterdir()
    ran(*pip, "install", "--no-deps", "--no-index", "--target", target, wheel)
    return target


def replayed(installed, recording):
    """The last two words of the first command there, and what it said beside its answer."""
    home = recording.parent / "home"
    home.mkdir()
    done = ran(
        *("-c", REPLAYED, recording),
        cwd=home,
        env={"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": str(installed)},
    )
    answer, said = done.stdout.splitlines()
    assert str(installed) in said
    assert not list(home.rglob("*.kernels"))
    return answer, said.split()[-1], done.stderr


def test_the_first_command_compiles_nothing_and_decides_in_the_kernel(installed, tmp_path):
    write_recording(tmp_path / "toy.mmrec", toy_recording(seconds=10))
    answer, numba, said = replayed(installed, tmp_path / "toy.mmrec")
    assert (numba, said) == ("False", "")
    assert '"engine":"compiled"' in answer


def test_what_it_brings_is_removed_again(installed, tmp_path):
    source = tmp_path / "src"
    shutil.copytree(installed / "market_maker", source / "market_maker")
    assert len(list(source.rglob("*.kernels"))) == 2
    ran("-m", "scripts.ship_kernels", "remove", "--source", source, cwd=ROOT)
    assert not list(source.rglob("*.kernels"))
