/** Boards on XS that are bootstrapped by the embedded Bootstrap-Server over DTLS, and then register over DTLS. */
import { equal, ok } from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { Chance } from "../../../hosts/simulator/chance.ts";
import type { BootstrapSettings } from "../../../hosts/simulator/server/bootstrap/configuration.ts";
import type { ServerIdentity } from "../../../hosts/simulator/server/server-identity.ts";
import { drawIdentity } from "../../../hosts/simulator/server/server-identity.ts";
import { World } from "../../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import type { FactorySecurity } from "../../../modules/host.ts";

const device = await loadDevice();
const endpoint = "board";
const key = "000102030405060708090a0b0c0d0e0f";
const chance = new Chance(5);
const own = drawIdentity(endpoint, (bytes) => chance.fill(bytes));
const sec1 = Buffer.from(`30310201010420${toHex(own.privateKey)}a00a06082a8648ce3d030107`, "hex");
/** The private key in PKCS #8. */
const ownPrivateKey = createPrivateKey({ key: sec1, format: "der", type: "sec1" })
	.export({ format: "der", type: "pkcs8" })
	.toString("hex");

type Mode = "psk" | "rpk" | "x509";

/** What the board shows, and what it holds the server to. */
function keysOf(mode: Mode, server: ServerIdentity): FactorySecurity {
	if (mode === "psk") return { mode, publicKeyOrIdentity: toHex(utf8(endpoint)), secretKey: key };
	const [shown, expected] = mode === "rpk" ? [own.publicKey, server.publicKey] : [own.chain[0]!, server.chain[0]!];
	return { mode, publicKeyOrIdentity: toHex(shown), secretKey: ownPrivateKey, serverPublicKey: toHex(expected) };
}

interface StartWish {
	readonly mode: Mode;
	readonly preset: "esp32" | "nrf52840";
	readonly enabler?: "1.0" | "1.1" | "1.2";
	readonly settings?: Partial<BootstrapSettings>;
}

async function start({ mode, preset, enabler = "1.1", settings }: StartWish) {
	const world = World.virtual({ seed: 3, device });
	const place = { securePort: 5684, clientAuthorities: own.chain };
	await world.startServer(place);
	await world.startBootstrapServer(place);
	const server = world.server!;
	const bootstrap = world.bootstrapServer!;
	const added =
		mode === "psk"
			? ({ mode, identity: endpoint, key: fromHex(key)! } as const)
			: mode === "rpk"
				? ({ mode, publicKey: own.publicKey } as const)
				: ({ mode } as const);
	for (const each of [server, bootstrap]) each.security.add({ endpoint, ...added });
	const keys = keysOf(mode, server.identity!);
	bootstrap.configure(endpoint, {
		bare: true,
		security: {
			0: {
				uri: world.secureUriOf(server),
				bootstrapServer: false,
				securityMode: { psk: "PSK", rpk: "RPK", x509: "X509" }[mode],
				publicKeyOrId: fromHex(keys.publicKeyOrIdentity),
				serverPublicKey: fromHex(keys.serverPublicKey ?? ""),
				secretKey: fromHex(keys.secretKey),
				serverId: 1,
			},
		},
		servers: { 0: { shortId: 1, lifetime: 600, binding: "U", notifIfDisabled: false } },
		...settings,
	} as BootstrapSettings);
	const factory = {
		endpointName: endpoint,
		enabler,
		bootstrap: { uri: world.secureUriOf(bootstrap)!, security: keysOf(mode, bootstrap.identity!) },
	};
	const board = world.addBoard({ preset: presets[preset], factory });
	const registered: string[] = [];
	server.on("registered", ({ registration }) => void registered.push(registration.endpoint));
	board.powerOn();
	return { world, board, registered };
}

for (const [mode, enabler] of [
	["psk", "1.0"],
	["psk", "1.1"],
	["psk", "1.2"],
	["rpk", "1.1"],
	["x509", "1.2"],
] as const) {
	test(`[ETS-1] ${mode}, ${enabler}: bootstrapped over DTLS, then registered over DTLS, on XS`, async () => {
		const { world, registered } = await start({ mode, preset: "esp32", enabler });
		await world.run(60_000);
		equal(registered.join(), endpoint);
		world.close();
	});
}

for (const contentFormat of ["TLV", "SENML_CBOR", "SENML_JSON"] as const) {
	for (const writeLevel of ["object", "instance", "resource"] as const) {
		test(`[ETS-1] written by ${writeLevel} in ${contentFormat}, a tenth of the stack stays free`, async () => {
			const settings = { contentFormat, writeLevel, toDelete: ["/0", "/1"], inspect: true } as never;
			const { world, board, registered } = await start({ mode: "psk", preset: "esp32", settings });
			await world.run(60_000);
			equal(registered.join(), endpoint);
			const { stackBytes } = board.ledger.highWater;
			ok(stackBytes <= presets.esp32.memory.stackSlots * 16 * 0.9, `${stackBytes} bytes`);
			world.close();
		});
	}
}
