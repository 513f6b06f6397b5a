"""The generated file: every option, documented, with the defaults of the program."""

import tomllib
from pathlib import Path

from market_maker.model.fields import fields_of
from market_maker.standalone.sample_file import sample_file
from market_maker.standalone.settings import OPTIONS, MakerSettings
from market_maker.standalone.sources import Sources, settle


def test_the_file_as_it_is_generated_means_the_defaults(tmp_path):
    path = tmp_path / "market_maker.toml"
    path.write_text(sample_file())
    nowhere = Path(tmp_path / "none")
    assert settle(Sources({}, {}, path, named=True, env_file=nowhere)).settings == MakerSettings()


def test_every_option_is_there_with_its_meaning_flag_and_variable():
    text = sample_file()
    words = " ".join(text.replace("\n# ", " ").split())
    for option in OPTIONS:
        assert fields_of(MakerSettings)[option.field].meaning in words
        assert f"{option.key.rpartition('.')[2]} = " in text
        assert option.variable in words
        assert option.flag in words.replace("- ", "-")


def test_what_the_sop_has_in_its_file_is_there_under_the_same_keys():
    found = tomllib.loads(sample_file())
    assert found["network"]["base_url"] == "testnet"
    assert found["trading"]["max_absolute_position_size"] == 0.05
    assert found["strategy"]["ladder_config"]["geometric_spacing"] is True
    assert found["monitoring"] == {"metrics_port": 9090, "enable_http_metrics": True}
