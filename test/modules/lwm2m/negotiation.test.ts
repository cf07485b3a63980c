import { readUtf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import type { Request } from "../../../modules/coap/peer.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import { path as pathOf } from "../../../modules/lwm2m/path.ts";
import { SERVER as SERVER_1_2 } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";
import { type Answering, type World, welcoming } from "./world.ts";

const all: readonly EnablerVersion[] = ["1.0", "1.1", "1.2"];

const versionOf = ({ query }: Request) => query.find((each) => each.startsWith("lwm2m="))!.slice("lwm2m=".length);

/** A server that has these versions and answers others with `code`. */
const speaking =
	(versions: readonly string[], code: number = Code.preconditionFailed): Answering =>
	(request, world) =>
		request.path.length === 1 && request.code === Code.post && !versions.includes(versionOf(request))
			? { code }
			: welcoming(request, world);

/** A client of every version, with a server. */
function negotiating(answering: Answering, options: FurnishedOptions = {}): World {
	const { world } = furnished({
		enabler: "1.2",
		enablers: all,
		formats10,
		serverFacts: SERVER_1_2,
		answering,
		isQuiet: true,
		...options,
	});
	return world;
}

/** The versions of the Registers so far. */
const tried = ({ requests }: World) => requests.filter(({ path }) => path.length === 1).map(versionOf);

const stateOf = ({ client }: World) => client.sessions[0]!.state;

test("[VER-COMP-001..004] the highest version that both have, within one attempt", () => {
	for (const [versions, expected] of [
		[["1.0", "1.1", "1.2"], ["1.2"]],
		[
			["1.0", "1.1"],
			["1.2", "1.1"],
		],
		[["1.0"], ["1.2", "1.1", "1.0"]],
	] as const) {
		const world = negotiating(speaking(versions)).start();
		deepEqual(tried(world), expected.slice());
		equal(stateOf(world), "registered");
		equal(world.nowMs, 1000, "no waiting in between");
		deepEqual(world.logged("registrationFailed"), []);
		const [registered] = world.logged("registered");
		equal(registered!.enabler, expected.length === 1 ? undefined : expected.at(-1));
	}
});

test("[VER-COMP-001..004] what a server may answer to a version that it does not have", () => {
	for (const code of [Code.preconditionFailed, Code.badRequest, Code.badOption, Code.notImplemented]) {
		const world = negotiating(speaking(["1.1"], code)).start();
		deepEqual(tried(world), ["1.2", "1.1"]);
		equal(stateOf(world), "registered");
	}
	for (const code of [Code.unauthorized, Code.forbidden, Code.notFound, Code.internalServerError]) {
		const world = negotiating(speaking(["1.1"], code)).start();
		deepEqual(tried(world), ["1.2"], `${code} is about something else`);
		equal(stateOf(world), "waiting");
	}
});

test("[VER-COMP-001..004] what was agreed stays: later Registers begin with it", () => {
	const world = negotiating(speaking(["1.1"])).start();
	world.isCut = true;
	world.run(400_000);
	world.isCut = false;
	world.run(3_600_000);
	equal(stateOf(world), "registered");
	deepEqual(tried(world), ["1.2", "1.1", "1.1"]);
});

test("[VER-COMP-001..004] a server that has none of them is asked again from the top, with the usual pauses", () => {
	const world = negotiating(speaking([])).start();
	deepEqual(tried(world), ["1.2", "1.1", "1.0"]);
	equal(stateOf(world), "waiting");
	equal(world.logged("registrationFailed").length, 1, "one attempt");
	world.run(80_000);
	deepEqual(tried(world), ["1.2", "1.1", "1.0", "1.2", "1.1", "1.0"]);
});

test("[VER-COMP-001..004] where 4.00 meant something else, later attempts do not guess again", () => {
	const world = negotiating(speaking([], Code.badRequest)).start();
	deepEqual(tried(world), ["1.2", "1.1", "1.0"]);
	world.run(80_000);
	deepEqual(tried(world), ["1.2", "1.1", "1.0", "1.2"]);
	world.answering = speaking(["1.2"]);
	world.run(300_000);
	equal(stateOf(world), "registered");
});

test("[VER-COMP-001..004] 4.00 from a server that took the version once is not about the version", () => {
	const world = negotiating(welcoming).start();
	world.answering = speaking([], Code.badRequest);
	world.client.sessions[0]!.observerGone(new Uint8Array(0), "timedOut");
	world.isCut = true;
	world.run(400_000);
	world.isCut = false;
	world.run(120_000);
	ok(tried(world).every((version) => version === "1.2"));
});

test("[VER-COMP-001..004] a server that was changed for an older one, and for a newer one", () => {
	const world = negotiating(speaking(["1.2"])).start();
	const away = () => {
		world.isCut = true;
		world.run(400_000);
		world.isCut = false;
		world.run(3_600_000);
		return tried(world).at(-1);
	};
	world.answering = speaking(["1.0"]);
	equal(away(), "1.0");
	world.answering = speaking(["1.2"]);
	equal(away(), "1.2", "1.0 is refused, and the next attempt begins at the top");
	equal(stateOf(world), "registered");
});

test("[VER-COMP-001..004] only versions that the product allows are spoken", () => {
	const some = (enablers: readonly EnablerVersion[] | undefined) =>
		tried(negotiating(speaking(["1.0"]), enablers === undefined ? { enablers: [] } : { enablers }).start());
	deepEqual(some(undefined), ["1.2"]);
	deepEqual(some(["1.1"]), ["1.2", "1.1"]);
	deepEqual(some(["1.0"]), ["1.2", "1.0"]);
	deepEqual(tried(negotiating(speaking(["1.2"]), { enabler: "1.1" }).start()), ["1.1", "1.0"], "1.1 is our highest");
});

test("[VER-COMP-001..004] 1/x/25 says what the server has: the first Register is right", () => {
	const at = (supportedVersions: readonly string[]) =>
		tried(negotiating(speaking(all), { account: { supportedVersions } }).start());
	deepEqual(at(["1.0", "1.1"]), ["1.1"]);
	deepEqual(at(["1.0"]), ["1.0"]);
	deepEqual(at(["1.2.1"]), ["1.2"]);
	deepEqual(at(["2.0", "1.1.1"]), ["1.1"]);
	deepEqual(at(["2.0"]), ["1.2"], "none of ours: the highest");
});

test("[VER-COMP-001..004] with a server of 1.1: depth is passed over, an Observe with attributes refused", () => {
	const world = negotiating(speaking(["1.1"]), { isQuiet: false }).start();
	const discovered = world.ask({ code: Code.get, path: ["3303"], query: ["depth=0"], accept: 40 });
	ok(readUtf8(discovered.payload)!.includes("/3303/0/5700"));
	const observed = world.ask({ code: Code.get, path: ["3303", "0", "5700"], observe: 0, query: ["pmin=1"] });
	equal(observed.code, Code.badRequest);
	equal(world.ask({ code: Code.put, path: ["3303"], query: ["hqmax=1"] }).code, Code.badRequest);
});

test("[VER-COMP-001..004] with a server of 1.0: TLV, JSON of 1.0, no composites, versions told", () => {
	const world = negotiating(speaking(["1.0"])).start();
	equal(readUtf8(world.requests[2]!.payload), "</1>;ver=1.2,</1/0>,</3>;ver=1.1,</3/0>");
	equal(world.ask({ code: Code.get, path: ["3", "0"] }).contentFormat, 11542);
	equal(world.ask({ code: Code.get, path: ["3", "0"], accept: 11543 }).contentFormat, 11543);
	equal(world.ask({ code: Code.get, path: ["3", "0"], accept: 112 }).code, Code.notAcceptable);
	equal(world.ask({ code: Code.fetch, path: [] }).code, Code.methodNotAllowed);
	equal(world.ask({ code: Code.put, path: ["3"], query: ["epmin=1"] }).code, Code.badRequest);
});

test("[VER-COMP-001..004] two servers, two versions: each is answered in its own", () => {
	const world = negotiating(speaking(["1.0"]), {
		names: { "server.example": "192.0.2.1", "other.example": "192.0.2.2" },
		secondHost: "192.0.2.2",
		furnish(client) {
			client.add(security({ id: 1, serverUri: "coap://other.example", shortServerId: 2 }));
			client.add(server({ id: 1, shortServerId: 2, lifetimeS: 600 }, client, SERVER_1_2));
		},
	}).start();
	equal(versionOf(world.secondRequests[0]!), "1.2");
	equal(readUtf8(world.secondRequests[0]!.payload), "</1/0>,</1/1>,</3>;ver=1.1,</3/0>");
	const request = { code: Code.get, path: ["3", "0"] };
	equal(world.ask(request).contentFormat, 11542);
	equal(world.askSecond(request).contentFormat, 112);
	equal(world.ask({ code: Code.put, path: ["3"], query: ["hqmax=1"] }).code, Code.badRequest);
	equal(world.askSecond({ code: Code.put, path: ["3"], query: ["hqmax=1"] }).code, Code.changed);
});

test("[VER-COMP-001..004] [A-100] a Send that waits for a server that turns out to be of 1.0 is unsupported", () => {
	const outcomes: string[] = [];
	const world = negotiating(speaking(["1.0"]), { account: { muteSend: false } });
	world.client.start(world.nowMs);
	world.client.send(1, [pathOf(3, 0, 0)], { isDeferred: true }, ({ outcome }) => outcomes.push(outcome));
	deepEqual(outcomes, []);
	world.settle();
	world.run(1000);
	equal(stateOf(world), "registered");
	deepEqual(outcomes, ["unsupported"]);
	equal(world.requests.filter(({ path }) => path[0] === "dp").length, 0);
});
