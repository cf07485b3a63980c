/** hosts/tls on XS, in the user's own SDK: the image of device/, over loopback. Skipped without $MODDABLE. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { fileURLToPath, pathToFileURL } from "node:url";
import { whatIsMissing as whatIsMissingOfSdk } from "../desktop/desktop-device.ts";
import { TlsClient, whatIsMissing } from "./tls-client.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const script = (name: string) => import(pathToFileURL(join(root, "scripts", name)).href);
const skip = whatIsMissingOfSdk() ?? whatIsMissing() ?? false;

interface Sdk {
	findSdk(): object;
	buildForSimulator(options: object): Promise<string>;
}

interface Simulator {
	runInSimulator(sdk: object, image: string, options: object, onLine: (line: string) => void): Promise<number>;
}

const pskHex = "000102030405060708090a0b0c0d0e0f";
const psk = { identity: "dev", psk: pskHex };

async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

function echo(options: tls.TlsOptions): Server {
	return tls.createServer(options, (socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
}

/** libcoap's server, with TLS at the port behind its own. */
async function coapServer(): Promise<{ port: number; close(): void } | undefined> {
	const program = ["coap-server-openssl", "coap-server-gnutls"].find(
		(name) => spawnSync(name, ["-h"]).error === undefined,
	);
	if (program === undefined) return undefined;
	const probe = createServer();
	const free = await listening(probe);
	await new Promise((resolve) => probe.close(resolve));
	const child = spawn(program, ["-A", "127.0.0.1", "-p", `${free}`, "-k", "0123456789abcdef"], { stdio: "ignore" });
	for (let tries = 0; tries < 50; tries++) {
		await new Promise((resolve) => setTimeout(resolve, 100));
		const isThere = await new Promise<boolean>((resolve) => {
			const socket = connect(free + 1, "127.0.0.1", () => resolve(true));
			socket.on("connect", () => socket.destroy());
			socket.on("error", () => resolve(false));
		});
		if (isThere) return { port: free + 1, close: () => void child.kill() };
	}
	child.kill();
	return undefined;
}

test("TLS on the XS of the SDK: keys, certificates, and who is refused; CoAP over it with libcoap", {
	skip,
}, async () => {
	const { findSdk, buildForSimulator } = (await script("sdk.mjs")) as Sdk;
	const { runInSimulator } = (await script("desktop-simulator.mjs")) as Simulator;
	const identities = new TlsClient();
	const server = identities.identity("server.example");
	const other = identities.identity("other.example");
	const hex = (file: string) => readFileSync(file).toString("hex");
	const folder = mkdtempSync(join(tmpdir(), "dormouse-tls-"));
	const pskEcho = echo({
		ciphers: "PSK-AES128-CCM8:@SECLEVEL=0",
		maxVersion: "TLSv1.2",
		pskCallback: (_, identity) => (identity === "dev" ? Uint8Array.from(Buffer.from(pskHex, "hex")) : null),
	});
	const ecdsaEcho = echo({ key: server.key, cert: server.certificate, ALPNProtocols: ["coap"] });
	const coap = await coapServer();
	try {
		const byPsk = await listening(pskEcho);
		const byCertificate = await listening(ecdsaEcho);
		const pin = hex(server.certificateFile);
		const rows: readonly (readonly [object, RegExp])[] = [
			[{ port: byPsk, ...psk, size: 100_000 }, /^1\.2 c0a8 - same$/],
			[{ port: byPsk, ...psk, psk: "ff", size: 10 }, /^alerted closed$/],
			[{ port: byCertificate, pin, size: 100_000, protocol: "coap" }, /^1\.[23] [0-9a-f]{4} coap same$/],
			[{ port: byCertificate, pin: hex(other.certificateFile), size: 10 }, /^untrusted closed$/],
			[{ port: byCertificate, pin, usage: 2, name: "server.example", size: 10 }, /^1\.[23] [0-9a-f]{4} - same$/],
			[{ port: byCertificate, pin, usage: 2, name: "other.example", size: 10 }, /^untrusted closed$/],
			[{ port: byPsk, pin, size: 10 }, /^alerted closed$/],
			[{ port: 1, ...psk, size: 10 }, /^truncated closed$/],
			...(coap === undefined
				? []
				: [
						[
							{ port: coap.port, identity: "CoAP", psk: Buffer.from("0123456789abcdef").toString("hex") },
							/2\.5 /,
						] as const,
					]),
		];
		const manifest = join(root, "test/hosts/tls/device/manifest.json");
		const output = join(root, "build/tls");
		const built: string[] = [];
		const sdk = findSdk();
		const onLine = (line: string) => built.push(line);
		const image = await buildForSimulator({ sdk, manifest, name: "dormouse-tls", output, onLine });
		const said: string[] = [];
		const settings = { DORMOUSE_TLS: JSON.stringify(rows.map(([wanted]) => wanted)) };
		const options = { state: folder, settings, window: false, for: "240" };
		const status = await runInSimulator(sdk, image, options, (line) => said.push(line));
		assert.equal(status, 0, said.join("\n"));
		const lines = said.filter((line) => line.includes("it: ")).map((line) => line.slice(line.indexOf("it: ") + 4));
		rows.forEach(([wanted, expected], index) => {
			assert.match(lines[index] ?? "nothing", expected, `${JSON.stringify(wanted).slice(0, 100)}: ${said.join("\n")}`);
		});
		assert.equal(lines[rows.length], "1 TLS does not take these keys or names, no room for another TLS connection");
	} finally {
		pskEcho.close();
		ecdsaEcho.close();
		coap?.close();
		identities.close();
		rmSync(folder, { recursive: true, force: true });
	}
});
