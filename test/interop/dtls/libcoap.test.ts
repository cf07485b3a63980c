/** CoAP over DTLS with libcoap's programs, over GnuTLS and over OpenSSL, in both roles. */
import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../child.ts";
import { PeerMissing } from "../coap-artifacts.ts";
import { freePorts } from "../free-ports.ts";
import { decode, encode, pathOptions, text } from "../wire-message.ts";
import { type Bench, dtlsCase } from "./case.ts";
import { built, credentials, identity, type Party } from "./credentials.ts";
import type { Auth, SuiteName } from "./foreign-peer.ts";
import { OurClient } from "./our-client.ts";
import { OurNode } from "./our-node.ts";

const timeout = { timeout: 60_000 };
/** libcoap takes keys as text. */
const key = "a key of 16 byte";
const psk = text(key);
const answerText = "a resource of the device";

type Library = "gnutls" | "openssl";

interface Way {
	readonly library: Library;
	readonly auth: Auth;
	readonly suite: SuiteName;
}

const ways: readonly Way[] = [
	{ library: "gnutls", auth: "psk", suite: "PSK_CCM8" },
	{ library: "openssl", auth: "psk", suite: "PSK_CCM8" },
	{ library: "gnutls", auth: "rpk", suite: "ECDHE_CCM8" },
	{ library: "gnutls", auth: "x509", suite: "ECDHE_CCM8" },
	{ library: "openssl", auth: "x509", suite: "ECDHE_GCM" },
];

function programOf(which: "client" | "server", library: Library): string {
	const name = `coap-${which}-${library}`;
	const { status } = spawnSync("sh", ["-c", `command -v ${name}`]);
	if (status !== 0) throw new PeerMissing(`no ${name} on the PATH. Debian: apt-get install libcoap3-bin`);
	return name;
}

/** libcoap wants both halves of a raw key in one file. */
function rawKeyFile({ publicFile, keyFile }: Party): string {
	const file = join(built, "credentials", "raw-key.pem");
	writeFileSync(file, readFileSync(keyFile, "utf8") + readFileSync(publicFile, "utf8"));
	return file;
}

function keyWords(auth: Auth, role: "client" | "server"): string[] {
	if (auth === "psk") return ["-k", key, ...(role === "client" ? ["-u", identity] : [])];
	const keys = credentials();
	if (auth === "rpk") return ["-M", rawKeyFile(keys[role]), "-n"];
	return ["-c", keys[role].certFile, "-j", keys[role].keyFile, "-C", keys.authorityFile];
}

async function startServer(bench: Bench, { library, auth }: Way): Promise<number> {
	const command = programOf("server", library);
	const [port] = (await freePorts(1)) as [number];
	const words = ["-A", "127.0.0.1", "-p", String(port), ...keyWords(auth, "server")];
	bench.add(new Child({ command, arguments: words }));
	await sleep(300); // it says nothing when it is ready
	return port + 1;
}

describe("dtls libcoap", () => {
	for (const way of ways) {
		const { library, auth, suite } = way;
		it(
			`our client ↔ coap-server-${library}: ${auth}`,
			timeout,
			dtlsCase(async (bench) => {
				const port = await startServer(bench, way);
				const client = bench.add(await OurClient.start({ auth, suite, psk, port }));
				await client.next("established");
				const options = pathOptions("/.well-known/core");
				const question = { type: "CON", code: "0.01", id: 77, token: text("t"), options, payload: text("") } as const;
				client.send(encode(question));
				const { hex } = await client.next("received");
				const answer = decode(Uint8Array.from(Buffer.from(hex!, "hex")));
				equal(answer.code, "2.05");
				match(new TextDecoder().decode(answer.payload), /<\//);
			}),
		);

		it(
			`our server ↔ coap-client-${library}: ${auth}`,
			timeout,
			dtlsCase(async (bench) => {
				const command = programOf("client", library);
				const answer = (message: Uint8Array) => {
					const { id, token } = decode(message);
					return encode({ type: "ACK", code: "2.05", id, token, options: [], payload: text(answerText) });
				};
				const server = bench.add(await OurNode.start({ server: { auth, suite, psk }, answer }));
				const uri = `coaps://127.0.0.1:${server.port}/3/0/1`;
				const words = ["-B", "8", "-v", "6", ...keyWords(auth, "client"), uri];
				const client = bench.add(new Child({ command, arguments: words }));
				await client.ended;
				match(client.log(), new RegExp(answerText));
				equal((await server.next("established")).resumed, false);
			}),
		);
	}
});
