import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { RestClient } from "./rest-client.ts";
import { answering, type ServerUnderTest } from "./server-under-test.ts";
import { writeServerKeys } from "./test-keys.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readyTimeoutMs = 30_000;

/** Starts our own server as a person does, `dormouse server`, on free loopback ports. */
export async function startEmbedded(): Promise<ServerUnderTest> {
	const [coap, coaps, http] = (await freePorts(3)) as [number, number, number];
	const keys = mkdtempSync(join(tmpdir(), "dormouse-server-"));
	writeServerKeys(keys);
	const ports = ["--port", coap, "--coaps-port", coaps, "--http", http].map(String);
	const files = ["--cert", join(keys, "server.crt"), "--key", join(keys, "server.key")];
	const child = new Child({
		command: process.execPath,
		arguments: [join(root, "bin/dormouse.mjs"), "server", ...ports, ...files, "--client-ca", join(keys, "client.crt")],
	});
	const server: ServerUnderTest = {
		name: "the embedded server",
		coapUri: `coap://127.0.0.1:${coap}`,
		coapsUri: `coaps://127.0.0.1:${coaps}`,
		rest: new RestClient(`http://127.0.0.1:${http}/api`),
		keyFolder: keys,
		log: () => child.log(),
		stop: async () => {
			await child.stop("SIGINT");
			rmSync(keys, { recursive: true, force: true });
		},
	};
	try {
		await answering(server, readyTimeoutMs);
		return server;
	} catch (error) {
		await server.stop();
		throw error;
	}
}
