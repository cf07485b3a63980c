/** What a bootstrap takes on the wire: bytes of CoAP, both ways. */
import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Path, ResourceType, Value } from "../../../modules/formats/value.ts";
import { path, rootPath } from "../../../modules/lwm2m/path.ts";
import type { SecureChannel } from "../../../modules/lwm2m/secure.ts";
import { equal, ok, test } from "../../harness.ts";
import { bootstrapBench } from "./bootstrap-bench.ts";

const { senmlCbor, lwm2mCbor, tlv } = ContentFormat;

/** One server's account with a pre-shared key of 16 bytes. */
const security: readonly (readonly [resource: number, type: ResourceType, value: Value])[] = [
	[0, "string", "coaps://server.example:5684"],
	[1, "boolean", false],
	[2, "integer", 0],
	[3, "opaque", utf8("dormouse")],
	[5, "opaque", new Uint8Array(16).fill(7)],
	[10, "integer", 1],
];
const server: typeof security = [
	[0, "integer", 1],
	[1, "integer", 86400],
	[6, "boolean", true],
	[7, "string", "U"],
];

function written(contentFormat: number, base: Path, objects: readonly (readonly [number, typeof security])[]) {
	const writer = formatsSince11.writer(contentFormat, base)!;
	for (const [objectId, values] of objects) {
		for (const [resourceId, type, value] of values) writer.entry(path(objectId, 0, resourceId), type, value);
	}
	return writer.finish();
}

/** A channel that never comes about: what is behind it is not looked at here. */
const channel: SecureChannel = {
	isSecured: false,
	deadlineMs: Infinity,
	connect() {},
	receive() {},
	send() {},
	poll() {},
	takeDatagram: () => undefined,
	close() {},
	drop() {},
};

function bench(enabler: "1.0" | "1.1" | "1.2", packFormat?: number) {
	const payload =
		packFormat === undefined
			? undefined
			: written(packFormat, rootPath, [
					[0, security],
					[1, server],
				]);
	const it = bootstrapBench({
		enabler,
		secure: { open: () => channel },
		...(payload === undefined ? {} : { pack: () => ({ code: Code.content, contentFormat: packFormat!, payload }) }),
	});
	it.world.start().run(0);
	return it;
}

const bytesOf = (it: ReturnType<typeof bench>) => it.world.secondWire.reduce((sum, { bytes }) => sum + bytes.length, 0);

for (const [name, enabler, format, bytes, datagrams] of [
	["TLV", "1.0", tlv, 160, 8],
	["SenML CBOR", "1.1", senmlCbor, 216, 8],
] as const) {
	test(`a classic session in ${name}: ${bytes} bytes of CoAP in ${datagrams} datagrams`, () => {
		const it = bench(enabler);
		it.ask(Code.put, "/0/0", { contentFormat: format, payload: written(format, path(0, 0), [[0, security]]) });
		it.ask(Code.put, "/1/0", { contentFormat: format, payload: written(format, path(1, 0), [[1, server]]) });
		equal(it.finish(), "2.04");
		equal(bytesOf(it), bytes);
		equal(it.world.secondWire.length, datagrams);
	});
}

for (const [name, format, bytes] of [
	["SenML CBOR", senmlCbor, 174],
	["LwM2M CBOR", lwm2mCbor, 128],
] as const) {
	test(`a Bootstrap-Pack in ${name}: ${bytes} bytes of CoAP in 2 datagrams`, () => {
		const it = bench("1.2", format);
		ok(it.store.count === 1);
		equal(bytesOf(it), bytes);
		equal(it.world.secondWire.length, 2);
	});
}
