"""The page at which people sign in at the auth service, and what its codes are worth: an
authorization code with PKCE (RFC 6749, RFC 7636). Not for production: it asks for no password, and
sends people back to this machine only."""

import base64
import hashlib
import hmac
import html
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from aiohttp import web
from msgspec import Struct

from market_maker.model.caller import Role
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

DOCUMENT_PATH = "/.well-known/openid-configuration"
PAGE_PATH = "/authorize"
REDEEM_PATH = "/token"
CODE_LIFE_S = 60
CODES_MAX = 100
CODE_BYTES = 24
LOOPBACK = ("127.0.0.1", "::1", "localhost")
CARRIED = (
    "response_type", "client_id", "redirect_uri", "state", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
"""Of the address that a browser comes with, in the form that it sends."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Sign in: emulated auth service</title>
<h1>Sign in</h1><p>An emulated auth service: no password is asked for.</p>
<form method="post">{carried}
<p><label>Name <input name="subject" required autofocus></label></p>
<fieldset><legend>Roles</legend>{roles}</fieldset>
<p><button>Sign in</button></p></form></html>"""


class SignedIn(Struct, frozen=True):
    """Who a code stands for, and what it takes to redeem it."""

    subject: str
    roles: tuple[str, ...]
    client_id: str
    redirect_uri: str
    challenge: str
    ends_at: Nanos


class Issuer(Protocol):
    """Signs a token for a person."""

    def __call__(self, subject: str, roles: tuple[str, ...]) -> str: ...


class SignInPage:
    """Codes that were handed out, each for one token; beyond CODES_MAX the oldest goes."""

    def __init__(self, issue: Issuer, clock: Clock) -> None:
        self._issue, self._clock = issue, clock
        self._codes: OrderedDict[str, SignedIn] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """Its addresses."""
        return [
            web.get(DOCUMENT_PATH, self._document),
            web.get(PAGE_PATH, self._page),
            web.post(PAGE_PATH, self._sent),
            web.post(REDEEM_PATH, self._redeemed),
        ]

    async def _document(self, request: web.Request) -> web.Response:
        here = str(request.url.origin())
        return _json(
            {
                "authorization_endpoint": here + PAGE_PATH,
                "token_endpoint": here + REDEEM_PATH,
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _page(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if problem := _problem(asked):
            return web.Response(status=400, text=problem)
        carried = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">'
            for name in CARRIED
            if name in asked
        )
        roles = "".join(
            f'<label><input type="checkbox" name="roles" value="{role}"> {role}</label> '
            for role in Role
        )
        return web.Response(
            text=PAGE.format(carried=carried, roles=roles), content_type="text/html"
        )

    async def _sent(self, request: web.Request) -> web.Response:
        given = parse_qsl((await request.read()).decode("utf-8", "replace"))
        asked = dict(given)
        if problem := _problem(asked):
            return web.Response(status=400, text=problem)
        code = secrets.token_urlsafe(CODE_BYTES)
        self._codes[code] = SignedIn(
            subject=asked.get("subject", ""),
            roles=tuple(value for name, value in given if name == "roles"),
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            ends_at=Nanos(self._clock.now() + CODE_LIFE_S * NANOS_PER_SECOND),
        )
        if len(self._codes) > CODES_MAX:
            self._codes.popitem(last=False)
        back = urlencode({"code": code, "state": asked.get("state", "")})
        join = "&" if urlsplit(asked["redirect_uri"]).query else "?"
        return web.Response(status=303, headers={"Location": asked["redirect_uri"] + join + back})

    async def _redeemed(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode("utf-8", "replace")))
        held = self._codes.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code" or not self._fits(held, form):
            return _json({"error": "invalid_grant"}, 400)
        assert held is not None
        token = self._issue(held.subject, held.roles)
        return _json({"access_token": token, "token_type": "Bearer"})

    def _fits(self, held: SignedIn | None, form: Mapping[str, str]) -> bool:
        if held is None or held.ends_at <= self._clock.now():
            return False
        return (
            form.get("client_id") == held.client_id
            and form.get("redirect_uri") == held.redirect_uri
            and hmac.compare_digest(_challenge(form.get("code_verifier", "")), held.challenge)
        )


def _problem(asked: Mapping[str, str]) -> str:
    """Why a browser is not sent on; empty where it is."""
    if asked.get("response_type") != "code" or not asked.get("client_id"):
        return "a sign-in asks for response_type=code and names its client_id"
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "a sign-in comes with a code_challenge of S256"
    back = urlsplit(asked.get("redirect_uri", ""))
    if back.scheme not in {"http", "https"} or back.hostname not in LOOPBACK:
        return "redirect_uri is an address of this machine"
    return ""


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _json(answer: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")
