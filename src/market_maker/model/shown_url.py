"""An address as people read it."""


def shown_url(url: str) -> str:
    """For people and logs: without the user and the password in it, and without a query."""
    scheme, separator, rest = url.partition("?")[0].partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}{separator}{rest[host.rfind('@') + 1 :]}"
