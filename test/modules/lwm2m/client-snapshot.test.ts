import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../../../modules/lwm2m/client-snapshot.ts";
import { defaultLimits } from "../../../modules/lwm2m/limits.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { Rig } from "./retention-bench.ts";

const observation = {
	token: Uint8Array.of(1, 2, 3, 4),
	paths: [path(3303, 0, 5700)],
	isComposite: false,
	isDormant: false,
	accept: 110,
	sequence: 77,
	own: { pmin: 1, pmax: 60, st: 0.5 },
	notifiedAgoMs: 1234,
	confirmedAgoMs: 56_789,
	evaluatedAgoMs: 99,
	isPending: true,
	isUnseen: false,
	isGone: false,
	marks: [{ told: 20.5, seen: 21 }],
	digest: -3,
	dropped: 2,
	kept: [{ agoMs: 5, contentFormat: 110, payload: Uint8Array.of(9, 9) }],
} as const;

const composite = {
	...observation,
	paths: [path(-1), path(5), path(3, 0, 11, 7)],
	isComposite: true,
	isDormant: true,
	accept: undefined,
	own: undefined,
	evaluatedAgoMs: undefined,
	marks: [undefined, new Map([[3, { told: true, seen: false }]]), { told: -(2n ** 63n), seen: undefined }],
	kept: [],
} as const;

/** All that there can be. */
const full: Snapshot = {
	generation: 4_000_000_000,
	isExact: true,
	atMs: 2 ** 45,
	wallTimeS: 1_800_000_000,
	localPort: 65_535,
	samplings: [{ objectId: 3303, instanceId: 0, inMs: 600_000 }],
	servers: [
		{
			shortServerId: 65_534,
			fingerprint: -1,
			registration: {
				location: ["rd", "grün"],
				enabler: "1.2",
				host: "2001:db8::1%eth0",
				digest: -2,
				updateInMs: 0,
				expiresInMs: Infinity,
				isTriggered: true,
			},
			attempts: undefined,
			messages: {
				nextMessageId: 65_535,
				isEmptyTokenFree: false,
				heard: [{ messageId: 513, expiresInMs: 247_000, reply: Uint8Array.of(0x60, 0x44, 2, 1) }],
			},
			habit: { seen: 4, longestMs: 300, windows: 15 },
			sends: [
				{
					paths: [path(3303)],
					format: undefined,
					isConfirmable: true,
					isDeferred: true,
					withHistory: false,
					inMs: 5,
				},
			],
			reporting: {
				attached: [{ path: path(3303), set: { gt: -1.5, con: 1 } }],
				observations: [observation, composite],
			},
		},
		{
			shortServerId: 1,
			fingerprint: 5,
			registration: undefined,
			attempts: {
				wait: "sequence",
				waitedMs: 10,
				jitterMs: 2 ** 40,
				attempt: 5,
				sequence: 1,
				hasLost: true,
				isComplete: true,
			},
			messages: undefined,
			habit: undefined,
			sends: [],
			reporting: { attached: [], observations: [] },
		},
	],
};

function decoded(bytes: Uint8Array): Snapshot {
	const snapshot = decodeSnapshot(bytes, defaultLimits);
	if ("code" in snapshot) throw new Error(snapshot.code);
	return snapshot;
}

test("a snapshot of everything comes back as it was", () => {
	const bytes = encodeSnapshot(full);
	deepEqual(decoded(bytes), full);
	deepEqual(encodeSnapshot(decoded(bytes)), bytes);
	const ipv4 = { ...full.servers[0]!, registration: { ...full.servers[0]!.registration!, host: "192.0.2.1" } };
	deepEqual(decoded(encodeSnapshot({ ...full, servers: [ipv4] })).servers[0], ipv4);
	equal(decoded(encodeSnapshot({ ...full, wallTimeS: undefined })).wallTimeS, undefined);
});

test("every truncation is refused; every bit that changes is refused, or taken as something that can be", () => {
	const bytes = encodeSnapshot(full);
	for (let size = 0; size < bytes.length; size++) {
		ok("code" in decodeSnapshot(bytes.slice(0, size), defaultLimits), `${size} bytes`);
	}
	ok("code" in decodeSnapshot(new Uint8Array([...bytes, 0]), defaultLimits));
	let lost = 0;
	for (let bit = 0; bit < 8 * bytes.length; bit++) {
		const changed = bytes.slice();
		changed[bit >> 3]! ^= 1 << (bit & 7);
		const snapshot = decodeSnapshot(changed, defaultLimits);
		if ("code" in snapshot) continue;
		if (snapshot.servers.length < 2) lost++;
		decoded(encodeSnapshot(snapshot)); // it can be written
	}
	ok(lost > 0, "one server's part is passed over, and the other's is there");
});

test("a server whose part makes no sense is left out, and the others stay", () => {
	const bytes = encodeSnapshot({ ...full, servers: [full.servers[1]!, full.servers[0]!] });
	const first = bytes.length - encodeSnapshot({ ...full, servers: [full.servers[0]!] }).length;
	const at = encodeSnapshot({ ...full, servers: [] }).length;
	ok(first > 0);
	bytes[at + 2 + 1 + 4] = 0xff; // flags that nobody knows
	deepEqual(
		decoded(bytes).servers.map(({ shortServerId }) => shortServerId),
		[65_534],
	);
});

test("a client takes whatever the right bytes, changed anywhere, say: it never throws, and lives on", () => {
	const rig = new Rig({ hasPlain: true }).boot();
	rig.observe("/33000/0/1", ["pmin=1"]);
	rig.observe("/33000/0/3", ["gt=5"]);
	rig.run(1000);
	rig.retention.save(rig.nowMs);
	const memory = rig.memory!.bytes.slice();
	const stored = new Map(rig.store!.values);
	const draw = seeded(9);
	for (let round = 0; round < 4 * patience; round++) {
		rig.memory!.bytes.set(memory);
		rig.store!.values.clear();
		for (const [key, value] of stored) rig.store!.values.set(key, value.slice());
		for (let count = draw(4); count >= 0; count--) rig.memory!.bytes[768 + draw(200)] = draw(256);
		if (draw(2) === 0) for (const value of rig.store!.values.values()) value[draw(value.length)] = draw(256);
		rig.boot({ cause: "deepSleep", clockWentOn: true, afterMs: 1000 });
		rig.run(100_000);
		deepEqual(
			rig.client.sessions.map(({ state }) => state),
			["registered", "registered"],
			`round ${round}`,
		);
	}
});
