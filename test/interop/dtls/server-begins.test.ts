/** The LwM2M Server opens the handshake (Transport §5.2.5): it is DTLS client then, and the device is DTLS server. */
import { equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../modules/bytes.ts";
import { dtlsCase, text } from "./case.ts";
import { credentials } from "./credentials.ts";
import { ForeignPeer } from "./foreign-peer.ts";
import { OurNode } from "./our-node.ts";
import type { OurOptions } from "./our-settings.ts";

const timeout = { timeout: 400_000 };
const message = text("a message");

describe("dtls, the server begins", () => {
	for (const [auth, suite] of [
		["psk", "PSK_CCM8"],
		["rpk", "ECDHE_CCM8"],
		["x509", "ECDHE_GCM"],
	] as const) {
		it(
			`scandium's server calls our device, which it never heard of: ${auth}`,
			timeout,
			dtlsCase(async (bench) => {
				const both: OurOptions = { auth, suite, cid: "a1b2c3" };
				const device = bench.add(await OurNode.start({ server: both, client: both }));
				// The device lets in whom its server role knows; that is the tests' client.
				const party = auth === "psk" ? null : credentials().client;
				const options = { ...both, initiates: true, isMute: true, party };
				const server = bench.add(await ForeignPeer.start("scandium", "server", options));
				server.connect(device.port);
				await device.next("established");
				await server.next("established");
				device.send(message);
				equal((await server.next("received")).hex, toHex(message));
				server.send(message);
				equal((await device.next("received")).hex, toHex(message));
			}),
		);
	}

	it(
		"scandium's server forgets our device's session and calls it",
		timeout,
		dtlsCase(async (bench) => {
			const both: OurOptions = { auth: "psk", suite: "PSK_CCM8" };
			const device = bench.add(await OurNode.start({ server: both, client: both }));
			const options = { ...both, initiates: true, isMute: true };
			const first = bench.add(await ForeignPeer.start("scandium", "server", options));
			device.connect(first.port);
			await device.next("established");
			device.send(message);
			equal((await first.next("received")).hex, toHex(message));
			await first.stop(); // without a good-bye
			const second = bench.add(await ForeignPeer.start("scandium", "server", { ...options, port: first.port }));
			second.connect(device.port);
			await second.next("established");
			await device.next("established");
			device.send(message);
			equal((await second.next("received")).hex, toHex(message));
			second.send(message);
			equal((await device.next("received")).hex, toHex(message));
		}),
	);
});
