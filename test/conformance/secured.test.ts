/** Bootstraps and registrations over DTLS, and from a smart card: the reference device on XS, as a product has it. */
import { equal, ok } from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import type { BoardMachine } from "../../hosts/simulator/board/board.ts";
import { presets } from "../../hosts/simulator/board/presets.ts";
import { Chance } from "../../hosts/simulator/chance.ts";
import { readContent } from "../../hosts/simulator/factory/content.ts";
import { collectionOf } from "../../hosts/simulator/factory/record.ts";
import type { BootstrapSettings } from "../../hosts/simulator/server/bootstrap/configuration.ts";
import { drawIdentity, type ServerIdentity } from "../../hosts/simulator/server/server-identity.ts";
import { World, type WorldEvent } from "../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../modules/bytes.ts";
import { codeText } from "../../modules/coap/code.ts";
import type { FactorySecurity } from "../../modules/host.ts";
import { loadMachine } from "./machine.ts";

const device = await loadMachine();
const endpoint = "conformance";
const key = "000102030405060708090a0b0c0d0e0f";
const chance = new Chance(11);
const own = drawIdentity(endpoint, (bytes) => chance.fill(bytes));
const sec1 = Buffer.from(`30310201010420${toHex(own.privateKey)}a00a06082a8648ce3d030107`, "hex");
const ownKey = createPrivateKey({ key: sec1, format: "der", type: "sec1" }).export({ format: "der", type: "pkcs8" });

type Mode = "psk" | "rpk" | "x509";

/** What the device shows a server, and what it holds that one to. */
function keysOf(mode: Mode, server: ServerIdentity): FactorySecurity {
	if (mode === "psk") return { mode, publicKeyOrIdentity: toHex(utf8(endpoint)), secretKey: key };
	const [shown, expected] = mode === "rpk" ? [own.publicKey, server.publicKey] : [own.chain[0]!, server.chain[0]!];
	return {
		mode,
		publicKeyOrIdentity: toHex(shown),
		secretKey: toHex(new Uint8Array(ownKey)),
		serverPublicKey: toHex(expected),
	};
}

class Secured {
	readonly world: World<BoardMachine>;
	readonly events: WorldEvent[] = [];

	constructor() {
		this.world = World.virtual<BoardMachine>({ seed: 3, device, onEvent: (event) => this.events.push(event) });
	}

	async open(mode: Mode): Promise<void> {
		const place = { securePort: 5684, clientAuthorities: own.chain };
		await this.world.startServer(place);
		await this.world.startBootstrapServer(place);
		const { server, bootstrapServer } = this.world;
		for (const each of [server!, bootstrapServer!]) {
			if (mode === "psk") each.security.add({ endpoint, mode, identity: endpoint, key: fromHex(key)! });
			else if (mode === "rpk") each.security.add({ endpoint, mode, publicKey: own.publicKey });
			else each.security.add({ endpoint, mode });
		}
	}

	/** An account of the server for a Bootstrap-Server to write. */
	settings(mode: Mode): BootstrapSettings {
		const server = this.world.server!;
		const keys = keysOf(mode, server.identity!);
		const account = {
			uri: this.world.secureUriOf(server),
			bootstrapServer: false,
			securityMode: { psk: "PSK", rpk: "RPK", x509: "X509" }[mode],
			publicKeyOrId: fromHex(keys.publicKeyOrIdentity),
			serverPublicKey: fromHex(keys.serverPublicKey ?? ""),
			secretKey: fromHex(keys.secretKey),
			serverId: 1,
		};
		const servers = { 0: { shortId: 1, lifetime: 600, binding: "U", notifIfDisabled: false } };
		return { bare: true, security: { 0: account }, servers } as BootstrapSettings;
	}

	pass(seconds: number): Promise<void> {
		return this.world.run(this.world.time.nowMs() + seconds * 1000);
	}

	async read(path: string): Promise<string> {
		const answer = this.world.server!.operations.read(endpoint, path);
		await this.pass(3);
		return codeText((await answer).code);
	}

	heard(event: string): readonly WorldEvent[] {
		return this.events.filter((one) => one.event === event);
	}
}

for (const [mode, ids] of [
	["psk", "ETS 1 401 L-47 L-58 with a pre-shared key"],
	["x509", "ETS 2 402 L-50 L-58 with certificates"],
	["rpk", "L-49 L-58 with raw public keys"],
] as const) {
	test(`xs › ${ids}: bootstrapped over DTLS, then registered over DTLS`, async () => {
		const it = new Secured();
		await it.open(mode);
		const bootstrap = it.world.bootstrapServer!;
		bootstrap.configure(endpoint, it.settings(mode));
		const security = keysOf(mode, bootstrap.identity!);
		const factory = { endpointName: endpoint, bootstrap: { uri: it.world.secureUriOf(bootstrap)!, security } };
		const board = it.world.addBoard({ preset: presets.esp32, factory });
		board.powerOn();
		await it.pass(60);
		equal(
			it.world
				.server!.clients()
				.map((client) => client.endpoint)
				.join(),
			endpoint,
			JSON.stringify(it.events.slice(-5)),
		);
		equal(it.heard("secured").length, 2);
		equal(await it.read("/3/0/0"), "2.05");
		ok(!JSON.stringify(it.events).includes(security.secretKey), "no key in the log");
		it.world.close();
	});
}

test("xs › L-47 L-49 wrong keys: no registration, and the failure is told", async () => {
	for (const mode of ["psk", "rpk"] as const) {
		const it = new Secured();
		await it.open(mode);
		const server = it.world.server!;
		const right = keysOf(mode, server.identity!);
		const security =
			mode === "psk"
				? { ...right, secretKey: "ff".repeat(16) }
				: { ...right, serverPublicKey: toHex(drawIdentity("else", (bytes) => chance.fill(bytes)).publicKey) };
		const servers = [{ uri: it.world.secureUriOf(server)!, shortServerId: 1, security }];
		const board = it.world.addBoard({ preset: presets.esp32, factory: { endpointName: endpoint, servers } });
		board.powerOn();
		await it.pass(200);
		equal(server.clients().length, 0, mode);
		ok(it.heard("registrationFailed").length > 0, mode);
		equal(board.state, "running");
		it.world.close();
	}
});

const cardOf = (json: object) => collectionOf(readContent(JSON.stringify(json), "/description.json").instances);

test("xs › [BOOT-PROV-001] ETS 3 a smart card's account, and the factory's when the card is gone", async () => {
	const it = new Secured();
	await it.open("psk");
	const uri = `coap://${it.world.server!.host}:${it.world.server!.port}`;
	it.world.server!.security.remove(endpoint);
	const factory = { endpointName: endpoint, serverUri: uri, lifetimeS: 86_400 };
	const board = it.world.addBoard({ preset: presets.esp32, factory, hasCardReader: true });
	board.powerOn();
	await it.pass(5);
	const lifetimeS = () => it.world.server!.clients()[0]!.lifetimeS;
	equal(lifetimeS(), 86_400);
	board.cutPower();
	board.insertCard(cardOf({ servers: [{ uri, shortServerId: 1, lifetimeS: 43_200 }] }));
	board.powerOn();
	await it.pass(5);
	equal(lifetimeS(), 43_200);
	equal(await it.read("/1/0/1"), "2.05");
	board.removeCard();
	await it.pass(5);
	equal(lifetimeS(), 86_400);
	it.world.close();
});
