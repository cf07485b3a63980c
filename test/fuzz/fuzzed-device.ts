/* The device whose client is fuzzed: its Object Instances, and hooks that refuse some of what they are asked. */
import { HostFailure } from "../../modules/host.ts";
import type { Client } from "../../modules/lwm2m/client.ts";
import type { ObjectFacts } from "../../modules/lwm2m/facts.ts";
import { History } from "../../modules/lwm2m/history.ts";
import { type Instance, ObjectInstance } from "../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../modules/lwm2m/refusal.ts";
import { accessControl, Rights } from "../../modules/objects/access-control-2.ts";
import { security } from "../../modules/objects/security-0.ts";
import { server } from "../../modules/objects/server-1.ts";
import { FILLED, MANY, ONE } from "./drawn-objects.ts";

/** What is beside the Resources' values. */
export interface DeviceState {
	/** What hooks did, in order: a refused request adds nothing. */
	readonly effects: string[];
	/** Of /33001/0/1, which only hooks know. */
	shadow: number;
	/** Whether the sensor of /33000/x/17 fails: not, with a refusal, or as a port of the host. */
	sensor: "works" | "refuses" | "fails";
	nowMs: number;
}

/** As Object Instance the Object itself, as owner the Bootstrap-Server (LwM2M Core 1.2 §8.1.2.1). */
const maxId = 65535;

const refuseWord = (value: string) => {
	if (value === "refuse") throw new RequestRefused(0x80, "the application does not like it");
};

function many(id: number, state: DeviceState, isMade: boolean): Instance {
	const { effects } = state;
	const note = (what: string) => () => void effects.push(`/33000/${id} ${what}`);
	const clock = { nowMs: () => state.nowMs, wallTimeS: () => undefined };
	const history = new History(4, clock as unknown as ConstructorParameters<typeof History>[1]);
	const first = {
		level: 1.5,
		flag: true,
		blob: Uint8Array.of(1, 2, 3),
		when: 1_700_000_000,
		link: { objectId: 1, instanceId: 0 },
		links: "</3>",
		names: new Map([
			[2, "two"],
			[5, "five"],
		]),
		blobs: [Uint8Array.of(9)],
		secret: "hidden",
		counters: [1, 2],
	};
	const unset = {
		level: undefined,
		flag: undefined,
		blob: undefined,
		when: undefined,
		link: undefined,
		links: undefined,
	};
	const left = isMade ? { ...unset, names: undefined, blobs: undefined, secret: undefined } : first;
	const whole = isMade ? undefined : 7;
	return new ObjectInstance(MANY, {
		id,
		values: { text: "abc", whole, counter: 0, fixed: "fixed", later: undefined, numbers: [], ...left },
		read: {
			broken() {
				if (state.sensor === "refuses") throw new RequestRefused(0xa3, "the sensor is busy");
				if (state.sensor === "fails") throw new HostFailure("the sensor does not answer");
				return 20.5;
			},
		},
		check: {
			text: refuseWord,
			names: (names) => {
				for (const name of names.values()) refuseWord(name);
			},
			whole(value) {
				if (value === 127) throw new RequestRefused(0x83, "not this number");
			},
		},
		written: { text: note("text"), whole: note("whole"), names: note("names"), blobs: note("blobs") },
		execute: {
			run(_, args) {
				if (args.some(({ digit }) => digit === 3)) throw new RequestRefused(0x80, "no such argument");
				effects.push(`run ${id}`);
			},
		},
		history: { level: history },
	});
}

function one(state: DeviceState): Instance {
	return new ObjectInstance(ONE, {
		values: { name: "one", switch: false, stamps: [] },
		read: { shadow: () => state.shadow, reading: () => state.nowMs / 8 },
		check: {
			shadow(value) {
				if (value > 200) throw new RequestRefused(0x80, "too much");
			},
		},
		written: {
			shadow(value) {
				state.shadow = value;
			},
		},
		execute: { reset: () => void state.effects.push("reset") },
	});
}

/** Two accounts, and Objects of which servers make and delete some. */
export function furnish(client: Client, state: DeviceState): void {
	for (const id of [0, 1]) {
		client.add(security({ id, serverUri: `coap://192.0.2.${id + 1}`, shortServerId: id + 1 }));
		client.add(server({ id, shortServerId: id + 1, lifetimeS: 86_400 }, client));
	}
	const removable = (refused: number) => (instance: Instance) => {
		if (instance.id === refused) throw new RequestRefused(0x83, "in use");
		state.effects.push(`removed ${instance.id}`);
	};
	client.addObject(MANY, {
		create(id) {
			if (id === 7) throw new RequestRefused(0x85, "not this one");
			return many(id, state, true);
		},
		remove: removable(5),
	});
	client.addObject(FILLED, {
		create: (id) =>
			new ObjectInstance<ObjectFacts>(FILLED, {
				id,
				values: { title: "untitled", size: 5, made: 1_700_000_000, tags: undefined },
			}),
		remove: removable(0),
	});
	client.add(many(0, state, false));
	client.add(many(5, state, false));
	client.add(one(state));
}

/** Who may do what: the first server more than the second, and each owns some. */
export function furnishRights(client: Client): void {
	const rows: readonly (readonly [objectId: number, instanceId: number, owner: number, acl: [number, number][]])[] = [
		[1, 0, 1, []],
		[1, 1, 2, []],
		[33000, 0, 1, [[2, Rights.read]]],
		[33000, 5, 2, [[0, Rights.read + Rights.write]]],
		[33001, 0, maxId, [[0, Rights.all]]],
		[33000, maxId, maxId, [[1, Rights.create]]],
		[
			33002,
			maxId,
			maxId,
			[
				[1, Rights.create],
				[2, Rights.create],
			],
		],
	];
	for (const [id, [objectId, objectInstanceId, owner, acl]] of rows.entries()) {
		client.add(accessControl({ id, objectId, objectInstanceId, owner, acl: new Map(acl) }));
	}
}
