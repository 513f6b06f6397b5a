"""A hand on the emulated matching engine, for tests and drills: a real exchange has no such
requests."""

from collections.abc import Callable

from aiohttp import web

RESTART, BOOKS = "/v1/engine/restart", "/v1/engine/books"


def engine_routes(
    begin_epoch: Callable[[], int], show_books: Callable[[], None]
) -> list[web.RouteDef]:
    """POST RESTART begins a new epoch, whose books are not shown until POST BOOKS."""

    async def restart(_request: web.Request) -> web.Response:
        return web.json_response({"epoch": begin_epoch()})

    async def books(_request: web.Request) -> web.Response:
        show_books()
        return web.json_response({})

    return [web.post(RESTART, restart), web.post(BOOKS, books)]
