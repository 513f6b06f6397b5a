"""The panel's files under /market-maker; every other address goes to the API: one origin."""

import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from market_maker.serving.sign_in import BACK, BEGIN, SignIn

BASE = "/market-maker/"
HOME = "/market-maker/pools"
INDEX = "index.html"
FOLDER = Path(__file__).parents[1] / "panel"
"""Where `make panel` puts the built files, and where a wheel has them."""

NOT_BUILT = "The panel's files are not built. In a checkout: make panel. The API is not affected.\n"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds a hash of their content."""


class PanelFile(Struct, frozen=True):
    """A file as it is sent. packed: the same, gzipped, where that was built."""

    content: bytes
    packed: bytes | None
    media_type: str


def panel_files(folder: Path = FOLDER) -> dict[str, PanelFile]:
    """The built files by their name below /market-maker/; empty where nothing is built."""
    files = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and path.suffix != ".gz":
            packed = path.with_name(path.name + ".gz")
            files[path.relative_to(folder).as_posix()] = PanelFile(
                path.read_bytes(),
                packed.read_bytes() if packed.is_file() else None,
                mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            )
    return files


class Panel:
    """An ASGI application: the panel before the API. sign_in: at the auth service's own page, None
    where there is none."""

    def __init__(
        self, api: ASGIApp, files: Mapping[str, PanelFile], sign_in: SignIn | None = None
    ) -> None:
        self._api, self._files, self._sign_in = api, files, sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        is_page = path in {"/", BASE.rstrip("/")} or path.startswith(BASE)
        if scope["type"] != "http" or not is_page:
            await self._api(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _send(scope, send, 405, {"allow": "GET, HEAD"}, b"")
        elif path in {"/", BASE.rstrip("/"), BASE}:
            await _send(scope, send, 307, {"location": HOME}, b"")
        elif path in {BEGIN, BACK}:
            await self._signing_in(scope, send, path)
        else:
            await self._file(scope, send, path.removeprefix(BASE))

    async def _signing_in(self, scope: Scope, send: Send, path: str) -> None:
        """HEAD says whether there is such a page, and begins nothing."""
        kept = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
        text = kept | {"content-type": "text/plain; charset=utf-8"}
        if self._sign_in is None or scope["method"] == "HEAD":
            status = 404 if self._sign_in is None else 204
            await _send(scope, send, status, text, b"")
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if path == BEGIN:
            turn = await self._sign_in.begin(headers.get(b"host", ""))
        else:
            query = scope["query_string"].decode("latin-1")
            turn = await self._sign_in.finish(query, headers.get(b"cookie", ""), HOME)
        if turn.problem:
            words = f"The sign-in did not succeed: {turn.problem}. Go back to {HOME}\n"
            await _send(scope, send, 403, text, words.encode())
            return
        await _send(scope, send, 302, kept | {"location": turn.location}, b"", cookies=turn.cookies)

    async def _file(self, scope: Scope, send: Send, name: str) -> None:
        # An address of a page has no file of its own: the one page finds it in the address.
        found = self._files.get(name)
        if found is None and name.startswith("assets/"):
            await _send(scope, send, 404, {"content-type": "text/plain"}, b"No such file.\n")
            return
        page = found or self._files.get(INDEX)
        if page is None:
            headers = {"content-type": "text/plain; charset=utf-8"}
            await _send(scope, send, 503, headers, NOT_BUILT.encode())
            return
        headers = {
            "content-type": page.media_type,
            "cache-control": IMMUTABLE if name.startswith("assets/") else "no-cache",
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "vary": "accept-encoding",
        }
        content = page.content
        if page.packed is not None and _takes_gzip(scope):
            headers["content-encoding"], content = "gzip", page.packed
        await _send(scope, send, 200, headers, content)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


async def _send(
    scope: Scope,
    send: Send,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    cookies: Iterable[str] = (),
) -> None:
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    named += [(b"set-cookie", cookie.encode()) for cookie in cookies]
    named.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": named})
    body = b"" if scope["method"] == "HEAD" else content
    await send({"type": "http.response.body", "body": body})
