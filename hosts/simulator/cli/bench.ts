import { toHex, utf8 } from "../../../modules/bytes.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../../../modules/objects/facts/temperature-3303.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { type LoadedDevice, loadDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import type { Machine } from "../engine/machine.ts";
import type { Operations } from "../server/operations.ts";
import { coapsPort } from "../server/server.ts";
import { World } from "../world.ts";
import { infoOf } from "./credentials.ts";
import type { ExitStatus } from "./main.ts";
import { type Cost, endpoint, MeasuredBoard, preSharedKey } from "./measure.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

interface Bench {
	/** Deterministic: the same on every machine. */
	readonly operations: Readonly<Record<string, Cost>>;
	/**
	 * CoAP bytes of a Register for an endpoint name of 24 characters and a list of links of 175 bytes: what Anjay's demo
	 * sends.
	 */
	readonly registerAsAnjayDemoBytes: number;
	/** Of this machine and this moment. */
	readonly simulator: {
		readonly boardsBootedPerS: number;
		/** Seconds of virtual time for one second, one registered board that is observed. */
		readonly virtualSPerS: number;
		readonly fleet: Fleet;
		/** Over DTLS, with pre-shared keys. What it takes of memory can not be told: the first one's is used again. */
		readonly secureFleet: Omit<Fleet, "residentBytesPerBoard">;
	};
}

interface Fleet {
	readonly boards: number;
	readonly registered: number;
	readonly tookMs: number;
	readonly residentBytesPerBoard: number;
}

/** Figures of the best peer in peers' own documents or measured from their sources; CoAP bytes. */
const peers: Readonly<Record<string, string>> = {
	register: "Anjay demo 241 for 21 links",
	update: "Anjay demo 20, its reply 12",
	notify: "Anjay demo 21",
	deregister: "Anjay demo 20, its reply 12",
};

/** `dormouse bench`: what the protocol costs on the air and the processor, and how fast worlds run. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const bench: Bench = {
		operations: await operationCosts(device),
		registerAsAnjayDemoBytes: registerAsAnjayDemo(),
		simulator: {
			boardsBootedPerS: bootRate(device),
			virtualSPerS: await virtualRate(device),
			fleet: await fleet(device, 1000),
			secureFleet: await secureFleet(device),
		},
	};
	if (json) output.out(JSON.stringify(bench));
	else for (const line of lines(bench)) output.out(line);
	return 0;
}

/** One of each, in the order of a device's life. */
async function operationCosts(device: LoadedDevice): Promise<Record<string, Cost>> {
	const measured = await MeasuredBoard.prepare(device, presets.esp32);
	const costs: Record<string, Cost> = {};
	const until = async (name: string, event: string, begin: () => void) => {
		costs[name] = await measured.during(() => {
			const heard = measured.event(event);
			begin();
			return heard;
		});
	};
	const ask = async (name: string, work: (operations: Operations) => ReturnType<Operations["read"]>) => {
		costs[name] = await measured.operation(work);
	};
	await until("bootAndRegister", "registered", () => measured.board.powerOn());
	for (const format of ["TEXT", "TLV", "CBOR", "SENML_JSON", "SENML_CBOR"] as const) {
		await ask(`readResource ${format}`, (operations) => operations.read(endpoint, "/3303/0/5700", { format }));
	}
	for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
		await ask(`readDevice ${format}`, (operations) => operations.read(endpoint, "/3/0", { format }));
	}
	await ask("discoverDevice", (operations) => operations.discover(endpoint, "/3"));
	const name = { kind: "singleResource", id: 5750, type: "string", value: "Cellar" } as const;
	await ask("writeResource", (operations) => operations.write(endpoint, "/3303/0/5750", name, { format: "TEXT" }));
	await ask("execute", (operations) => operations.execute(endpoint, "/3303/0/5605"));
	// The second Update: the first one tells when, and the world is then left alone until shortly before.
	const beforeMs = measured.nowMs;
	await measured.during(() => measured.event("updated"));
	await measured.pass(Math.max(measured.nowMs - beforeMs, 3000) - 2000);
	await until("update", "updated", () => {});
	await ask("writeAttributes", (operations) =>
		operations.writeAttributes(endpoint, "/3303/0/5700", { pmin: 1, pmax: 1 }),
	);
	await ask("observe", (operations) => operations.observe(endpoint, "/3303/0/5700", { format: "TEXT" }));
	await until("notify", "notified", () => {});
	await ask("cancel", async (operations) => {
		const answer = await operations.cancel(endpoint, "/3303/0/5700", "active");
		if (answer === undefined) throw new Error("an active cancellation brings an answer");
		return answer;
	});
	await until("deregister", "deregistered", () => measured.board.shutDown());
	measured.close();
	return costs;
}

/**
 * The same Register as Anjay's demo, by our own client: its endpoint name, of 24 characters (66 bytes before the
 * links); our list of links is replaced by its 175 bytes.
 */
function registerAsAnjayDemo(): number {
	const chance = new Chance(1);
	const endpointName = "urn:dev:os:0023C7-000001";
	const client = new Client({
		endpointName,
		dice: chance,
		entropy: chance.branch("entropy"),
		formats: formatsSince11,
		log: () => {},
	});
	client.add(security({ serverUri: "coap://192.0.2.1:5683", shortServerId: 1 }));
	client.add(server({ shortServerId: 1, lifetimeS: 86400 }, client));
	client.add(new ObjectInstance(TEMPERATURE));
	client.start(0);
	client.poll(0);
	const name = client.takeName();
	if (name !== undefined) client.resolved(name, ["192.0.2.1"], 0);
	client.poll(0);
	const bytes = client.takeDatagram({ host: "", port: 0 });
	const payloadAt = bytes?.indexOf(0xff) ?? -1;
	if (bytes === undefined || payloadAt < 0) throw new Error("the client sends no Register with a list of links");
	return payloadAt + 1 + 175;
}

/** How many boards come out of reset in a second, each from its flash to its first datagram. */
function bootRate(device: LoadedDevice): number {
	const world = World.virtual({ seed: 1, device });
	const count = 300;
	const began = performance.now();
	for (let index = 0; index < count; index++) {
		world.addBoard({ preset: presets.esp32, factory: { serverUri: "coap://10.99.0.1" } }).powerOn();
	}
	const tookMs = performance.now() - began;
	world.close();
	return (count * 1000) / tookMs;
}

async function virtualRate(device: LoadedDevice): Promise<number> {
	const measured = await MeasuredBoard.prepare(device, presets.esp32);
	await measured.during(() => {
		const registered = measured.event("registered");
		measured.board.powerOn();
		return registered;
	});
	const { operations } = measured;
	await measured.operation(() => operations.writeAttributes(endpoint, "/3303/0/5700", { pmin: 60, pmax: 3600 }));
	await measured.operation(() => operations.observe(endpoint, "/3303/0/5700"));
	const dayMs = 86_400_000;
	const began = performance.now();
	await measured.pass(dayMs);
	const tookMs = performance.now() - began;
	measured.close();
	return dayMs / tookMs;
}

/** A thousand boards, one server, one process: from switching on to the last registration. */
async function fleet(device: LoadedDevice, boards: number, { isSecure = false } = {}): Promise<Fleet> {
	const residentBefore = process.memoryUsage.rss();
	let registered = 0;
	const world = World.virtual<Machine>({
		seed: 1,
		device,
		onEvent: ({ event }) => {
			if (event === "registered") registered++;
		},
	});
	const began = performance.now();
	const plainUri = await world.startServer(isSecure ? { securePort: coapsPort } : {});
	for (let index = 0; index < boards; index++) {
		const endpointName = `board-${index}`;
		const security = { ...preSharedKey, publicKeyOrIdentity: toHex(utf8(endpointName)) };
		if (isSecure) world.server!.security.add(infoOf(endpointName, security));
		const keys = isSecure ? { serverUri: world.secureUri!, security } : { serverUri: plainUri };
		world.addBoard({ preset: presets.esp32, factory: { endpointName, ...keys } }).powerOn();
	}
	await world.run(60_000, { isOver: () => registered === boards });
	const tookMs = performance.now() - began;
	const residentBytesPerBoard = (process.memoryUsage.rss() - residentBefore) / boards;
	world.close();
	return { boards, registered, tookMs, residentBytesPerBoard };
}

async function secureFleet(device: LoadedDevice): Promise<Bench["simulator"]["secureFleet"]> {
	const { boards, registered, tookMs } = await fleet(device, 1000, { isSecure: true });
	return { boards, registered, tookMs };
}

function lines({ operations, registerAsAnjayDemoBytes, simulator }: Bench): string[] {
	const { boardsBootedPerS, virtualSPerS, fleet, secureFleet } = simulator;
	const row = (name: string, sent: string, received: string, computrons: string) =>
		`  ${name.padEnd(26)}${sent.padStart(7)}${received.padStart(10)}${computrons.padStart(12)}`;
	const costs = Object.entries(operations).map(([name, { sentBytes, receivedBytes, computrons }]) => {
		const peer = peers[name] === undefined ? "" : `   ${peers[name]}`;
		return row(name, grouped(sentBytes), grouped(receivedBytes), grouped(computrons)) + peer;
	});
	const asAnjay = `${registerAsAnjayDemoBytes} bytes; ${peers.register}`;
	const told = ({ registered, tookMs }: Bench["simulator"]["secureFleet"]) =>
		`${grouped(registered)} registered in ${(tookMs / 1000).toFixed(1)} s`;
	const eachKb = grouped(fleet.residentBytesPerBoard / 1024);
	return [
		"Operations on esp32: CoAP bytes without UDP and IP, and computrons (the same on every machine)",
		row("", "sent", "received", "computrons"),
		...costs,
		`  Register with a name of 24 characters and 175 bytes of links: ${asAnjay}`,
		"",
		"The simulator, on this machine and at this moment",
		`  boards booted               ${grouped(boardsBootedPerS)} a second`,
		`  virtual time                ${grouped(virtualSPerS)} s a second, one board that is observed`,
		`  ${grouped(fleet.boards)} boards, one server      ${told(fleet)}, ${eachKb} KB each`,
		`  the same over DTLS          ${told(secureFleet)}`,
	];
}
