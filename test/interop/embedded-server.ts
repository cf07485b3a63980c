import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { RestClient } from "./rest-client.ts";
import { answering, type ServerUnderTest } from "./server-under-test.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readyTimeoutMs = 30_000;

/** Starts our own server as a person does, `dormouse server`, on free loopback ports. */
export async function startEmbedded(): Promise<ServerUnderTest> {
	const [coap, http] = (await freePorts(2)) as [number, number];
	const child = new Child({
		command: process.execPath,
		arguments: [join(root, "bin/dormouse.mjs"), "server", "--port", String(coap), "--http", String(http)],
	});
	const server: ServerUnderTest = {
		name: "the embedded server",
		coapUri: `coap://127.0.0.1:${coap}`,
		rest: new RestClient(`http://127.0.0.1:${http}/api`),
		log: () => child.log(),
		stop: async () => {
			await child.stop("SIGINT");
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
