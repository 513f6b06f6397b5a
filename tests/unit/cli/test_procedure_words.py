"""The words of the operators' procedure work when they are typed: options, commands, its file."""

import inspect
import re
import shlex
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
import typer

from market_maker.cli import main
from market_maker.cli.maker_arguments import COMMANDS, CONFIG_FLAGS, arranged
from market_maker.model.fields import fields_of
from market_maker.standalone.settings import CONFIG_NAME, OPTIONS, MakerSettings
from market_maker.standalone.sources import Sources, settle
from tests.shared_data import need_shared_seed

# SOP 4.3 without -c, --dry-run and --list-dexs, which are no settings: flag, type, default.
DOCUMENTED = (
    ("--asset", "STRING", "BTC"),
    ("--target-liquidity", "FLOAT", "Config value"),
    ("--risk-aversion", "FLOAT", "0.3"),
    ("--max-bps-diff", "FLOAT", "5"),
    ("--max-position", "FLOAT", "Config value"),
    ("--leverage", "INT", "Max available"),
    ("--decimals", "INT", "Auto"),
    ("--network", "STRING", "testnet"),
    ("--private-key", "STRING", "Env var"),
    ("--log-level", "STRING", "info"),
    ("--log-format", "STRING", "pretty"),
    ("--log-file", "PATH", "None"),
    ("--multi-stream-logs", "FLAG", "false"),
    ("--log-dir", "PATH", "logs/"),
    ("--metrics-port", "INT", "9090"),
    ("--initial-isolated-margin", "FLOAT", "1000.0"),
    ("--force-isolated", "FLAG", "false"),
    ("--dex", "STRING", "None"),
)
NOT_SET = ("Max available", "Auto", "Env var", "None")
IN_THE_FILE = {"--target-liquidity": Decimal("0.01"), "--max-position": Decimal("0.05")}
"""What section 4.2 has for "Config value"."""


def of_run():
    """The parser of `run`."""
    app = typer.Typer(add_completion=False)
    app.command("run")(import_module("market_maker.cli.run").command)
    return typer.main.get_command(app)


def means(default, documented):
    """Whether a default is what the procedure says."""
    if documented in NOT_SET:
        return default is None or default == ""
    if isinstance(default, bool):
        return str(default).lower() == documented
    if isinstance(default, Decimal | int):
        return default == Decimal(documented)
    return str(default) == documented.rstrip("/")


def test_the_list_of_options_is_the_procedures():
    text = need_shared_seed("hyperliquid_sop.txt").read_text("utf-8")
    text = text[text.index("### 4.3") : text.index("### 4.4")]
    rows = re.findall(r"^\| `(?:-c, )?(--[\w-]+)` \| (\w+) \| `?([^|`]+?)`? \|", text, re.MULTILINE)
    assert len(rows) == 21
    others = {"--config", "--dry-run", "--list-dexs"}
    assert tuple(row for row in rows if row[0] not in others) == DOCUMENTED
    assert {row[0] for row in rows} >= others


@pytest.mark.parametrize(("flag", "kind", "default"), DOCUMENTED, ids=str)
def test_an_option_has_its_type_and_its_default(flag, kind, default):
    (option,) = [one for one in OPTIONS if one.flag == flag]
    field = fields_of(MakerSettings)[option.field]
    assert option.kind == kind
    wanted = IN_THE_FILE.get(flag)
    assert field.default == wanted if wanted else means(field.default, default)
    (parameter,) = [one for one in of_run().params if flag in one.opts]
    assert parameter.is_flag is (kind == "FLAG")
    assert parameter.metavar == (None if kind == "FLAG" else kind)


def test_the_three_that_are_no_settings_are_options_of_run():
    flags = {flag for one in of_run().params for flag in one.opts}
    assert {*CONFIG_FLAGS, "--dry-run", "--list-dexs"} <= flags
    assert str(CONFIG_NAME) == "market_maker.toml"


def typed_in_the_procedure():
    """Every command line of the document, without cargo."""
    text = need_shared_seed("hyperliquid_sop.txt").read_text("utf-8").replace("\\\n", " ")
    found = re.findall(
        r"(?:cargo run --bin market_maker(?: --)?|target/release/market_maker)([^`\n#&|]*)", text
    )
    return sorted({" ".join(each.split()) for each in found})


def test_every_command_line_of_the_procedure_is_understood(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = typed_in_the_procedure()
    assert len(lines) > 15
    for line in lines:
        words = arranged(shlex.split(line.replace("${TIMESTAMP}", "x")))
        if not words or words == ["--version"]:
            continue
        command = main.COMMANDS[words[0]]
        assert words[0] in COMMANDS, line
        app = typer.Typer(add_completion=False)
        app.command(words[0])(getattr(import_module(command.module), command.attribute))
        parser = typer.main.get_command(app)
        parser.make_context(words[0], words[1:])  # refuses what it does not know


def test_the_file_of_the_procedure_is_taken_whole(tmp_path):
    text = need_shared_seed("hyperliquid_sop.txt").read_text("utf-8")
    section = text[text.index("### 4.2") : text.index("### 4.3")]
    path = tmp_path / "market_maker.toml"
    path.write_text(section.partition("```toml\n")[2].partition("```")[0], "utf-8")
    settled = settle(Sources({}, {}, path, named=True, env_file=Path(tmp_path / "none")))
    assert settled.settings == MakerSettings()
    assert len(settled.origins) == 18


def test_commands_take_the_same_options_on_either_side():
    for name in COMMANDS:
        if name == "generate-config":
            continue  # it writes them
        module = import_module(main.COMMANDS[name].module)
        parameters = inspect.signature(module.command).parameters
        assert {option.field for option in OPTIONS if option.flag} <= set(parameters), name
