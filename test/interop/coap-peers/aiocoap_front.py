"""aiocoap for the interop tests: a server with the resources of the ETSI CoAP plugtests, or a client that is told
what to ask, one JSON object a line. `aiocoap_front.py server` prints {"port": n}; `aiocoap_front.py client` reads
requests from standard input. Both end with their standard input."""

import asyncio
import json
import sys

import aiocoap
from aiocoap import Code, Message, resource
from aiocoap.numbers import OptionNumber
from aiocoap.numbers.contentformat import ContentFormat

LARGE = "".join(f"{line:04d} {'abcdefghijklmnopqrstuvwxyz' * 2}\n" for line in range(32)).encode()
TEXT = ContentFormat(0)


def options(message, *pairs):
    for number, value in pairs:
        message.opt.add_option(OptionNumber(number).create_option(decode=value))
    return message


class Plain(resource.Resource):
    """Answers GET with its content, and remembers what is PUT."""

    def __init__(self, content=b"hello", links=None, updatable=False):
        super().__init__()
        self.content = content
        self.links = links or {}
        self.updatable = updatable

    def get_link_description(self):
        return {**super().get_link_description(), **self.links}

    async def render_get(self, request):
        return Message(payload=self.content, content_format=TEXT)

    async def render_put(self, request):
        if not self.updatable:
            raise aiocoap.error.UnallowedMethod()
        self.content = request.payload
        return Message(code=Code.CHANGED)


class Test(Plain):
    async def render_put(self, request):
        return Message(code=Code.CHANGED)

    async def render_post(self, request):
        return Message(code=Code.CREATED, location_path=("location1", "location2", "location3"))

    async def render_delete(self, request):
        return Message(code=Code.DELETED)


class Query(Plain):
    async def render_get(self, request):
        return Message(payload="&".join(request.opt.uri_query).encode(), content_format=TEXT)


class Separate(Plain):
    async def render_get(self, request):
        await asyncio.sleep(1)
        return Message(payload=b"later", content_format=TEXT)


class LocationQuery(Plain):
    async def render_post(self, request):
        return options(Message(code=Code.CREATED), (20, b"first=1"), (20, b"second=2"))


class MultiFormat(Plain):
    async def render_get(self, request):
        if request.opt.accept == 41:
            return Message(payload=b"<a/>", content_format=ContentFormat(41))
        return Message(payload=b"a", content_format=TEXT)


class Validate(Plain):
    version = 1

    def tag(self):
        return bytes([0xA0, self.version])

    async def render_get(self, request):
        message = Message(payload=self.content, content_format=TEXT)
        message.opt.etag = self.tag()
        if self.tag() in request.opt.etags:
            message.code = Code.VALID
            message.payload = b""
        return message

    async def render_put(self, request):
        if request.opt.if_match and self.tag() not in request.opt.if_match:
            return Message(code=Code.PRECONDITION_FAILED)
        self.version += 1
        self.content = request.payload
        return Message(code=Code.CHANGED)


class Create(Plain):
    made = False

    async def render_put(self, request):
        if request.opt.if_none_match and self.made:
            return Message(code=Code.PRECONDITION_FAILED)
        self.made = True
        return Message(code=Code.CREATED)

    async def render_delete(self, request):
        self.made = False
        return Message(code=Code.DELETED)


class LargeCreate(Plain):
    async def render_post(self, request):
        self.content = request.payload
        return Message(code=Code.CREATED, location_path=("large-create", "1"))


class LargePost(Plain):
    async def render_post(self, request):
        return Message(code=Code.CHANGED, payload=request.payload.upper(), content_format=TEXT)


class Observed(resource.ObservableResource):
    """Changes every half second."""

    def __init__(self, start, non=False):
        super().__init__()
        self.non = non
        self.content = start
        self.count = 0
        self.code = Code.CONTENT
        self.format = TEXT

    async def run(self):
        while True:
            await asyncio.sleep(0.5)
            self.count += 1
            try:
                self.updated_state()
            except RuntimeError as error:  # an observer may leave while the others are told
                print(error, file=sys.stderr)

    async def render_get(self, request):
        if self.code != Code.CONTENT:
            return Message(code=self.code)
        message = Message(payload=self.content + str(self.count).encode(), content_format=self.format)
        if self.non:
            message.transport_tuning = aiocoap.numbers.TransportTuning()
            message.mtype = aiocoap.NON
        return message

    async def render_put(self, request):
        if request.opt.content_format not in (None, self.format):
            self.format = request.opt.content_format
            self.updated_state(Message(code=Code.NOT_ACCEPTABLE))
        else:
            self.content = request.payload
            self.updated_state()
        return Message(code=Code.CHANGED)

    async def render_delete(self, request):
        self.updated_state(Message(code=Code.NOT_FOUND))
        return Message(code=Code.DELETED)


async def until_input_ends():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


def site():
    root = resource.Site()
    root.add_resource([".well-known", "core"], resource.WKCResource(root.get_resources_as_linkheader))
    plain = {
        "test": Test(),
        "seg1/seg2/seg3": Plain(b"segments"),
        "query": Query(),
        "separate": Separate(),
        "location-query": LocationQuery(),
        "multi-format": MultiFormat(),
        "validate": Validate(),
        "create1": Create(),
        "large": Plain(LARGE, {"sz": str(len(LARGE))}),
        "large-update": Plain(LARGE, updatable=True),
        "large-create": LargeCreate(),
        "large-create/1": Plain(LARGE),
        "large-post": LargePost(),
        "link1": Plain(links={"rt": "Type1 Type2", "if": "If1"}),
        "link2": Plain(links={"rt": "Type2 Type3", "if": "If2"}),
        "link3": Plain(links={"rt": "Type1 Type3", "if": "foo"}),
        "path": Plain(b"</path/sub1>,</path/sub2>", {"ct": "40"}),
        "path/sub1": Plain(b"sub1"),
        "path/sub2": Plain(b"sub2"),
    }
    plain["path"].render_get = lambda request: linked(plain["path"].content)
    for path, one in plain.items():
        root.add_resource(path.split("/"), one)
    root.add_resource(["big"], Plain(bytes(i * 31 & 255 for i in range(1 << 20))))
    observed = [Observed(b"obs "), Observed(b"non ", non=True), Observed(LARGE)]
    for name, one in zip(("obs", "obs-non", "obs-large"), observed):
        root.add_resource([name], one)
    return root, observed


async def linked(content):
    return Message(payload=content, content_format=ContentFormat(40))


async def serve(port):
    root, observed = site()
    await aiocoap.Context.create_server_context(root, bind=("127.0.0.1", port), transports=["udp6"])
    running = [asyncio.create_task(one.run()) for one in observed]
    print(json.dumps({"port": port}), flush=True)
    async for _ in until_input_ends():
        pass
    for task in running:
        task.cancel()


def told(message):
    pairs = [[int(option.number), option.encode().hex()] for option in message.opt.option_list()]
    return {"code": message.code.dotted, "options": pairs, "payload": message.payload.hex()}


async def ask(context, order, observations):
    def say(more):
        print(json.dumps({"id": order["id"], **more}), flush=True)

    try:
        if "cancel" in order:
            observations.pop(order["cancel"]).observation.cancel()
            say({"code": "ok"})
            return
        message = Message(code=getattr(Code, order["method"]), uri=order["uri"])
        message.mtype = aiocoap.NON if order.get("type") == "NON" else aiocoap.CON
        message.payload = bytes.fromhex(order.get("payload", ""))
        for number, value in order.get("options", []):
            options(message, (number, bytes.fromhex(value)))
        if order.get("observe"):
            message.opt.observe = 0
        request = context.request(message)
        if order.get("observe"):
            observations[order["id"]] = request
            request.observation.register_callback(lambda response: say({"notification": told(response)}))
            request.observation.register_errback(lambda error: say({"over": repr(error)}))
        say(told(await request.response))
    except Exception as error:
        say({"failed": repr(error)})


async def client():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    print(json.dumps({"port": 0}), flush=True)
    observations = {}
    tasks = set()
    async for line in until_input_ends():
        task = asyncio.create_task(ask(context, json.loads(line), observations))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


asyncio.run(serve(int(sys.argv[2])) if sys.argv[1] == "server" else client())
