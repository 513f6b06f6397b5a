"""The messages of src/market_maker/venues/metadata/metadata.proto, generated again:
`python -m tests.support.generated_messages` writes them, a test compares them."""

import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

FOLDER = Path(__file__).parents[2] / "src" / "market_maker" / "venues" / "metadata"
PROTO = "metadata.proto"
NAMES = ("metadata_pb2.py", "metadata_pb2.pyi")


def generated() -> dict[str, str]:
    """By file name."""
    with tempfile.TemporaryDirectory() as out:
        arguments = [f"-I{FOLDER}", f"--python_out={out}", f"--pyi_out={out}", PROTO]
        well_known = resources.files("grpc_tools") / "_proto"
        assert protoc.main(["protoc", f"-I{well_known}", *arguments]) == 0
        return {name: (Path(out) / name).read_text("utf-8") for name in NAMES}


if __name__ == "__main__":
    for name, text in generated().items():
        (FOLDER / name).write_text(text, "utf-8")
    sys.exit(0)
