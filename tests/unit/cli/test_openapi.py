"""`market_maker openapi` prints what the service serves."""

import json

from market_maker.api.openapi import describe
from market_maker.api.table import ROUTES
from market_maker.cli.main import run


def test_the_printed_description_is_the_one_that_is_served(capsys):
    assert run(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(describe(ROUTES)))
