/**
 * ETSI's CoAP plugtest list against every peer, in both roles. The table goes to build/interop/coap-etsi.md.
 * CORE_24 to CORE_30 are about proxies, and we are none; the list has no OBS_03.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PeerMissing } from "./coap-artifacts.ts";
import { CoapEndpoint } from "./coap-endpoint.ts";
import { blockCases } from "./coap-etsi-block.ts";
import { AskingBench, type EtsiCase, NotApplicable, ServingBench, text } from "./coap-etsi-case.ts";
import { coreCases } from "./coap-etsi-core.ts";
import { linkCases } from "./coap-etsi-link.ts";
import { observeCases } from "./coap-etsi-observe.ts";
import {
	type ForeignClient,
	type ForeignServer,
	type PeerName,
	peerNames,
	startForeignClient,
	startForeignServer,
} from "./coap-peers.ts";
import { large, PlugtestServer } from "./coap-plugtest-server.ts";

const cases = [...coreCases, ...linkCases, ...blockCases, ...observeCases];
const caseTimeoutMs = 60_000;
type Role = "server" | "client";

const results = new Map<string, string>();
const versions = new Map<PeerName, string>();

/** Marks of the table: what a run found. */
async function judge(key: string, skip: (why: string) => void, run: () => Promise<void>): Promise<void> {
	try {
		await run();
		results.set(key, "pass");
	} catch (error) {
		if (error instanceof NotApplicable || error instanceof PeerMissing) {
			results.set(key, `– ${error.message.split("\n")[0]}`);
			skip(error.message);
			return;
		}
		results.set(key, "FAIL");
		throw error;
	}
}

/** Our client asks their server, case after case. */
function asking(name: PeerName): void {
	let server: ForeignServer | undefined;
	let missing: unknown;
	before(async () => {
		try {
			server = await startForeignServer(name);
			versions.set(name, server.version);
			if (name === "libcoap") await furnish(server.port);
		} catch (error) {
			missing = error;
		}
	});
	after(async () => await server?.stop());
	for (const one of cases) {
		test(`[${one.id}] our client asks ${name}: ${one.title}`, { timeout: caseTimeoutMs }, async (t) => {
			const run = async () => {
				refuse(one, name, "server");
				if (server === undefined) throw missing;
				if (name === "aiocoap" && one.id.startsWith("OBS")) {
					// 0.4.17 can stumble over the Reset that ended an observation, and then starts none any more
					await server.stop();
					server = await startForeignServer(name);
				}
				const endpoint = await CoapEndpoint.open();
				try {
					await one.asks(new AskingBench(endpoint, server));
				} finally {
					endpoint.close();
				}
			};
			await judge(`${one.id} ${name} server`, (why) => t.skip(why), run);
		});
	}
}

/** Their client asks our server, case after case. */
function serving(name: PeerName): void {
	let server: PlugtestServer | undefined;
	let client: ForeignClient | undefined;
	after(async () => {
		await client?.stop();
		server?.close();
	});
	for (const one of cases) {
		test(`[${one.id}] ${name} asks our server: ${one.title}`, { timeout: caseTimeoutMs }, async (t) => {
			const run = async () => {
				refuse(one, name, "client");
				server ??= await PlugtestServer.open();
				server.endpoint.drop = () => false;
				client ??= await startForeignClient(name);
				await one.serves(new ServingBench(server, client));
				if (one.id === "OBS_05") client = undefined; // it was switched off
			};
			await judge(`${one.id} ${name} client`, (why) => t.skip(why), run);
		});
	}
}

// most cases wait for somebody's clock: what does not share a peer's program runs side by side
describe("ETSI CoAP plugtest", { concurrency: 6 }, () => {
	for (const name of peerNames) {
		describe(`our client and ${name}`, { concurrency: 1 }, () => asking(name));
		describe(`our server and ${name}`, { concurrency: 1 }, () => serving(name));
	}
});

function refuse(one: EtsiCase, name: PeerName, role: Role): void {
	const why = one.without?.[`${name} ${role}`];
	if (why !== undefined) throw new NotApplicable(why);
}

/** coap-server makes resources where something is PUT: those of the plugtest that it can hold. */
async function furnish(port: number): Promise<void> {
	const endpoint = await CoapEndpoint.open();
	const bodies = { test: "hello", "seg1/seg2/seg3": "segments", query: "query", gone: "gone" };
	for (const [path, content] of Object.entries(bodies)) {
		await endpoint.ask(port, { code: 3, path: path.split("/"), payload: text(content), contentFormat: 0 });
	}
	await endpoint.ask(port, { code: 3, path: ["large"], payload: large, contentFormat: 0 });
	endpoint.close();
}

after(() => {
	const folder = fileURLToPath(new URL("../../../interop", import.meta.url));
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "coap-etsi.md"), table());
});

/** As a table: each case, with what was found with each peer as server and as client. */
function table(): string {
	const columns = peerNames.flatMap((name) => (["server", "client"] as const).map((role) => `${name} ${role}`));
	const heads = columns.map((column) => {
		const name = column.split(" ")[0] as PeerName;
		return column.replace(name, `${name} ${versions.get(name) ?? "(absent)"}`);
	});
	const notes: string[] = [];
	const rows = cases.map(({ id, title }) => {
		const cells = columns.map((column) => {
			const found = results.get(`${id} ${column}`) ?? "not run";
			if (!found.startsWith("–")) return found;
			const why = found.slice(2);
			if (!notes.includes(why)) notes.push(why);
			return `– (${notes.indexOf(why) + 1})`;
		});
		return `| TD_COAP_${id} | ${title} | ${cells.join(" | ")} |`;
	});
	const head = `| Case | What | ${heads.join(" | ")} |\n|---|---|${columns.map(() => "---|").join("")}`;
	const count = (mark: string) => [...results.values()].filter((found) => found.startsWith(mark)).length;
	const sum = `${count("pass")} pass, ${count("FAIL")} fail, ${count("–")} not applicable`;
	const reasons = notes.map((note, index) => `(${index + 1}) ${note}`);
	return `${head}\n${rows.join("\n")}\n\n${reasons.join("\n")}\n\n${sum}\n`;
}
