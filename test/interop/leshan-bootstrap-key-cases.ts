import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "./case.ts";
import type { BootstrapCase } from "./leshan-bootstrap-cases.ts";
import { certifiedEndpoint } from "./test-keys.ts";

/** Accounts of the server that are written with keys of either kind. */
const keyCase = (mode: "rpk" | "x509", endpoint: string, name: string): BootstrapCase => ({
	name,
	run: async (bench) => {
		const { server } = bench;
		const file = (part: string) => readFileSync(join(server.keyFolder, part));
		const { publicKey, certificate } = await server.rest.ownKeys();
		const details = mode === "rpk" ? { details: { key: file("client.pub").toString("hex") } } : {};
		await server.rest.secure({ endpoint, tls: { mode, ...details } });
		await bench.bootstrap.configure(endpoint, {
			security: {
				0: {
					uri: server.coapsUri,
					serverId: 151,
					securityMode: mode.toUpperCase(),
					publicKeyOrId: [...file(mode === "rpk" ? "client.pub" : "client.crt")],
					secretKey: [...file("client.key")],
					serverPublicKey: [...(mode === "rpk" ? publicKey : certificate)],
				},
			},
			servers: { 0: { shortId: 151, lifetime: 300 } },
		});
		const device = bench.device(endpoint);
		ok((await bench.registration(endpoint)).secure);
		const [secured] = device.all("secured");
		equal(secured?.suite, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8");
		hasCode(await server.rest.of(endpoint).read("/3/0/0"), "2.05");
		await device.kill();
	},
});

export const bootstrapKeyCases: readonly BootstrapCase[] = [
	keyCase(
		"rpk",
		"dormouse-raw",
		"[CORE-SEC] L-58 an account with raw public keys, written by a bootstrap in the clear",
	),
	keyCase(
		"x509",
		certifiedEndpoint,
		"[CORE-SEC] ETS 2 402 L-58 an account with certificates, written by a bootstrap in the clear",
	),
];
