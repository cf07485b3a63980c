"""aiocoap on TCP (RFC 8323), as a server or as a client, for the tests beside this folder.

server: prints {"port": N}; serves /hello, /big (GET 5000 bytes), /store (PUT and GET), /tick (observable, every 0.2 s)
client METHOD URI [HEX]: prints {"code": "2.05", "payload": HEX}
observe URI COUNT: prints so many of them, then ends the observation
"""

import asyncio
import json
import os
import socket
import sys

os.environ["AIOCOAP_CLIENT_TRANSPORT"] = "tcpclient"
os.environ["AIOCOAP_SERVER_TRANSPORT"] = "tcpserver"

import aiocoap  # noqa: E402
import aiocoap.resource as resource  # noqa: E402


def big(size):
    return bytes(index * 31 & 255 for index in range(size))


class Hello(resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(payload=b"hello")


class Big(resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(payload=big(5000))


class Store(resource.Resource):
    content = b""

    async def render_get(self, request):
        return aiocoap.Message(payload=self.content)

    async def render_put(self, request):
        self.content = request.payload
        return aiocoap.Message(code=aiocoap.CHANGED)


class Tick(resource.ObservableResource):
    count = 0

    async def run(self):
        while True:
            await asyncio.sleep(0.2)
            self.count += 1
            self.updated_state()

    async def render_get(self, request):
        return aiocoap.Message(payload=str(self.count).encode())


def show(response):
    print(json.dumps({"code": response.code.dotted, "payload": response.payload.hex()}), flush=True)


async def serve():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = resource.Site()
    tick = Tick()
    for name, what in (("hello", Hello()), ("big", Big()), ("store", Store()), ("tick", tick)):
        site.add_resource([name], what)
    await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port))
    print(json.dumps({"port": port}), flush=True)
    await tick.run()


async def ask(method, uri, payload):
    context = await aiocoap.Context.create_client_context()
    code = getattr(aiocoap, method)
    show(await context.request(aiocoap.Message(code=code, uri=uri, payload=bytes.fromhex(payload))).response)
    await context.shutdown()


async def observe(uri, count):
    context = await aiocoap.Context.create_client_context()
    request = context.request(aiocoap.Message(code=aiocoap.GET, uri=uri, observe=0))
    show(await request.response)
    async for notification in request.observation:
        show(notification)
        count -= 1
        if count <= 1:
            break
    request.observation.cancel()
    await asyncio.sleep(0.3)
    await context.shutdown()


words = sys.argv[1:]
if words[0] == "server":
    asyncio.run(serve())
elif words[0] == "client":
    asyncio.run(ask(words[1], words[2], words[3] if len(words) > 3 else ""))
else:
    asyncio.run(observe(words[1], int(words[2])))
