"""What `validate-config` says of the maker's settings."""

from decimal import Decimal

from market_maker.model.errors import DomainError
from market_maker.model.shown_url import shown_url
from market_maker.standalone.settings import MakerSettings, Option
from market_maker.standalone.sources import key_text
from market_maker.venues.hyperliquid.keys import SigningKey

NOT_SET = "-"


def shown_setting(settings: MakerSettings, option: Option) -> str:
    """A setting as it will be used; the key hidden."""
    match getattr(settings, option.field):
        case None | "":
            return NOT_SET
        case str() as url if option.field == "network":
            return shown_url(url)
        case bool() as value:
            return str(value).lower()
        case Decimal() as value:
            return f"{value:f}"
        case value:
            return str(value)


def checked_key(settings: MakerSettings) -> str:
    """What is wrong with the private key, without showing it; empty where it will do. Without any
    it is a warning: settings can be checked where no key is."""
    try:
        secret = key_text(settings)
    except DomainError as error:
        given = settings.private_key_file is not None
        return str(error) if given else f"warning: {error}"
    try:
        SigningKey.from_text(secret.reveal())
    except DomainError as error:
        return str(error)
    return ""
