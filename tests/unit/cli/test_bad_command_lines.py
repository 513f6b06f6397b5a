"""The operator's own mistakes: exit code 2, one line that names what is wrong, nothing made."""

import pytest

from market_maker.cli import main

SETTINGS = ("POSTGRES_URL", "MM_DATA_DIR", "HTTP_HOST", "DISABLE_AUTH", "LOG_LEVEL")
CANARY = "s3kret"

ARGUMENTS = [
    (["serve", "--prot", "1"], "--prot"),
    (["serve", "extra"], "extra"),
    (["serve", "--data-dir", "{file}"], "--data-dir"),
    (["serve", "--data-dir", "{file}/below"], "Not a directory"),
    (["db"], "command"),
    (["db", "sideways"], "sideways"),
    (["db", "upgrade", "--data-dir", "{file}"], "--data-dir"),
    (["db", "upgrade", "--data-dir", "{file}/below"], "Not a directory"),
    (["token"], "--role"),
    (["token", "--role", "king"], "king"),
    (["token", "--role", "risk", "--ttl", "soon"], "soon"),
    (["token", "--role", "risk", "--data-dir", "{file}"], "no service uses this directory"),
    (["audit", "verify", "--data-dir", "{file}/below"], "Not a directory"),
    (["audit", "verify", "--anchors", "{folder}"], "anchors"),
    (["audit", "replay", "--data-dir", "{folder}"], "journal"),
    (["audit", "replay", "--data-dir", "{folder}", "--symbol", "../../etc"], "../../etc"),
    (["explain", "BTCUSDT-PERP"], "--at"),
    (["explain", "BTCUSDT-PERP", "--order", "1", "--fill", "2"], "one of --at MOMENT"),
    (["explain", "BTCUSDT-PERP", "--order", "x"], "--order"),
    (["explain", "BTCUSDT-PERP", "--at", "yesterday"], "yesterday"),
    (["explain", "../x", "--at", "2026-11-20T23:15:00Z", "--data-dir", "{folder}"], "../x"),
    (["settle"], "--month"),
    (["settle", "--month", "soon", "--data-dir", "{folder}"], "soon"),
    (["settle", "--month", "2026-10", "--data-dir", "{file}"], "--data-dir"),
    (["statement", "--data-dir", "{folder}"], "--participant"),
    (["statement", "x", "--html", "{folder}"], "--html"),
    (["ledger"], "command"),
    (["ledger", "check", "--month", "2026-13", "--data-dir", "{folder}"], "2026-13"),
    (["simulate", "month"], "--month"),
    (["simulate", "month", "--month", "2199-12"], "2199-12"),
    (["simulate", "month", "--month", "2023-02", "--days", "30"], "30"),
    (["simulate", "month", "--month", "2023-02", "--symbols", "NOPE"], "NOPE"),
    (["simulate", "month", "--month", "2023-02", "--seed", "-1"], "-1"),
    (["preview", "--config", "/dev/zero", "--mid", "1", "--sigma", "20"], "larger than"),
    (["replay", "/dev/zero"], "device"),
    (["replay", "x", "--queue", "calibrated"], "--queue-fit FILE beside it"),
    (["replay", "x", "--queue-fit", "{file}"], "calibrated, where --queue-fit is given"),
    (["replay", "x", "--queue", "calibrated", "--queue-fit", "{file}"], "not a fit that"),
    (["replay", "x", "--queue", "best"], "probability, calibrated"),
    (["fair-price", "/dev/zero"], "device"),
    (["queue-models", "{file}", "--out", "{folder}"], "a folder; name a file"),
    (["estimates", "/dev/zero"], "device"),
    (["compare", "/dev/zero"], "device"),
    (["import", "--format", "nope", "{file}", "-o", "{folder}/x"], "'--format': 'nope' is not one"),
    (["import", "--format", "binance-spot", "/dev/zero", "-o", "{folder}/x"], "device"),
    (["import", "--format", "lobster", "/dev/zero", "{file}", "-o", "{folder}/x"], "zero"),
    (["import", "{loop}", "-o", "{folder}/x"], "too many levels of symbolic links"),
    (["import", "{file}", "-o", "{folder}/x", "--symbol", ""], "symbol: '' is not allowed"),
    (["audit", "verify", "--anchors", "/dev/zero"], "larger than"),
    (["emulate"], "command"),
    (["emulate", "bank"], "bank"),
    (["emulate", "exchange", "--port", "70000"], "70000"),
    (["emulate", "exchange", "--port", "x"], "x"),
    (["emulate", "exchange", "--errors", "2"], "'--errors': '2' is not a number from 0 to 1"),
]

ENVIRONMENT = [
    ({"HTTP_PORT": "x"}, "HTTP_PORT"),
    ({"HTTP_PORT": "70000"}, "70000"),
    ({"METRICS_PORT": "-1"}, "METRICS_PORT"),
    ({"SHUTDOWN_TIMEOUT": "soon"}, "SHUTDOWN_TIMEOUT"),
    ({"HTTP_HOST": "300.1.1.1"}, "HTTP_HOST"),
    ({"HTTP_HOST": "no such host"}, "HTTP_HOST"),
    ({"DISABLE_AUTH": "true", "HTTP_HOST": "0.0.0.0"}, "DISABLE_AUTH"),  # noqa: S104
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ({"MM_DATA_DIR": "{file}"}, "File exists"),
    ({"JWKS_FILE": "{folder}/none"}, "JWT_ISSUER"),
    ({"JWKS_FILE": "{folder}/none", "JWT_ISSUER": "us"}, "none"),
    ({"JWKS_FILE": "{file}", "JWT_ISSUER": "us"}, "{file}"),
    ({"JWKS_FILE": "/dev/zero", "JWT_ISSUER": "us"}, "larger than"),
    ({"ORDER_SERVICE_URL": "ftp://h"}, "ORDER_SERVICE_URL"),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ({"POSTGRES_URL": "junk"}, "POSTGRES_URL"),
    ({"POSTGRES_URL": "postgresql://"}, "POSTGRES_URL"),
    ({"POSTGRES_URL": f"postgresql://u:{CANARY}@h:port/d"}, "POSTGRES_URL"),
    ({"POSTGRES_URL": f"postgresql://u:{CANARY}@h/d?option=1"}, "POSTGRES_URL"),
    ({"POSTGRES_URL": f"mysql://u:{CANARY}@h/d"}, "POSTGRES_URL"),
]


@pytest.fixture
def filled(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    def fill(text: str) -> str:
        places = {name: tmp_path / name for name in ("file", "folder", "loop")}
        return text.format(**places)

    return fill


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HTTP_PORT", "any")
    monkeypatch.setenv("METRICS_PORT", "any")


def refusal(capsys, arguments):
    assert main.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert CANARY not in captured.err
    assert "Value error" not in captured.err  # a library's words
    return captured.err


@pytest.mark.parametrize(("arguments", "named"), ARGUMENTS, ids=str)
def test_a_wrong_command_line_is_refused(capsys, filled, arguments, named):
    assert named in refusal(capsys, [filled(word) for word in arguments])


@pytest.mark.parametrize(("environment", "named"), ENVIRONMENT, ids=str)
def test_a_wrong_environment_is_refused(capsys, filled, monkeypatch, environment, named):
    for name, text in environment.items():
        monkeypatch.setenv(name, filled(text))
    assert filled(named) in refusal(capsys, ["serve"])
