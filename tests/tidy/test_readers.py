"""Whatever reads a file, an answer or a request whole says how long it may be.

Every call that reads without a bound stands here with the reason why that is one; a new one fails.
"""

import ast

from tests.tidy.tree import PACKAGE, nodes, source_files

WHOLE = frozenset({"read", "read_bytes", "readline", "readlines", "read_text"})
"""Methods that read all there is where they are given no size."""
PARSERS = {("json", "load"), ("tomllib", "load"), ("pickle", "load")}
UNPACKERS = {(module, "decompress") for module in ("bz2", "gzip", "lzma", "zlib", "zstd")}
"""They make as much as the data say."""
OURS = "a file of the package itself"
CAPPED = "a reader of ours, which has its own cap"
SIZED = "aiohttp refuses a body of more than client_max_size"

BOUNDED = {
    "api/health.py": OURS,
    "cli/audit_log.py": CAPPED,
    "cli/backup.py": CAPPED,
    "cli/watchdog.py": CAPPED,
    "emulators/auth.py": SIZED,
    "emulators/hyperliquid/server.py": SIZED,
    "emulators/server.py": SIZED,
    "emulators/sign_in_page.py": SIZED,
    "emulators/wallet.py": SIZED,
    "journaling/anchors.py": "the last LINE_LENGTH_MAX bytes: it was sought to there",
    "native_engine.py": OURS,
    "operations/growing_block.py": "rows that it packed itself, in memory",
    "research/report_page.py": OURS,
    "serving/control.py": "asyncio's stream reader refuses a line beyond its limit",
    "serving/heartbeat.py": CAPPED,
    "serving/life.py": CAPPED,
    "serving/panel_files.py": OURS,
    "serving/pulse.py": CAPPED,
    "serving/watchdog.py": CAPPED,
    "topics/schema_files.py": OURS,
    "venues/metadata/grpc_client.py": "gRPC refuses a message beyond MESSAGE_MAX",
}


def reads_whole(node: ast.AST) -> bool:
    """Whether a call reads without a bound."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value
    if isinstance(owner, ast.Name) and (owner.id, node.func.attr) in PARSERS | UNPACKERS:
        return True
    if node.func.attr == "read_text":
        return True
    return node.func.attr in WHOLE and not node.args and not node.keywords


def unbounded() -> set[str]:
    """Modules with such a call."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in source_files()
        if any(map(reads_whole, nodes(path)))
    }


def test_every_reader_has_a_cap():
    assert unbounded() == set(BOUNDED)


def test_the_scan_sees_what_it_is_for():
    planted = (
        "path.read_bytes()",
        "file.read()",
        "json.load(file)",
        "path.read_text('utf-8')",
        "zlib.decompress(data)",
    )
    for source in planted:
        assert any(map(reads_whole, ast.walk(ast.parse(source)))), source
    assert not any(map(reads_whole, ast.walk(ast.parse("file.read(LIMIT + 1)"))))
