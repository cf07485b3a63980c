import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { Request } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { Formats } from "../../../modules/formats/format.ts";
import { lwm2mCborFormat } from "../../../modules/formats/lwm2m-cbor.ts";
import { formatsSince11, readPayload } from "../../../modules/formats/payload.ts";
import { textFormat } from "../../../modules/formats/text.ts";
import type { AccessRights } from "../../../modules/lwm2m/access-rights.ts";
import { Attributes } from "../../../modules/lwm2m/attributes.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { defaultLimits } from "../../../modules/lwm2m/limits.ts";
import type { Asker } from "../../../modules/lwm2m/operation.ts";
import { Operations } from "../../../modules/lwm2m/operations.ts";
import { path, pathText, rootPath } from "../../../modules/lwm2m/path.ts";
import type { Past, Recorded } from "../../../modules/lwm2m/read.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { Registry } from "../../../modules/lwm2m/registry.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { SAMPLE } from "./sample-object.ts";

const { text, senmlJson, lwm2mCbor, coreLink } = ContentFormat;

/** Three Instances, of which the server has got rights on the first alone; what it asked for is written down. */
function scene(formats: Formats = formatsSince11) {
	const registry = new Registry(8, { instanceChanged() {} });
	registry.addObject(SAMPLE, {
		create: (id) => new ObjectInstance(SAMPLE, { id, values: { whole: 1 } }),
		remove() {},
	});
	for (const id of [0, 1, 2])
		registry.add(new ObjectInstance(SAMPLE, { id, values: { whole: id, names: ["a"] }, execute: { run() {} } }));
	const asked: string[] = [];
	let allowed = 0;
	const rights: AccessRights = {
		instancesPerCreate: 2,
		require(right, objectId, instanceId) {
			asked.push(`${right} ${objectId} ${instanceId}`);
			if (instanceId > allowed) throw new RequestRefused(Code.unauthorized, "no right");
		},
		mayRead: (_, instanceId) => instanceId <= allowed,
		created: (objectId, instanceId) => void asked.push(`created ${objectId} ${instanceId}`),
		deleted: (objectId, instanceId) => void asked.push(`deleted ${objectId} ${instanceId}`),
	};
	const asker: Asker = { attributes: new Attributes(16), enabler: "1.2", shortServerId: 1, rights };
	const operations = new Operations(registry, defaultLimits, { formats, composite: compositeOperations, log() {} });
	const perform = (code: number, to: string, more: Partial<Request> = {}) => {
		const request = {
			...{
				code,
				path: to
					.split("/")
					.slice(1)
					.filter((part) => part !== ""),
				query: [],
				payload: new Uint8Array(),
			},
			...{ contentFormat: undefined, accept: undefined, observe: undefined, token: new Uint8Array(1) },
			...more,
		};
		return operations.perform(request as unknown as Request, asker);
	};
	const ask = (code: number, to: string, more: Partial<Request> = {}) =>
		codeText(perform(code, to, more).response.code);
	const allow = (instanceId: number) => {
		allowed = instanceId;
	};
	return { registry, operations, asker, asked, ask, perform, allow };
}

/** "/33000/0/1=7", with its time where there is one. */
function lines(
	it: ReturnType<typeof scene>,
	{ contentFormat, payload }: { contentFormat?: number; payload?: Uint8Array },
) {
	const found: string[] = [];
	readPayload(contentFormat!, payload!, 0, payload!.length, rootPath, it.registry, {
		entry(at, value, timeS) {
			found.push(`${pathText(at)}=${value}${timeS === undefined || timeS === 0 ? "" : ` at ${timeS}`}`);
			return undefined;
		},
	});
	return found;
}

test("[CORE-DM-1] A-84: each operation asks for its right, and without it nothing happens", () => {
	const it = scene();
	const bodyOf = (records: string) => ({ contentFormat: senmlJson, payload: utf8(records) });
	for (const [method, to, more, right] of [
		[Code.get, "/33000/1", {}, "read"],
		[Code.get, "/33000/1/1", { observe: 0 }, "read"],
		[Code.put, "/33000/1/1", { contentFormat: text, payload: utf8("5") }, "write"],
		[Code.post, "/33000/1", bodyOf('[{"n":"/33000/1/1","v":5}]'), "write"],
		[Code.put, "/33000/1", { query: ["pmin=1"] }, "read"],
		[Code.put, "/33000/1/9/0", { query: ["pmin=1"] }, "read"],
		[Code.post, "/33000/1/12", {}, "execute"],
		[Code.delete, "/33000/1", {}, "delete"],
		[Code.delete, "/33000/1/9/0", {}, "delete"],
		[Code.ipatch, "/", bodyOf('[{"n":"/33000/0/1","v":5},{"n":"/33000/1/1","v":5}]'), "write"],
	] as const) {
		it.asked.length = 0;
		equal(it.ask(method, to, more as Partial<Request>), "4.01", to);
		equal(it.asked.at(-1), `${right} 33000 1`);
	}
	equal(it.registry.instance(33000, 0)?.at(1), 0, "not half of a Write-Composite either");
	equal(it.registry.object(33000)?.instances.length, 3);
});

test("[CORE-DM-1] Write-Attributes on an Object and Discover take no right (Core 1.2 §8.2.3)", () => {
	const it = scene();
	equal(it.ask(Code.put, "/33000", { query: ["pmin=1"] }), "2.04");
	equal(it.ask(Code.get, "/33000/1", { accept: coreLink }), "2.05");
	equal(it.ask(Code.get, "/33000", { accept: coreLink }), "2.05");
	deepEqual(it.asked, []);
});

test("[CORE-DM-1] what is not there is 4.04, right or not", () => {
	const it = scene();
	equal(it.ask(Code.get, "/33000/7"), "4.04");
	equal(it.ask(Code.delete, "/33000/7"), "4.04");
	deepEqual(it.asked, []);
});

test("[CORE-DM-1] an Object is read without the Instances that the server may not read", () => {
	const it = scene();
	const read = () => it.perform(Code.get, "/33000", { accept: senmlJson }).response;
	deepEqual(lines(it, read()), ["/33000/0/1=0", "/33000/0/9/0=a"]);
	it.allow(1);
	equal(lines(it, read()).length, 4);
	it.allow(-1);
	equal(codeText(read().code), "4.01");
});

test("[CORE-DM-1] Read-Composite leaves out what the server may not read; with nothing left it is 4.01", () => {
	const it = scene();
	const fetch = (records: string) => it.perform(Code.fetch, "/", { contentFormat: senmlJson, payload: utf8(records) });
	const outcome = fetch('[{"n":"/33000/1/1"},{"n":"/33000/0/1"}]');
	deepEqual(lines(it, outcome.response), ["/33000/0/1=0"]);
	deepEqual(outcome.paths.map(pathText), ["/33000/1/1", "/33000/0/1"], "as they were named");
	deepEqual(lines(it, fetch('[{"n":"/"}]').response), ["/33000/0/1=0", "/33000/0/9/0=a"]);
	equal(codeText(fetch('[{"n":"/33000/1/1"}]').response.code), "4.01");
	const what = { paths: outcome.paths, isComposite: true, accept: senmlJson };
	deepEqual(lines(it, it.operations.observed(what, it.asker)), ["/33000/0/1=0"]);
	it.allow(-1);
	equal(codeText(it.operations.observed(what, it.asker).code), "4.01", "the right was withdrawn");
});

test("[CORE-DM-1] Create and Delete tell who owns what; Instances of Object 2 count", () => {
	const it = scene();
	const create = (id: number) =>
		it.ask(Code.post, "/33000", { contentFormat: senmlJson, payload: utf8(`[{"n":"/33000/${id}/1","v":5}]`) });
	equal(create(5), "2.01");
	deepEqual(it.asked, ["create 33000 -1", "created 33000 5"]);
	equal(it.ask(Code.delete, "/33000/0"), "2.02");
	deepEqual(it.asked.slice(2), ["delete 33000 0", "deleted 33000 0"]);
	for (const id of [6, 7, 8, 9]) equal(create(id), "2.01");
	equal(create(10), "5.00", "one more fits, but not two");
});

test("[CORE-DM-1] values of before go in front of the present one, in formats that carry times", () => {
	const it = scene();
	const past: Past = { size: 2, valueAt: (index) => 10 + index, timeS: (index) => 1_700_000_000 + index };
	const told = (isPresentIncluded: boolean): Recorded => ({
		at: ({ instanceId, resourceId }) => (instanceId === 0 && resourceId === 1 ? past : undefined),
		isPresentIncluded: () => isPresentIncluded,
	});
	const what = (accept: number) => ({ paths: [path(33000, 0, 1)], isComposite: false, accept });
	deepEqual(lines(it, it.operations.observed(what(senmlJson), it.asker, told(false))), [
		"/33000/0/1=10 at 1700000000",
		"/33000/0/1=11 at 1700000001",
		"/33000/0/1=0",
	]);
	deepEqual(lines(it, it.operations.observed(what(senmlJson), it.asker, told(true))).length, 2);
	deepEqual(lines(it, it.operations.observed(what(lwm2mCbor), it.asker, told(true))), ["/33000/0/1=0"]);
	const composite = { paths: [path(33000, 0), path(33000, 1, 1)], isComposite: true, accept: senmlJson };
	equal(lines(it, it.operations.observed(composite, it.asker, told(false))).length, 4);
});

test("[CORE-DM-1] a product's own formats: what it has not got is refused, and what it has got is chosen", () => {
	const it = scene(new Formats([textFormat, lwm2mCborFormat]));
	equal(it.perform(Code.get, "/33000/0").response.contentFormat, lwm2mCbor);
	equal(it.perform(Code.get, "/33000/0/1").response.contentFormat, text);
	equal(it.ask(Code.get, "/33000/0", { accept: senmlJson }), "4.06");
	equal(it.ask(Code.put, "/33000/0/1", { contentFormat: senmlJson, payload: utf8("[]") }), "4.15");
	equal(it.ask(Code.fetch, "/", { contentFormat: senmlJson, payload: utf8("[]") }), "4.15");
	const none = new Operations(it.registry, defaultLimits, { formats: formatsSince11, log() {} });
	const request = { code: Code.fetch, path: [], query: [], payload: new Uint8Array(), token: new Uint8Array(1) };
	equal(codeText(none.perform(request as unknown as Request, it.asker).response.code), "4.05");
});
