import stat

import jwt
import pytest

from market_maker.api.bearer import AUDIENCE, DEVELOPMENT_ISSUER, Bearer
from market_maker.api.keys import DEVELOPMENT_KEY, development_key_set
from market_maker.cli.main import run
from market_maker.clocks import WallClock
from market_maker.model.caller import Role
from market_maker.settings import LOCK_NAME


def test_a_token_is_accepted_by_a_service_on_the_same_data(tmp_path, capsys):
    folder = tmp_path
    (folder / LOCK_NAME).touch()
    arguments = ["--role", "risk", "--role", "operator", "--subject", "jane", "--ttl", "60"]
    assert run(["token", *arguments, "--data-dir", str(folder)]) == 0
    token = capsys.readouterr().out.strip()
    keys = development_key_set(folder)
    caller = Bearer(keys, DEVELOPMENT_ISSUER, AUDIENCE, WallClock()).caller([f"Bearer {token}"])
    assert (caller.subject, caller.roles) == ("jane", (Role.OPERATOR, Role.RISK))
    assert stat.S_IMODE((folder / DEVELOPMENT_KEY).stat().st_mode) == 0o600
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60


def test_a_directory_that_no_service_uses_is_refused_and_not_made(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "new"):
        assert run(["token", "--role", "risk", "--data-dir", str(folder)]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert "no service uses this directory" in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--role", "king"],
        ["--role", "risk", "--ttl", "0"],
        ["--role", "risk", "--ttl", "86401"],
        ["--role", "risk", "--subject", ""],
        ["--role", "risk", "--subject", "a\nb"],
        ["--role", "risk", "--data-dir", "/dev/null/x"],
    ],
)
def test_a_wrong_request_is_one_line_and_no_token(tmp_path, capsys, arguments):
    (tmp_path / LOCK_NAME).touch()
    if "--data-dir" not in arguments:
        arguments = [*arguments, "--data-dir", str(tmp_path)]
    assert run(["token", *arguments]) in {1, 2}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
