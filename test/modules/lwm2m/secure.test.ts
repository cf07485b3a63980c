/** How the client deals with a secure channel, whatever secures it: modules/lwm2m/secure.ts, acted by a stage prop. */
import { type Fault, fault, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import type { Instance } from "../../../modules/lwm2m/instance.ts";
import type { SecureChannel, SecureListener, SecureTransport } from "../../../modules/lwm2m/secure.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";

/** What looks like a handshake on the wire; no CoAP message begins with it. */
const flight = 0x16;

/** A channel whose records are the messages themselves; the test says when a handshake ends, and how. */
class Prop implements SecureChannel {
	readonly listener: SecureListener;
	readonly calls: string[] = [];
	isSecured = false;
	isHandshaking = false;
	deadlineMs = Infinity;
	readonly #out: Uint8Array[] = [];

	constructor(listener: SecureListener) {
		this.listener = listener;
	}

	connect(): void {
		if (this.isHandshaking || this.isSecured) return;
		this.calls.push("connect");
		this.isHandshaking = true;
		this.#out.push(Uint8Array.of(flight));
		this.listener.handshaking("prop");
	}

	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		if (this.isSecured) this.listener.decrypted(bytes, at, end, nowMs);
	}

	send(bytes: Uint8Array): void {
		ok(this.isSecured, "a message goes out without protection");
		this.#out.push(bytes.slice());
	}

	poll(): void {}

	takeDatagram(): Uint8Array | undefined {
		return this.#out.shift();
	}

	close(): void {
		this.calls.push("close");
		this.isSecured = this.isHandshaking = false;
	}

	drop(): void {
		this.calls.push("drop");
		this.isSecured = this.isHandshaking = false;
	}

	succeed(nowMs: number, resumed = false): void {
		this.isHandshaking = false;
		this.isSecured = true;
		this.listener.secured({ suite: "TLS_PROP", resumed }, nowMs);
	}

	fail(nowMs: number, alert?: string, reason = "dtls"): void {
		this.isSecured = this.isHandshaking = false;
		this.listener.unsecured({ reason, ...(alert === undefined ? {} : { alert }) }, nowMs);
	}
}

const psk = { mode: "psk", identity: utf8("me"), key: new Uint8Array(16) } as const;
const uri = "coaps://server.example:5683";

function secured(options: FurnishedOptions & { readonly refusal?: Fault } = {}) {
	const props: Prop[] = [];
	const opened: Instance[] = [];
	const secure: SecureTransport = {
		open(security, listener) {
			if (options.refusal !== undefined) return options.refusal;
			opened.push(security);
			const prop = new Prop(listener);
			props.push(prop);
			return prop;
		},
	};
	const { world } = furnished({ uri, credentials: psk, secure, isQuiet: true, ...options });
	const states = () => world.client.sessions.map(({ state }) => state).join();
	return { world, props, opened, states };
}

/** Registered through its first handshake. */
function registered(options: FurnishedOptions = {}) {
	const it = secured(options);
	it.world.start();
	it.props[0]!.succeed(it.world.nowMs);
	it.world.settle();
	equal(it.states(), "registered");
	return { ...it, prop: it.props[0]! };
}

test("[CORE-SEC] coaps: the handshake first, then the Register, whose CoAP times begin when it is sent", () => {
	const { world, props, states } = secured();
	world.start();
	deepEqual([states(), props[0]!.calls, world.requests.length], ["registering", ["connect"], 0]);
	world.run(400_000); // more than four times what CoAP gives an exchange
	deepEqual([states(), world.requests.length], ["registering", 0]);
	props[0]!.succeed(world.nowMs);
	world.settle();
	equal(states(), "registered");
	deepEqual(
		world.records.slice(0, 4).map(({ event }) => event),
		["registering", "handshaking", "secured", "registered"],
	);
	deepEqual(world.logged("handshaking")[0], { event: "handshaking", server: 1, crypto: "prop" });
	deepEqual(world.logged("secured")[0], { event: "secured", server: 1, suite: "TLS_PROP", resumed: false });
	world.run(206_999);
	equal(world.requests.length, 1, "the lifetime counts from the Register");
});

test("[CORE-SEC] a handshake that fails is a registration that fails: alert told, retry on the schedule", () => {
	const { world, props, states } = secured();
	world.start();
	props[0]!.fail(world.nowMs, "unknownPskIdentity");
	world.settle();
	equal(states(), "waiting");
	const { reason, alert, retryInMs } = world.logged("registrationFailed")[0]!;
	deepEqual([reason, alert], ["dtls", "unknownPskIdentity"]);
	ok(Number(retryInMs) >= 60_000 && Number(retryInMs) <= 75_000);
	world.run(Number(retryInMs));
	equal(states(), "registering");
	props[0]!.fail(world.nowMs);
	world.settle();
	ok(Number(world.logged("registrationFailed")[1]!.retryInMs) >= 120_000, "doubled");
	world.run(150_000);
	props[0]!.succeed(world.nowMs);
	world.settle();
	equal(states(), "registered");
	equal(world.requests.length, 1, "nothing of the failed attempts is sent later");
});

test("[CORE-SEC] one session serves all Updates, and the De-register; then it is closed", () => {
	const { world, prop, states } = registered();
	world.run(1_000_000);
	ok(world.requests.length > 4);
	deepEqual(prop.calls, ["connect"]);
	world.stop();
	equal(states(), "ended");
	equal(world.requests.at(-1)!.code, Code.delete);
	deepEqual(prop.calls, ["connect", "close"]);
});

test("[CORE-SEC] a server's good-bye may go to many: they come back within a minute, each at its own moment", () => {
	const back = new Set<number>();
	for (let seed = 1; seed <= 8; seed++) {
		const { world, prop, states } = registered({ seed });
		const from = world.nowMs;
		prop.fail(from, undefined, "dtls.closeNotify");
		world.settle();
		equal(states(), "registered");
		while (prop.calls.length === 1 && world.nowMs <= from + 60_000) world.run(500);
		equal(states(), "updating");
		deepEqual(prop.calls, ["connect", "connect"]);
		back.add(world.nowMs - from);
	}
	ok(back.size > 4, [...back].join(" "));
});

test("[CORE-SEC] a session that an alert ends is replaced at once, and an Update says that we are here", () => {
	const { world, prop, states } = registered();
	prop.fail(world.nowMs, "badRecordMac");
	world.settle();
	equal(states(), "updating");
	deepEqual(prop.calls, ["connect", "connect"]);
	deepEqual(world.logged("unsecured")[0], { event: "unsecured", server: 1, reason: "dtls", alert: "badRecordMac" });
	prop.succeed(world.nowMs, true);
	world.settle();
	equal(states(), "registered");
	deepEqual(
		world.requests.map(({ path }) => path.join("/")),
		["rd", "rd/5"],
	);
	equal(world.logged("registrationFailed").length, 0);
});

test("[CORE-SEC] a session that ends before it has served is a failure, not a reason to hurry", () => {
	const { world, props, states } = secured();
	world.isCut = true;
	world.start();
	props[0]!.succeed(world.nowMs);
	world.settle();
	props[0]!.fail(world.nowMs, "internalError");
	world.settle();
	equal(states(), "waiting");
	equal(props[0]!.calls.filter((call) => call === "connect").length, 1);
});

test("[CORE-SEC] when no second session comes about, the registration is tried anew on the schedule", () => {
	const { world, prop, states } = registered();
	prop.fail(world.nowMs, "closeNotify");
	world.settle();
	prop.fail(world.nowMs);
	world.settle();
	equal(states(), "waiting");
	world.run(75_000);
	prop.succeed(world.nowMs);
	world.settle();
	equal(states(), "registered");
	equal(world.requests.at(-1)!.path.length, 1, "with a Register");
});

test("[CORE-SEC] a server that does not answer an Update may not know the session: another handshake", () => {
	const { world, prop, states } = registered();
	world.isCut = true;
	world.run(310_000);
	deepEqual(prop.calls.slice(1), ["drop", "connect"]);
	equal(states(), "registering");
	world.isCut = false;
	prop.succeed(world.nowMs);
	world.settle();
	equal(states(), "registered");
});

test("[CORE-SEC] notifications wait for a session; nothing goes out in between", () => {
	const { world, prop } = registered({ isQuiet: false });
	world.ask({ code: Code.get, path: ["3303", "0", "5700"], observe: 0 });
	world.ask({ code: Code.put, path: ["3303", "0", "5700"], query: ["pmax=10"] });
	world.run(10_000);
	const before = world.logged("notified").length;
	ok(before > 0);
	prop.fail(world.nowMs);
	world.run(60_000);
	equal(world.logged("notified").length, before);
	prop.succeed(world.nowMs);
	world.run(10_000);
	ok(world.logged("notified").length > before);
});

test("[CORE-SEC] stop while a handshake runs ends at once; stop while registered says good-bye", () => {
	const { world, props, states } = secured();
	world.start();
	world.stop();
	equal(states(), "ended");
	equal(props[0]!.calls.at(-1), "close");
	equal(world.requests.length, 0);
});

test("[CORE-SEC] accounts that can not be secured are left alone, with the reason", () => {
	const refused = secured({ refusal: fault("credentials.mode", "silence", "nowhere") });
	refused.world.start();
	const failed = (reason: string) => [{ event: "registrationFailed", server: 1, reason, attempt: 1, sequence: 1 }];
	deepEqual(refused.world.logged("registrationFailed"), failed("credentials.mode"));
	const { world: without } = furnished({ uri, credentials: psk });
	without.start();
	deepEqual(without.logged("registrationFailed"), failed("uri.noDtls"));
	const { world: plain } = furnished({ credentials: psk });
	plain.start();
	deepEqual(plain.logged("registrationFailed"), failed("uri.notSecure"));
	plain.run(1_000_000);
	equal(plain.wire.length, 0);
});

test("[CORE-SEC] requests in the clear to a secure account are not heard", () => {
	const { world, props } = secured();
	world.start();
	const ping = Uint8Array.of(0x40, 0, 0, 1);
	const before = world.wire.length;
	world.client.receive(world.serverAddress, ping, 0, 4, world.nowMs);
	world.settle();
	equal(world.wire.length, before);
	equal(props[0]!.isSecured, false);
});
