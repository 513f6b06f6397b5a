"""A server that says what a test wants it to say: /info, /exchange and /ws on loopback."""

import asyncio
import json
from collections import deque
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer


class Stub:
    """answers: by the type of the question or action, a JSON value, (status, text), a function of
    the body, or a deque of them to be used up. `heard`: bodies;
    wires: open websockets; messages: what they sent."""

    def __init__(self):
        self.answers = {}
        self.heard = []
        self.wires = []
        self.messages = []
        self.deaf = False
        self.news = asyncio.Event()

    def asked(self, kind):
        return [body for body in self.heard if kind in {body.get("type"), _action(body)}]

    async def answer(self, request):
        body = json.loads(await request.read())
        self.heard.append(body)
        kind = _action(body) or body["type"]
        answer = self.answers[kind]
        if isinstance(answer, deque):
            answer = answer.popleft() if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, tuple):
            return web.Response(status=answer[0], text=answer[1])
        if answer is None:
            request.transport.close()
            return web.Response()
        return web.json_response(answer)

    async def listen(self, request):
        wire = web.WebSocketResponse()
        await wire.prepare(request)
        self.wires.append(wire)
        async for message in wire:
            if message.type is WSMsgType.TEXT:
                await self.hear(wire, json.loads(message.data))
        self.wires.remove(wire)
        return wire

    async def hear(self, wire, told):
        self.messages.append(told)
        self.news.set()
        if self.deaf:
            return
        if told["method"] == "ping":
            await wire.send_json({"channel": "pong"})
        elif told["method"] in {"subscribe", "unsubscribe"}:
            await wire.send_json({"channel": "subscriptionResponse", "data": told})

    async def push(self, channel, data):
        for wire in list(self.wires):
            await wire.send_json({"channel": channel, "data": data})

    def subscribed(self, kind):
        return [
            one
            for one in self.messages
            if one["method"] == "subscribe" and one["subscription"]["type"] == kind
        ]


def _action(body):
    return body["action"]["type"] if "action" in body else None


@asynccontextmanager
async def serving(stub):
    app = web.Application()
    app.router.add_post("/info", stub.answer)
    app.router.add_post("/exchange", stub.answer)
    app.router.add_get("/ws", stub.listen)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def until(happened):
    """Let others run until something has happened; returns what the question returned."""
    async with asyncio.timeout(60):
        while not (answer := happened()):
            await others()
    return answer


async def others():
    """Let whatever else runs have its turn, the network included."""
    await asyncio.sleep(0.002)
