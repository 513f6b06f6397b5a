from market_maker.model.shown_url import shown_url

SECRET = "hunter2"  # noqa: S105  of no one


def test_an_address_is_shown_without_its_password():
    shown = {
        f"https://u:{SECRET}@h:1/a": "https://h:1/a",
        f"http://{SECRET}@[::1]:9": "http://[::1]:9",
        f"http://a@b:{SECRET}@h/x@y": "http://h/x@y",
        "http://localhost:3001": "http://localhost:3001",
        f"http://h/a?key={SECRET}": "http://h/a",
        "testnet": "testnet",
    }
    assert {url: shown_url(url) for url in shown} == shown
