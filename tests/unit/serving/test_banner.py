"""What the service says at its start."""

from pathlib import Path

import pytest

from market_maker.serving.banner import banner_of
from market_maker.settings import Settings


def said(**settings):
    banner = banner_of(
        Settings(data_dir=Path("/data"), **settings), "http://a:1", "http://a:2", "http://a:3"
    )
    return banner.line() + " " + str(banner.fields())


def test_without_settings_it_is_all_in_this_process():
    told = said()
    for words in (
        "venue sandbox (in this process)",
        "database sqlite+aiosqlite:////data/",
        "shadow mode off",
        "authentication development tokens",
        "metrics http://a:2/metrics",
        "data /data",
        "version 0.",
        "instruments of the sandbox,",
        "events in this process",
        "shared state in this process",
        "wallet in this process",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"order_service_url": "http://orders:3000/v1"}, "order service (http://orders:3000/v1)"),
        ({"order_service_url": "http://orders:3000"}, "instruments of the order service,"),
        (
            {
                "order_service_url": "http://orders:3000",
                "metadata_address": "list:50051",
                "metadata_tls": True,
            },
            "instruments of the metadata service at list:50051 (TLS)",
        ),
        ({"redis_url": "rediss://cache:6380/2"}, "shared state Redis at rediss://cache:6380/2"),
        ({"wallet_url": "https://wallet/v1"}, "wallet https://wallet/v1"),
        (
            {"kafka_brokers": "k:9093", "kafka_security_protocol": "SASL_SSL"},
            "events Kafka at k:9093 (SASL_SSL)",
        ),
        ({"shadow_mode": True}, "shadow mode on, nothing is sent"),
        ({"workers": 2}, "engines in 2 workers"),
        ({"disable_auth": True}, "authentication off: every caller"),
        ({"jwks_file": Path("k"), "jwt_issuer": "auth"}, "authentication tokens of auth"),
    ],
)
def test_each_setting_that_matters_is_in_it(settings, words):
    assert words in said(**settings)


def test_no_password_is_in_it():
    told = said(
        postgres_url="postgresql://mm:hunter2@db:5432/mm?sslmode=require",
        order_service_url="http://u:hunter4@orders:3000",
        redis_url="redis://u:hunter5@cache:6379",
        wallet_url="https://u:hunter6@wallet?key=hunter7",
    )
    assert "hunter" not in told
    assert "db:5432" in told
    assert "orders:3000" in told
