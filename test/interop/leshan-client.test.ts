/** Our servers and a client that we did not write: Leshan's, 2.0.0-M18. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { UdpNetwork } from "../../hosts/simulator/network/udp-network.ts";
import type { BootstrapEvents } from "../../hosts/simulator/server/bootstrap/bootstrap-events.ts";
import { BootstrapServer } from "../../hosts/simulator/server/bootstrap/bootstrap-server.ts";
import type { BootstrapSettings } from "../../hosts/simulator/server/bootstrap/configuration.ts";
import { Lwm2mServer } from "../../hosts/simulator/server/server.ts";
import { RealTime } from "../../hosts/simulator/time.ts";
import { Child } from "./child.ts";
import { frontClassPath } from "./java-front.ts";
import { requireJava } from "./leshan-artifacts.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const timeout = 240_000;
const endpoint = "leshan";
const key = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const keyHex = "0102030405060708";

type Told = { [Name in keyof BootstrapEvents]: BootstrapEvents[Name][] };

/** Both servers, and Leshan's client until it has registered. */
async function bootstrapped(settings: (server: Lwm2mServer) => BootstrapSettings, mode: "noSec" | "psk") {
	requireJava();
	const classPath = frontClassPath(join(root, "test/interop/leshan-client"), join(root, "build/interop/leshan-client"));
	const listening = { network: new UdpNetwork(), time: new RealTime(), host: "127.0.0.1", port: 0, securePort: 0 };
	const server = new Lwm2mServer(listening);
	const bootstrap = new BootstrapServer(listening);
	const told: Told = { session: [], answered: [], inspected: [], finished: [], failed: [], handshakeFailed: [] };
	for (const name of Object.keys(told) as (keyof Told)[]) {
		bootstrap.on(name, (event) => (told[name] as unknown[]).push(event));
	}
	await server.start();
	await bootstrap.start();
	bootstrap.configure(endpoint, settings(server));
	if (mode === "psk") {
		bootstrap.security.add({ endpoint, mode, identity: "of-bootstrap", key });
		server.security.add({ endpoint, mode, identity: "of-server", key });
	}
	const uri = mode === "psk" ? `coaps://127.0.0.1:${bootstrap.securePort}` : `coap://127.0.0.1:${bootstrap.port}`;
	const registered = once(server, "registered");
	const words = ["-cp", classPath, "dormouse.leshan.Client", endpoint, uri];
	const client = new Child({ command: "java", arguments: mode === "psk" ? [...words, "of-bootstrap", keyHex] : words });
	const stop = async () => {
		await client.stop();
		bootstrap.stop();
		server.stop();
	};
	const early = client.ended.then(() => Promise.reject(new Error(`the client ended:\n${client.log()}`)));
	try {
		await Promise.race([registered, early]);
	} catch (error) {
		await stop();
		throw error;
	}
	early.catch(() => {});
	return { server, bootstrap, told, stop };
}

function once(server: Lwm2mServer, name: "registered" | "updated"): Promise<void> {
	return new Promise((resolve) => {
		const end = server.on(name, () => {
			end();
			resolve();
		});
	});
}

const stepsOf = ({ answered }: Told) =>
	answered.map(
		({ step, code }) => `${step.do} ${"path" in step ? `/${step.path.join("/")} ` : ""}${code.toString(16)}`,
	);

test("[CORE-SRV-1] [BSR-005] Leshan's client is bootstrapped, registers, and is bootstrapped again", {
	timeout,
}, async () => {
	const settings = (server: Lwm2mServer): BootstrapSettings => ({
		inspect: true,
		autoIdForSecurityObject: true,
		writeLevel: "object",
		security: { 1: { uri: `coap://127.0.0.1:${server.port}`, securityMode: "NO_SEC", serverId: 101 } },
		servers: { 0: { shortId: 101, lifetime: 300 } },
	});
	const it = await bootstrapped(settings, "noSec");
	try {
		deepEqual(stepsOf(it.told), [
			"discover / 45",
			"read /2 45",
			"read /1 45",
			"write /0 44",
			"write /1 44",
			"finish 44",
		]);
		deepEqual(it.told.inspected[0]!.accounts, [{ shortServerId: 101, state: "missing" }]);
		const { content } = await it.server.operations.read(endpoint, "/3/0/0");
		equal((content as { value?: unknown }).value, "Leshan");
		const again = once(it.server, "registered");
		equal((await it.server.operations.execute(endpoint, "/1/0/9")).code, 0x44);
		await again;
		equal(it.told.finished.length, 2);
		const [account] = it.told.inspected[1]!.accounts;
		equal(account?.state, "valid", JSON.stringify(account));
	} finally {
		await it.stop();
	}
});

for (const contentFormat of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
	test(`[CORE-SRV-1] Leshan's client over DTLS, written to in ${contentFormat}`, { timeout }, async () => {
		const account = { uri: "", securityMode: "PSK", publicKeyOrId: Buffer.from("of-server"), secretKey: key };
		const settings = ({ securePort }: Lwm2mServer): BootstrapSettings => ({
			contentFormat,
			toDelete: ["/0", "/1"],
			security: { 1: { ...account, uri: `coaps://127.0.0.1:${securePort}`, serverId: 101 } },
			servers: { 0: { shortId: 101, lifetime: 300, communicationRetryCount: 3, muteSend: true } },
			acls: { 0: { objectId: 3, objectInstanceId: 0, acls: { 0: 1, 101: 15 }, AccessControlOwner: 101 } },
		});
		const it = await bootstrapped(settings, "psk");
		try {
			const wanted = ["delete /0 42", "delete /1 42", "write /0/1 44", "write /1/0 44", "write /2/0 44", "finish 44"];
			deepEqual(stepsOf(it.told), wanted);
			ok(it.server.client(endpoint)!.address.secure);
			const { content } = await it.server.operations.read(endpoint, "/1/0");
			const resources = content?.kind === "instance" ? content.resources : [];
			const lifetime = resources.find(({ id }) => id === 1);
			equal(lifetime?.kind === "singleResource" && lifetime.value, 300n);
		} finally {
			await it.stop();
		}
	});
}
