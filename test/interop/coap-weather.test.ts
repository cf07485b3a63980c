/**
 * Downloads by blocks of 1024 bytes over links with delay and loss, in real time: our client, libcoap's and
 * Californium's from our server, in one run and with the same losses. DORMOUSE_WEATHER=1 measures all links and
 * writes build/interop/coap-weather.md; without it two links show that every body arrives whole.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PeerMissing } from "./coap-artifacts.ts";
import { CoapEndpoint } from "./coap-endpoint.ts";
import { type ForeignClient, startForeignClient } from "./coap-peers.ts";
import { type Weather, WeatherLink } from "./coap-weather.ts";

interface Link extends Weather {
	readonly kib: number;
	readonly seeds: readonly number[];
}

/** One way to download: @returns the body, rejects when it gives up */
interface Downloader {
	readonly name: string;
	readonly usesQBlock: boolean;
	download(port: number, path: string, patienceS: number): Promise<Uint8Array>;
}

interface Outcome {
	/** Infinity: it gave up, or the bound did. */
	readonly seconds: number;
	readonly datagrams: number;
	readonly failure: string | undefined;
}

const measures = process.env.DORMOUSE_WEATHER === "1";
const five = [1, 2, 3, 4, 5];
/** Bodies that the slowest is done with in the time of one run. */
const measured: readonly Link[] = [
	{ rttMs: 50, lossPercent: 0, kib: 32, seeds: [1] },
	{ rttMs: 50, lossPercent: 5, kib: 32, seeds: five },
	{ rttMs: 50, lossPercent: 20, kib: 12, seeds: five },
	{ rttMs: 500, lossPercent: 0, kib: 16, seeds: [1] },
	{ rttMs: 500, lossPercent: 5, kib: 16, seeds: five },
	{ rttMs: 500, lossPercent: 20, kib: 8, seeds: five },
];
const shown: readonly Link[] = [
	{ rttMs: 50, lossPercent: 0, kib: 8, seeds: [1] },
	{ rttMs: 50, lossPercent: 5, kib: 8, seeds: [1] },
];
const links = measures ? measured : shown;
const patienceS = 80;
const bodies = new Map(
	links.map(({ kib }) => [String(kib), Uint8Array.from({ length: kib * 1024 }, (_, at) => at * 31)]),
);

function served(usesQBlock: boolean): Promise<CoapEndpoint> {
	return CoapEndpoint.open({
		usesQBlock,
		serve: ({ request, respond }) => {
			const payload = bodies.get(request.path.join("/"));
			respond(payload === undefined ? { code: 0x84 } : { code: 0x45, contentFormat: 42, payload });
		},
	});
}

function ours(usesQBlock: boolean): Downloader {
	return {
		name: usesQBlock ? "ours, Q-Block" : "ours",
		usesQBlock,
		async download(port, path, seconds) {
			const endpoint = await CoapEndpoint.open({ usesQBlock });
			const giveUp = new Promise<never>((_, reject) => {
				const timer = setTimeout(() => reject(new Error("not finished")), seconds * 1000);
				timer.unref();
			});
			try {
				const { response } = endpoint.begin(port, { code: 1, path: [path] });
				return (await Promise.race([response, giveUp])).payload;
			} finally {
				endpoint.close();
			}
		},
	};
}

function theirs(client: ForeignClient): Downloader {
	return {
		name: `${client.name} ${client.version}`,
		usesQBlock: false,
		download: async (port, path, seconds) => (await client.ask({ port, path, patienceS: seconds })).payload,
	};
}

async function outcome(one: Downloader, server: number, link: Link, seed: number): Promise<Outcome> {
	const path = String(link.kib);
	const between = await WeatherLink.open(server, link, seed);
	try {
		const body = await one.download(between.port, path, patienceS);
		// what ends in the middle was given up
		if (body.length < link.kib * 1024) throw new Error(`only ${body.length} bytes`);
		const seconds = between.tookMs / 1000;
		deepEqual(body, bodies.get(path));
		return { seconds, datagrams: between.datagrams, failure: undefined };
	} catch (error) {
		const failure = (error as Error).message;
		return { seconds: Number.POSITIVE_INFINITY, datagrams: between.datagrams, failure };
	} finally {
		between.close();
	}
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const figure = (value: number, digits: number): string =>
	Number.isFinite(value) ? value.toFixed(digits) : "not finished";

interface Cell {
	readonly link: Link;
	readonly name: string;
	readonly outcomes: readonly Outcome[];
}

function table(cells: readonly Cell[]): string {
	const head = "| RTT, ms | Loss | KiB | Client | s/KiB | ÷ libcoap | s, all seeds sorted | Datagrams | Whole |";
	const rows = cells.map(({ link, name, outcomes }) => {
		const seconds = outcomes.map((one) => one.seconds);
		const rival = cells.find((cell) => cell.link === link && cell.name.startsWith("libcoap"));
		const ratio = rival && middle(seconds) / middle(rival.outcomes.map((one) => one.seconds));
		const each = [...seconds].sort((a, b) => a - b).map((value) => figure(value, 1).replace("not finished", "–"));
		const whole = `${seconds.filter(Number.isFinite).length} of ${seconds.length}`;
		const words = [link.rttMs, `${link.lossPercent} %`, link.kib, name, figure(middle(seconds) / link.kib, 3)];
		const datagrams = middle(outcomes.map((one) => one.datagrams));
		const last = [ratio === undefined || !Number.isFinite(ratio) ? "–" : ratio.toFixed(2), each.join(", "), datagrams];
		return `| ${[...words, ...last, whole].join(" | ")} |`;
	});
	return `${head}\n|--:|--:|--:|---|--:|--:|---|--:|---|\n${rows.join("\n")}\n`;
}

test("downloads over links with weather", { timeout: 150_000 }, async (t) => {
	const plain = await served(false);
	const qBlock = await served(true);
	t.after(() => plain.close());
	t.after(() => qBlock.close());
	const downloaders: Downloader[] = [ours(false), ours(true)];
	for (const name of ["libcoap", "californium"] as const) {
		try {
			const client = await startForeignClient(name);
			t.after(() => client.stop());
			downloaders.push(theirs(client));
		} catch (error) {
			if (!(error instanceof PeerMissing)) throw error;
			t.diagnostic(error.message);
		}
	}
	// a virtual machine that has not run yet is slow once
	for (const one of downloaders) await one.download((one.usesQBlock ? qBlock : plain).port, String(links[0]!.kib), 20);
	const cells = await Promise.all(
		links.flatMap((link) =>
			downloaders.map(async (one): Promise<Cell> => {
				const { port } = one.usesQBlock ? qBlock : plain;
				const outcomes = await Promise.all(link.seeds.map((seed) => outcome(one, port, link, seed)));
				return { link, name: one.name, outcomes };
			}),
		),
	);
	for (const { link, name, outcomes } of cells) {
		for (const { seconds, failure } of outcomes) {
			// at 20 % a transfer may rightly end: RFC 7252 gives up behind five transmissions
			if (link.lossPercent < 20) equal(failure, undefined, `${name} at ${link.rttMs} ms, ${link.lossPercent} %`);
			// each block takes a round trip at least, where they are asked for one by one
			if (!name.includes("Q-Block")) ok(seconds >= (link.kib * link.rttMs * 0.98) / 1000, `${name}: ${seconds} s`);
		}
	}
	if (!measures) return;
	const folder = fileURLToPath(new URL("../../../interop", import.meta.url));
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "coap-weather.md"), table(cells));
});
