import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { equal, test } from "../../harness.ts";
import { type BootstrapBench, bootstrapBench, record, securityRecords, serverRecords } from "./bootstrap-bench.ts";

const { text, tlv, senmlJson, coreLink } = ContentFormat;

/** One request of the Bootstrap-Server in a session, and its answer. */
interface Case {
	readonly method: number;
	readonly path: string;
	readonly code: string;
	readonly body?: string | Uint8Array;
	readonly contentFormat?: number;
	readonly accept?: number;
	/** Of a client of this version; 1.1 when left out. */
	readonly enabler?: "1.0" | "1.1" | "1.2";
}

const put = (path: string, body: string | Uint8Array, code: string, contentFormat: number = senmlJson): Case => ({
	...{ method: Code.put, path, body, contentFormat, code },
});
const get = (path: string, code: string, more: Partial<Case> = {}): Case => ({ method: Code.get, path, code, ...more });
const discover = (path: string, code: string): Case => get(path, code, { accept: coreLink });
const remove = (path: string, code: string): Case => ({ method: Code.delete, path, code });
const post = (path: string, code: string): Case => ({ method: Code.post, path, code });
const pack = (...records: string[]) => `[${records.join(",")}]`;
/** /1 with Instance 4: Short Server ID 7, lifetime 60. */
const objectTlv = Uint8Array.of(0x06, 0x04, 0xc1, 0x00, 0x07, 0xc1, 0x01, 0x3c);

const cases: { readonly [operation: string]: readonly Case[] } = {
	"Bootstrap-Write": [
		put("/0", pack(...securityRecords(0, 1)), "2.04"),
		put("/1/0", pack(...serverRecords(0, 1)), "2.04"),
		put("/1", objectTlv, "2.04", tlv),
		put("/1/4", objectTlv.slice(2), "2.04", tlv),
		put("/1/5", "[]", "2.04"), // an Instance without values
		put("/1/5/1", "60", "2.04", text), // an Instance with one
		put("/1/5", "60", "4.00", text), // one value for many
		put("/1/5/1", "x", "4.00", text),
		put("/1/5/0", "0", "4.00", text), // out of its range
		put("/1/5/7", "Z", "4.00", text), // the application's own check
		put("/1/5/99", "1", "4.00", text), // no such Resource, and nothing else
		put("/1/5", pack(record("/1/5/99", 1), record("/1/5/1", 60)), "2.04"), // unknown ones are passed over
		put("/1/5", pack(record("/1/6/1", 1)), "4.00"), // another Instance's
		put("/1/5", pack(record("/1/5/1", 1), record("/1/5/1", 2)), "4.00"),
		put("/1/5", "[{", "4.00"),
		put("/1/5/4", "", "4.00", text), // nothing to write: it is executable
		put("/2/0", pack(record("/2/0/0", 3), record("/2/0/1", 0), record("/2/0/2/1", 15), record("/2/0/3", 1)), "2.04"),
		put("/3/0/14", "+02:00", "4.00", text), // the application does not have it
		put("/3/1", "[]", "4.00"),
		put("/33100/3", pack(record("/33100/3/0", "x"), record("/33100/3/1", 50)), "2.04"),
		put("/33100/3", pack(record("/33100/3/1", 101)), "4.00"),
		put("/5/0", "[]", "4.00"), // no such Object
		put("/0/5", pack(record("/0/5/1", true)), "4.00"), // a second Bootstrap-Server
		put("/", "[]", "4.05"),
		put("/1/0/2/3", "1", "4.05", text),
		put("/1/0/2/3/4", "1", "4.02", text),
		put("/x", "1", "4.00", text),
		put("/1/0/1", "60", "4.15", 9999),
		{ method: Code.put, path: "/1/0/1", body: "60", code: "4.15" },
	],
	"Bootstrap-Delete": [
		remove("/", "2.02"),
		remove("/0", "2.02"),
		remove("/1", "2.02"),
		remove("/33100", "2.02"),
		remove("/33100/7", "2.02"),
		remove("/0/1", "4.00"), // its own account
		remove("/3", "4.00"),
		remove("/3/0", "4.00"),
		remove("/1/9", "4.00"),
		remove("/5", "4.00"),
		remove("/1/0/2", "4.00"),
		remove("/1/0/2/3", "4.00"),
		remove("/x", "4.00"),
	],
	"Bootstrap-Discover": [
		discover("/", "2.05"),
		discover("/0", "2.05"),
		discover("/33100", "2.05"),
		discover("/5", "4.04"),
		discover("/x", "4.04"),
		discover("/0/1", "4.00"),
		discover("/1/0/2", "4.00"),
	],
	"Bootstrap-Read": [
		get("/1", "2.05"),
		get("/2", "2.05"),
		get("/1", "2.05", { accept: tlv }),
		get("/1/9", "4.04"),
		get("/1", "4.06", { accept: 9999 }),
		get("/1/0", "4.04", { accept: text }), // nothing there to be in any format
		get("/0", "4.05"),
		get("/0/1", "4.05"),
		get("/3/0", "4.05"),
		get("/1/0/1", "4.05"),
		get("/", "4.05"),
		get("/1", "4.05", { enabler: "1.0" }),
		get("/x", "4.04"),
	],
	"Bootstrap-Finish": [post("/bs", "4.06"), post("/bs/x", "4.05"), post("/1/0/8", "4.05"), post("/33100", "4.05")],
	"none of them": [
		{ method: Code.fetch, path: "/", code: "4.05" },
		{ method: Code.ipatch, path: "/", code: "4.05" },
		{ method: Code.patch, path: "/1", code: "4.05" },
	],
};

function perform(it: BootstrapBench, { method, path, body, contentFormat, accept }: Case): string {
	const payload = typeof body === "string" ? utf8(body) : body;
	const { code } = it.ask(method, path, {
		...(payload === undefined ? {} : { payload }),
		...(contentFormat === undefined ? {} : { contentFormat }),
		...(accept === undefined ? {} : { accept }),
	});
	return codeText(code);
}

for (const operation in cases) {
	test(`[A-65] what ${operation} answers in a session`, () => {
		for (const each of cases[operation]!) {
			const it = bootstrapBench({
				enabler: each.enabler ?? "1.1",
				furnish: (client) => {
					client.add(client.registry.object(33100)!.options.create!(7));
				},
			});
			it.world.start().run(0);
			const before = it.registry();
			const what = `${each.method} ${each.path} ${each.body ?? ""}`;
			equal(perform(it, each), each.code, what);
			equal(it.registry(), before, what);
			equal(it.store.count, 0, what);
		}
	});
}
