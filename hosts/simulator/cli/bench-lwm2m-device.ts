import { formatsSince11 } from "../../../modules/formats/payload.ts";
import { frozen } from "../../../modules/frozen.ts";
import type { Address, Dice, Entropy } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { type Instance, ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { makeSends } from "../../../modules/lwm2m/send.ts";
import { DEVICE } from "../../../modules/objects/facts/device-3-v1-1.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";

/**
 * All 20 readable Resources of the Device Object, as AVSystem's demo client has them: its values, and a firmware
 * version as long as makes the 131 bytes of TLV that its own answer has. The same values make the same TLV anywhere, so
 * that the other formats can be put beside each other.
 */
const demoDevice = frozen({
	manufacturer: "0023C7",
	modelNumber: "demo-client",
	serialNumber: "000001",
	firmwareVersion: "3.14.0-12-gabcdef",
	batteryLevel: 0,
	memoryFree: 0,
	currentTime: 1_790_000_000,
	utcOffset: "+01:00",
	timezone: "Europe/Warsaw",
	supportedBindingAndModes: "UQ",
	deviceType: "",
	hardwareVersion: "",
	softwareVersion: "",
	batteryStatus: 0,
	memoryTotal: 0,
});

/** A small Object of an application: numbers, texts, and several of one. */
export const SMALL = frozen({
	id: 33010,
	version: "1.0",
	multiple: true,
	resources: {
		first: { id: 0, operations: "RW", type: "integer" },
		second: { id: 1, operations: "RW", type: "integer" },
		third: { id: 2, operations: "RW", type: "integer" },
		fourth: { id: 3, operations: "RW", type: "integer" },
		text: { id: 4, operations: "RW", type: "string" },
		several: { id: 5, operations: "RW", type: "integer", multiple: true },
		level: { id: 6, operations: "RW", type: "float" },
	},
}) satisfies ObjectFacts;

/** What to add to the heap, to see how much it takes. */
export type Addition = "empty" | "one" | "four" | "text" | "several";

/** One client of which the bench takes the measure. The same on Node and inside of a machine: device code. */
export class MeasuredDevice {
	readonly client: Client;
	private readonly from: Address = { host: "192.0.2.1", port: 5683 };
	private readonly to: Address = { host: "", port: 0 };
	private level = 0;
	private nextId = 1;
	private readonly sensor: ObjectInstance<typeof SMALL>;

	constructor(dice: Dice, entropy: Entropy) {
		const formats = formatsSince11;
		const composite = compositeOperations;
		const parts = { formats, composite, sends: makeSends };
		const client = new Client({ endpointName: "bench", dice, entropy, log() {}, enabler: "1.2", ...parts });
		this.client = client;
		client.add(security({ serverUri: "coap://192.0.2.1", shortServerId: 1 }));
		client.add(server({ shortServerId: 1, lifetimeS: 86_400 }, client));
		client.add(demo());
		const facts: ObjectFacts = SMALL;
		client.addObject(facts, {
			create: (id) => new ObjectInstance(facts, { id, values: { first: undefined, text: undefined } }),
			remove() {},
		});
		this.sensor = new ObjectInstance(SMALL, { values: { first: 1, second: 2, text: "abcd", level: 0.5 } });
		client.add(this.sensor);
		client.start(0);
		this.poll(0);
	}

	/** A datagram from the server. */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.client.receive(this.from, bytes, at, end, nowMs);
		this.poll(nowMs);
	}

	poll(nowMs: number): void {
		const { client } = this;
		client.poll(nowMs);
		const name = client.takeName();
		if (name === undefined) return;
		client.resolved(name, [name], nowMs);
		client.poll(nowMs);
	}

	takeDatagram(): Uint8Array | undefined {
		return this.client.takeDatagram(this.to);
	}

	/** The sensor has news. */
	change(nowMs: number): void {
		this.level += 1.25;
		this.sensor.set("level", this.level);
		this.poll(nowMs);
	}

	/** Tells what nobody asked for. */
	send(nowMs: number): void {
		this.client.send(1, [path(33010, 0, 0), path(33010, 0, 4), path(3, 0, 0)]);
		this.poll(nowMs);
	}

	add(what: Addition, count: number): void {
		for (let index = 0; index < count; index++) this.client.add(small(what, this.nextId++));
	}
}

function demo(): Instance {
	return new ObjectInstance(DEVICE, {
		values: {
			...demoDevice,
			availablePowerSources: [0],
			powerSourceVoltage: [32_000],
			powerSourceCurrent: [10],
			errorCode: [0],
			extDevInfo: [{ objectId: 11_111, instanceId: 0 }],
		},
	});
}

function small(what: Addition, id: number): Instance {
	switch (what) {
		case "empty":
			return new ObjectInstance(SMALL, { id });
		case "one":
			return new ObjectInstance(SMALL, { id, values: { first: 1 } });
		case "four":
			return new ObjectInstance(SMALL, { id, values: { first: 1, second: 2, third: 3, fourth: 4 } });
		case "text":
			return new ObjectInstance(SMALL, { id, values: { text: `text ${id}` } });
		case "several":
			return new ObjectInstance(SMALL, { id, values: { several: [1, 2, 3, 4] } });
	}
}
