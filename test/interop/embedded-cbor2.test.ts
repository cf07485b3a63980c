import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { Bench } from "./bench.ts";
import { type Case, hasCode, valuesIn } from "./case.ts";
import { cborPython, PeerMissing } from "./coap-artifacts.ts";
import { readValue, resource, resources, test } from "./conformance-values.ts";
import { startEmbedded } from "./embedded-server.ts";
import type { WireMessage } from "./event-stream.ts";
import { interopSuite } from "./suite.ts";

/** Prints CBOR as JSON: keys as text, bytes as hexadecimal digits, lists of keys joined. */
const program = `
import cbor2, json, sys
def key(k): return "/".join(str(part) for part in k) if isinstance(k, (list, tuple)) else str(k)
def plain(v):
    if isinstance(v, (bytes, bytearray)): return v.hex()
    if hasattr(v, "items"): return {key(k): plain(each) for k, each in v.items()}
    if isinstance(v, (list, tuple)): return [plain(each) for each in v]
    return v
print(json.dumps(plain(cbor2.loads(bytes.fromhex(sys.argv[1])))))
`;

type Tree = string | number | boolean | readonly Tree[] | { readonly [key: string]: Tree };

function decode(python: string, hex: string): Tree {
	const { status, stdout, stderr } = spawnSync(python, ["-c", program, hex], { encoding: "utf8", timeout: 20_000 });
	if (status !== 0) throw new Error(`cbor2 does not read ${hex}:\n${stderr}`);
	return JSON.parse(stdout) as Tree;
}

/** Values by path out of nested maps; a key may be several levels. */
function flatten(tree: Tree, at = "", found = new Map<string, Tree>()): Map<string, Tree> {
	const isMap = typeof tree === "object" && !Array.isArray(tree);
	if (!isMap) return found.set(at, tree);
	for (const [key, value] of Object.entries(tree)) flatten(value, `${at}/${key}`, found);
	return found;
}

/** The bytes of the answer to `ask`, off the server's log of messages. */
async function payloadOf(bench: Bench, ask: () => Promise<unknown>): Promise<string> {
	const messages = await bench.server.rest.events(bench.device.endpoint);
	try {
		await ask();
		const isAnswer = (one: WireMessage) => one.incoming && one.code === "2.05" && one.payload !== undefined;
		const wants = ({ event, data }: { event: string; data: unknown }) =>
			event === "COAPLOG" && isAnswer(data as WireMessage);
		const { payload } = (await messages.wait("an answer with a payload", wants)).data as WireMessage;
		const bytes = payload!.startsWith("Hex:") ? payload!.slice(4) : Buffer.from(payload!, "latin1").toString("hex");
		return bytes;
	} finally {
		messages.close();
	}
}

const asJson = (value: unknown) => (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);

const cases = (python: string): readonly Case[] => [
	...["/1/0", "/6/0", "/3/0/6", "/3/0/7/1", "/11/0", "/33100/1"].map((path) => ({
		name: `[CORE-DM-1] LwM2M CBOR (11544): Python's cbor2 reads ${path} as TLV has it`,
		run: async (bench: Bench) => {
			const bytes = await payloadOf(bench, () => bench.remote.read(path, { format: "LWM2M_CBOR" }));
			const found = flatten(decode(python, bytes));
			const wanted = valuesIn(await bench.remote.read(path, { format: "TLV" }), path);
			deepEqual([...found.keys()].sort(), [...wanted.keys()].sort());
			for (const [at, value] of wanted) {
				const got = found.get(at);
				if (typeof value === "object") equal(got, `${value.objectId}:${value.objectInstanceId}`, at);
				else if (path === "/33100/1")
					ok(got !== undefined, at); // the server does not know its types
				else if (typeof got === "number" && typeof asJson(value) === "number") {
					const isTime = Number(value) === got * 1000;
					ok(isTime || Math.abs(Number(value) - got) < 1e-3, `${at}: ${got} and ${String(value)}`);
				} else deepEqual(got, value, at);
			}
		},
	})),
	{
		name: "[CORE-DM-1] LwM2M CBOR and SenML CBOR: cbor2 reads 64-bit integers and bytes",
		run: async (bench) => {
			const { remote } = bench;
			const node = resources(1150, "opaque", { 0: "", 7: "00ff" });
			hasCode(await remote.write(`${test}/1150`, node), "2.04");
			hasCode(await remote.write(`${test}/125`, resource(125, "unsigned_integer", "18446744073709551615")), "2.04");
			const opaque = await payloadOf(bench, () => remote.read(`${test}/1150`, { format: "LWM2M_CBOR" }));
			deepEqual([...flatten(decode(python, opaque))].sort(), [
				[`${test}/1150/0`, ""],
				[`${test}/1150/7`, "00ff"],
			]);
			const big = await payloadOf(bench, () => remote.read(`${test}/125`, { format: "LWM2M_CBOR" }));
			ok(big.includes("1bffffffffffffffff"), big);
			const senml = await payloadOf(bench, () => remote.read(`${test}/125`, { format: "SENML_CBOR" }));
			ok(senml.includes("1bffffffffffffffff"), senml);
			equal(await readValue(remote, `${test}/125`), "18446744073709551615");
		},
	},
];

/** Nobody else's LwM2M 1.2 to talk to: at least its bytes are read by a decoder that neither side shares. */
let python: string | undefined;
let why = "";
try {
	python = cborPython();
} catch (error) {
	if (!(error instanceof PeerMissing)) throw error;
	why = error.message;
}
if (python !== undefined) {
	interopSuite("xs › embedded › cbor2", startEmbedded, { cases: cases(python), image: "conformance-1.2" });
} else {
	const { test: skipped } = await import("node:test");
	skipped("xs › embedded › cbor2", { skip: why }, () => undefined);
}
