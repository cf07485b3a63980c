import { loadDevice } from "../board/loader.ts";
import {
	cidBytes,
	type HandshakeOnAir,
	handshakesOnAir,
	type RecordOverhead,
	recordOverheads,
} from "./bench-dtls-air.ts";
import { deviceCosts } from "./bench-dtls-device.ts";
import { type ClientWork, clientWork } from "./bench-dtls-work.ts";
import type { ExitStatus } from "./main.ts";
import type { Cost } from "./measure.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

export interface DtlsBench {
	readonly handshakes: readonly HandshakeOnAir[];
	readonly overheads: readonly RecordOverhead[];
	readonly clients: readonly ClientWork[];
	/** The reference device over DTLS with a pre-shared key: whole datagrams. */
	readonly operations: Readonly<Record<string, Cost>>;
}

/** Of the project, in datagrams without headers: PSK, CCM_8, with extended master secret and Connection ID. */
const budget = { name: "PSK, CID", bytes: 520, datagrams: 6 };
const updateBudget = 85;

/** `dormouse bench --dtls`: what DTLS costs on the air, in RAM and on the processor. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const bench: DtlsBench = {
		handshakes: handshakesOnAir(),
		overheads: recordOverheads(),
		clients: await clientWork(device.engine),
		operations: await deviceCosts(device),
	};
	if (json) output.out(JSON.stringify(bench));
	else for (const line of lines(bench)) output.out(line);
	return 0;
}

/** For people. */
export function lines({ handshakes, overheads, clients, operations }: DtlsBench): string[] {
	return [
		...airLines(handshakes),
		"",
		"What a record adds to 10 bytes of plaintext, and with a Connection ID of 6",
		...overheads.map(({ suite, bytes, withCid }) => row([suite, bytes, withCid])),
		"",
		...workLines(clients),
		"",
		...ramLines(clients),
		"",
		...operationLines(operations),
	];
}

function row(cells: readonly (string | number)[], width = 11): string {
	const [name, ...numbers] = cells.map((cell) => (typeof cell === "number" ? grouped(cell) : cell));
	return `  ${name!.padEnd(42)}${numbers.map((cell) => cell.padStart(width)).join("")}`;
}

function airLines(handshakes: readonly HandshakeOnAir[]): string[] {
	const budgeted = handshakes.find(({ name }) => name === budget.name)!;
	return [
		`Handshakes, bytes without UDP and IP: extended master secret, CCM_8, a cookie of 16 bytes, CIDs of ${cidBytes}`,
		row(["", "client", "server", "together", "datagrams"]),
		...handshakes.map(({ name, bytes, datagrams }) => {
			const ofClient = datagrams.reduce((sum, { bytes, from }) => sum + (from === "client" ? bytes : 0), 0);
			return row([name, ofClient, bytes - ofClient, bytes, datagrams.length]);
		}),
		`  The budget for "${budget.name}" is ${budget.bytes} bytes in ${budget.datagrams} datagrams:`,
		...budgeted.datagrams.map(
			({ bytes, from, holds }) => `    ${from} ${String(bytes).padStart(4)}  ${holds.join(", ")}`,
		),
	];
}

function workLines(clients: readonly ClientWork[]): string[] {
	return [
		"Work of a client on XS, computrons: the handshake; records of 64 bytes",
		row(["", "handshake", "send", "receive", "forged"]),
		...clients.map(({ crypto, forged, handshake, name, receive, send }) =>
			row([`${name}, ${crypto}`, handshake, send, receive, forged]),
		),
	];
}

function ramLines(clients: readonly ClientWork[]): string[] {
	const heap = ({ bytes, slots }: { bytes: number; slots: number }) => `${grouped(bytes)} (${slots})`;
	return [
		"RAM of a client on XS, bytes of slots and chunks (slots), beyond what is there without it",
		row(["", "idle", "shaking", "established", "high-water", "stack slots", "state"], 14),
		...clients.map(({ crypto, established, highWaterBytes, idle, name, shaking, stackSlots, stateBytes }) =>
			row(
				[`${name}, ${crypto}`, heap(idle), heap(shaking), heap(established), highWaterBytes, stackSlots, stateBytes],
				14,
			),
		),
	];
}

function operationLines(operations: DtlsBench["operations"]): string[] {
	return [
		"LwM2M on esp32 over DTLS, a pre-shared key, CCM_8, a Connection ID of 6: datagrams without UDP and IP",
		row(["", "sent", "received", "together", "datagrams", "computrons"]),
		...Object.entries(operations).map(([name, { computrons, datagrams, receivedBytes, sentBytes }]) =>
			row([name, sentBytes, receivedBytes, sentBytes + receivedBytes, datagrams, computrons]),
		),
		`  The budget for an Update and its reply is ${updateBudget} bytes.`,
	];
}
