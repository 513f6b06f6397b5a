"""What stands in the settings and never in a log."""

from market_maker.serving.watching import secrets_of
from market_maker.settings import VARIABLES, settings_of


def test_every_password_of_an_address_and_every_token_is_known_as_a_secret():
    urls = [name for name in VARIABLES if name.endswith(("_URL", "_ENDPOINT"))]
    # It is host:port, and has no place for a password.
    urls.remove("METADATA_SERVICE_GRPC_URL")
    tokens = [name for name in VARIABLES if name.endswith("_TOKEN")]
    given = {name: f"http://maker:pass%40{name}@host/path" for name in urls}
    given["POSTGRES_URL"] = "postgresql://maker:pass%40POSTGRES_URL@host/db"
    given["REDIS_URL"] = "redis://maker:pass%40REDIS_URL@host/0"
    # Two names of one setting: the later counts.
    del given["OTEL_EXPORTER_OTLP_ENDPOINT"]
    # An address with a user wants no token beside it.
    secrets = secrets_of(settings_of(given))
    for name in given:
        assert {f"pass%40{name}", f"pass@{name}"} <= set(secrets)
    secrets = secrets_of(settings_of({name: f"word-of-{name}" for name in tokens}))
    for name in tokens:
        assert f"word-of-{name}" in secrets
