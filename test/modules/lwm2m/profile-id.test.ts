import { readUtf8, toHex, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import type { Request, ResponseOptions } from "../../../modules/coap/peer.ts";
import { Sha256 } from "../../../modules/crypto/sha256.ts";
import { type ProfileIdOptions, ProfileIds } from "../../../modules/lwm2m/profile-id.ts";
import { DEVICE as DEVICE_1_2 } from "../../../modules/objects/facts/device-3-v1-2.ts";
import { SERVER as SERVER_1_2 } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";
import { sample } from "./sample-object.ts";
import { type Answering, type World, welcoming } from "./world.ts";

const sha256 = () => new Sha256();

function profiled(profileIds: ProfileIdOptions, options: FurnishedOptions = {}): World {
	const { world } = furnished({
		enabler: "1.2",
		serverFacts: SERVER_1_2,
		isQuiet: true,
		profileIds: new ProfileIds(profileIds),
		...options,
	});
	return world;
}

/** What a Register or Update says of the list: "pid=… list". */
function told({ query, payload }: Request): string {
	const pid = query.find((each) => each.startsWith("pid=")) ?? "-";
	return payload.length === 0 ? pid : `${pid} ${readUtf8(payload)}`;
}

/** A server that knows some profile IDs, learns those that come with a list, and answers others with `code`. */
function learning(knows: string[] = [], code: number = Code.conflict, isForgetful = false): Answering {
	return (request, world): ResponseOptions | undefined => {
		const pid = request.query.find((each) => each.startsWith("pid="))?.slice("pid=".length);
		if (pid !== undefined && request.payload.length > 0 && !isForgetful) knows.push(pid);
		else if (pid !== undefined && request.payload.length === 0 && !knows.includes(pid)) return { code };
		return welcoming(request, world);
	};
}

const list = "</1/0>,</3>;ver=1.1,</3/0>";
const fingerprint = (text: string, bytes: number) => {
	const run = new Sha256();
	const all = utf8(text);
	run.update(all, 0, all.length);
	return toHex(run.digest(), 0, bytes);
};
const whole = "</1>;ver=1.2,</1/0>,</3>;ver=1.1,</3/0>";
const pid = `pid=6:${fingerprint(whole, 4)}`;
const withSample = "</33000>;ver=1.0,</33000/0>";

/** Another Object. */
function grow(world: World): void {
	world.client.add(sample({ executed: [], written: [] }));
	world.settle();
}

test("[110] [Identifiers-001..004] a profile that the servers know stands for the list (ETS 110)", () => {
	const known = [{ id: "6:27354b9a", list: "</1/0>,</3/0>" }];
	const world = profiled({ known }, { deviceFacts: DEVICE_1_2 }).start();
	deepEqual(world.requests[0]!.query, ["ep=ep", "lt=300", "lwm2m=1.2", "pid=6:27354b9a"]);
	equal(world.requests[0]!.payload.length, 0);
	equal(world.requests[0]!.contentFormat, undefined);
	equal(world.client.sessions[0]!.state, "registered");
});

test("[111] [Identifiers-001..004] a profile and the list of what it does not stand for (ETS 111)", () => {
	const known = [{ id: "6:27354b9a", list: "</1/0>,</3/0>" }];
	equal(told(profiled({ known }).start().requests[0]!), "pid=6:27354b9a </3>;ver=1.1");
});

test("[Identifiers-001..004] several profiles, in quotes; one whose list is not all there is not named", () => {
	const known = [
		{ id: "oma:server", list: "</1/0>" },
		{ id: "v:acme-gateway", list: "</3/0>,</4/0>" },
		{ id: "v:acme-2", list: "</3>;ver=1.1,</3/0>" },
	];
	equal(told(profiled({ known }).start().requests[0]!), 'pid="oma:server,v:acme-2"');
});

test("[Identifiers-001..004] a fingerprint has every version in it, and the length that 1/x/27 asks for", () => {
	const at = (profileIdHash: number | undefined) =>
		told(profiled({ sha256 }, { account: { profileIdHash } }).start().requests[0]!);
	equal(at(undefined), pid);
	equal(at(1), `pid=1:${fingerprint(whole, 32)}`);
	equal(at(5), `pid=5:${fingerprint(whole, 8)}`);
	equal(at(200), pid, "a suite that we do not have");
});

test("[Identifiers-001..004] without a profile, without 1.2, or told so by nobody: the list itself", () => {
	equal(told(profiled({}).start().requests[0]!), `- ${list}`);
	equal(
		told(furnished({ isQuiet: true, enabler: "1.2", serverFacts: SERVER_1_2 }).world.start().requests[0]!),
		`- ${list}`,
	);
	const old = profiled({ sha256 }, { enabler: "1.1" }).start();
	equal(told(old.requests[0]!), "- </1>;ver=1.2,</1/0>,</3/0>");
});

test("[Identifiers-001..004] 4.09: the same attempt goes on with list and fingerprint: the server learns it", () => {
	const world = profiled({ sha256 }, { answering: learning() }).start();
	deepEqual(world.requests.map(told), [pid, `${pid} ${list}`]);
	equal(world.client.sessions[0]!.state, "registered");
	deepEqual(world.logged("registrationFailed"), []);
	world.client.sessions[0]!.observerGone(new Uint8Array(0), "timedOut");
	world.isCut = true;
	world.run(400_000);
	world.isCut = false;
	world.run(3_600_000);
	equal(told(world.requests[2]!), pid, "learnt: the next Register has no list");
	equal(world.client.sessions[0]!.state, "registered");
});

test("[Identifiers-001..004] a server that does not learn is told the list from then on", () => {
	const world = profiled({ sha256 }, { answering: learning([], Code.conflict, true) }).start();
	world.isCut = true;
	world.run(400_000);
	world.isCut = false;
	world.run(3_600_000);
	deepEqual(world.requests.filter(({ path }) => path.length === 1).map(told), [
		pid,
		`${pid} ${list}`,
		pid,
		`- ${list}`,
	]);
	equal(world.client.sessions[0]!.state, "registered");
});

test("[Identifiers-001..004] a server that can not do with profile IDs at all: the list, and never again a pid", () => {
	for (const code of [Code.badRequest, Code.badOption, Code.notImplemented]) {
		const answering: Answering = (request, world) =>
			request.query.some((each) => each.startsWith("pid=")) ? { code } : welcoming(request, world);
		const world = profiled({ sha256 }, { answering }).start();
		deepEqual(world.requests.map(told), [pid, `- ${list}`]);
		grow(world);
		equal(told(world.requests[2]!), `- ${list},</33000/0>`);
	}
});

test("[Identifiers-001..004] a known profile that the server does not know, after all: the list, not a lesson", () => {
	const known = [{ id: "v:1", list }];
	const world = profiled({ known, sha256 }, { answering: learning() }).start();
	deepEqual(world.requests.map(told), ["pid=v:1", `- ${list}`]);
});

test("[Opt-002] an Update without a change of the list has no pid; one with a change has the new one alone", () => {
	const grown = `pid=6:${fingerprint(`${whole},${withSample}`, 4)}`;
	const world = profiled({ sha256 }, { answering: learning([pid, grown].map((each) => each.slice(4))) }).start();
	world.client.update(1);
	world.settle();
	equal(told(world.requests[1]!), "-");
	deepEqual(world.requests[1]!.query, []);
	grow(world);
	equal(told(world.requests[2]!), grown);
	deepEqual(world.requests[2]!.query, [grown]);
	equal(world.requests.length, 3);
});

test("[Identifiers-001..004] an Update whose pid is not known: a Register teaches it, later Updates carry both", () => {
	const world = profiled({ sha256 }, { answering: learning([pid.slice(4)]) }).start();
	const grown = `pid=6:${fingerprint(`${whole},${withSample}`, 4)}`;
	grow(world);
	deepEqual(world.requests.slice(1).map(told), [grown, `${grown} ${list},</33000/0>`]);
	equal(world.requests[2]!.path.length, 1, "a Register");
	world.client.remove(world.client.registry.instance(33000, 0)!);
	world.settle();
	const shrunk = `pid=6:${fingerprint(`${whole},</33000>;ver=1.0`, 4)}`;
	equal(told(world.requests[3]!), `${shrunk} ${list},</33000>`);
	equal(world.requests.length, 4);
});

test("[Identifiers-001..004] an Update that is refused for another reason has nothing to do with the pid", () => {
	const world = profiled({ sha256 }, { answering: learning([pid.slice(4)]) }).start();
	world.answering = (request, at) =>
		request.path.length === 2 ? { code: Code.notFound } : learning([pid.slice(4)])(request, at);
	world.client.update(1);
	world.settle();
	deepEqual(world.requests.map(told), [pid, "-", pid]);
	equal(world.client.sessions[0]!.state, "registered");
});

test("[Identifiers-001..004] 4.12 to a Register with a pid is about the version", () => {
	const answering: Answering = (request, world) =>
		request.query.includes("lwm2m=1.2") ? { code: Code.preconditionFailed } : welcoming(request, world);
	const world = profiled({ sha256 }, { answering, enablers: ["1.1"] }).start();
	deepEqual(world.requests.map(told), [pid, "- </1>;ver=1.2,</1/0>,</3/0>"]);
});

test("[Identifiers-001..004] whatever a server refuses: a bounded number of Registers in one attempt", () => {
	for (let code = 0x80; code < 0xc0; code++) {
		const world = profiled({ sha256 }, { answering: () => ({ code }), enablers: ["1.0", "1.1"] }).start();
		ok(world.requests.length <= 5, `${code}: ${world.requests.length}`);
		ok(world.client.sessions[0]!.state === "waiting");
	}
});
