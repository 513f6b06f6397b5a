"""Before anything is read: is this the right door, who is there, may they, and how often."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request

from market_maker.api.bearer import Authenticator
from market_maker.api.pace import Limiter, Pace, PacedCallers, SharedBuckets
from market_maker.api.problems import ProblemError, problem, refusal
from market_maker.api.routes import Route
from market_maker.api.sessions import Sessions
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import ANONYMOUS, Caller, Role
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]", "mm-service")
"""What this service is called while it runs without authentication; the last is the documents'
name for it. A page that points a name of its own at 127.0.0.1 (DNS rebinding) gets no answer."""

TARGET_LENGTH_MAX = 200

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class AccessRule(Struct, frozen=True):
    """Of the matrix. roles: one of them is needed; None: no token is."""

    roles: tuple[Role, ...] | None
    pace: Pace


Matrix = Mapping[tuple[str, str], AccessRule]


def matrix_of(routes: Sequence[Route]) -> Matrix:
    """The roles matrix: a row for every method and path."""
    return {(route.method, route.path): AccessRule(route.roles, route.pace) for route in routes}


class Access:
    """Every request to a route passes here first. A route without a row is closed."""

    def __init__(
        self,
        matrix: Matrix,
        auth: Authenticator,
        limiter: Limiter,
        trail: AuditTrail,
        clock: Clock,
        *,
        sessions: Sessions | None = None,
        shared: SharedBuckets | None = None,
    ) -> None:
        self._callers = PacedCallers(limiter, shared)
        self._matrix, self._auth, self._limiter = matrix, auth, limiter
        self._trail, self._clock = trail, clock
        self._sessions = Sessions(auth, clock) if sessions is None else sessions
        self._addresses = {path for _, path in matrix}

    async def __call__(self, request: Request, path: str) -> Caller:
        """The proved caller. path: the route's own, with its parameters' names. Raises
        ProblemError."""
        self._check_door(request)
        self._check_name(request, path)
        row = self._matrix.get((request.method, path))
        if row is None:
            raise refusal("forbidden", "the route has no entry in the role matrix")
        if row.roles is None:
            return ANONYMOUS
        caller = await self._proved(request)
        wait = await self._callers.wait(caller.token_id, row.pace, self._clock.now())
        if wait > 0:
            raise too_many(row.pace, wait)
        if not caller.has(*row.roles):
            granted = ", ".join(caller.roles) or "none"
            wanted = ", ".join(row.roles)
            error = refusal("forbidden", f"needs one of the roles {wanted}; granted: {granted}")
            await keep_denial(self._trail, caller, request, path, error)
            raise error
        return caller

    def _check_door(self, request: Request) -> None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1:
            raise refusal("malformed", "there is not exactly one Host header")
        if not self._auth.enabled and _name_of(hosts[0]) not in LOCAL_NAMES:
            detail = "without authentication only the names of this machine are answered to"
            raise refusal("misdirected", detail)
        if request.method in UNSAFE and _is_foreign(request, hosts[0]):
            raise refusal("forbidden", "the request comes from another site's page")

    def _check_name(self, request: Request, path: str) -> None:
        """A word that is an address of its own (/v1/pools/status) is no symbol."""
        here = asked_path(request)
        if here != path and here in self._addresses:
            raise HTTPException(405)

    async def _proved(self, request: Request) -> Caller:
        try:
            given = request.headers.getlist("authorization")
            await self._auth.prepare(given)
            known = None if given else self._sessions.caller(request)
            return self._auth.caller(given) if known is None else known
        except ProblemError:
            # Guessing is paced by address; a valid token is not counted here.
            self._count(request.client.host if request.client else "", Pace.FAILURE)
            raise

    def _count(self, name: str, pace: Pace) -> None:
        wait = self._limiter.wait(name, pace, self._clock.now())
        if wait > 0:
            raise too_many(pace, wait)


async def keep_denial(
    trail: AuditTrail, caller: Caller, request: Request, path: str, error: ProblemError
) -> None:
    """Audit what a proved caller asked for and may not do. path: the route's own."""
    if error.problem.type != "forbidden" or request.method not in UNSAFE:
        return
    entry = AuditEntry(
        caller=caller,
        action=f"{request.method} {path}",
        # As it may be written into an address: no store takes a NUL.
        target=quote(asked_path(request), errors="replace")[:TARGET_LENGTH_MAX],
        result=error.problem.detail,
    )
    await trail.refused(entry)


def asked_path(request: Request) -> str:
    """What was asked for, to the last character: `request.url` leaves line ends out."""
    path: str = request.scope["path"]
    return path


def too_many(pace: Pace, wait: Nanos) -> ProblemError:
    """429, and when to come back."""
    seconds = -(-wait // NANOS_PER_SECOND)
    detail = f"too many requests of the kind {pace}; the next may come in {seconds} s"
    return ProblemError(problem("too-many-requests", detail), {"Retry-After": str(seconds)})


def _name_of(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def _is_foreign(request: Request, host: str) -> bool:
    """Whether a browser says that a page of another site makes this request."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return True
    return request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
