import { loadDevice } from "../board/loader.ts";
import { energyProfiles, radioOf } from "../energy/profiles.ts";
import { hearsMs, observedPaths, sampleEveryS, type WakeCost } from "./bench-sleep-board.ts";
import { type SleepyBoardName, sleepyBoards, type WakeKind, wakeCosts, wakeKinds } from "./bench-sleep-wakes.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

/** Of a peer's own documents; not measured here. */
interface Cited {
	readonly what: string;
	readonly handshakeBytes: number;
	readonly handshakeDatagrams: number;
	readonly lwm2mBytes: number;
	readonly lwm2mDatagrams: number;
}

export interface SleepBench {
	/** Deterministic: the same on every machine. */
	readonly boards: Readonly<Record<SleepyBoardName, Readonly<Record<WakeKind, WakeCost>>>>;
	readonly cited: readonly Cited[];
}

/**
 * AVSystem, documentation of Anjay, "Core Persistence" (a commercial feature, CF-CorePersistence): a pre-shared key, 5
 * observed resources, another server. It does not say which headers its bytes have in them.
 */
const cited: readonly Cited[] = [
	{
		what: "Anjay, first connect",
		handshakeBytes: 1058,
		handshakeDatagrams: 6,
		lwm2mBytes: 4104,
		lwm2mDatagrams: 36,
	},
	{
		what: "Anjay, Core Persistence, reconnect",
		handshakeBytes: 639,
		handshakeDatagrams: 3,
		lwm2mBytes: 0,
		lwm2mDatagrams: 0,
	},
];

const titles: Readonly<Record<WakeKind, string>> = {
	firstConnect: "first connect, 5 observations",
	notification: "wake with one notification",
	notificationOutOfLightSleep: "… out of light sleep",
	updateAndNotification: "… with an Update beside it",
	watchdog: "after the watchdog's reset",
	powerLossWithClock: "after power loss, a clock",
	powerLossWithoutClock: "after power loss, no clock",
	resumption: "session lost: resumption",
	naive: "a client that keeps nothing",
};

/** `dormouse bench --sleep`: what a wake costs on the air and of charge. Seconds. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const boards = {} as Record<SleepyBoardName, Record<WakeKind, WakeCost>>;
	for (const name of sleepyBoards) boards[name] = await wakeCosts(device, name);
	const bench: SleepBench = { boards, cited };
	if (json) output.out(JSON.stringify(bench));
	else for (const line of lines(bench)) output.out(line);
	return 0;
}

/** For people. */
export function lines({ boards, cited }: SleepBench): string[] {
	const { esp32, nrf9160, nrf52840 } = boards;
	const measured = wakeKinds.map((kind) => {
		const charges = [esp32, nrf9160, nrf52840].map((wakes) => millicoulombs(wakes[kind].chargeMc));
		return row([titles[kind], ...airCells(esp32[kind]), ...charges]);
	});
	const windows = [esp32, nrf9160, nrf52840].map((wakes) => millicoulombs(wakes.notification.windowMc));
	return [
		"What a wake costs, from sleep to sleep: DTLS 1.2, pre-shared key, CCM_8, Connection ID of 6",
		`  ${observedPaths.length} resources observed (${observedPaths.join(" ")}), one measured every ${sampleEveryS} s`,
		`  the server is heard for ${hearsMs / 1000} s after the last message; bytes are those of esp32`,
		row(["", "out", "in", "datagrams", "handshake", "with IPv4", "esp32", "nrf9160", "nrf52840"]),
		row(["", "bytes", "bytes", "", "bytes", "bytes", "Wi-Fi, mC", "LTE-M, mC", "Thread, mC"]),
		...measured,
		row(["  of one notification: waiting, tail", ...noAir, ...windows]),
		...(["deep", "light"] as const).map((depth) =>
			row([
				`  not in it: ${sampleEveryS / 60} min of ${depth} sleep`,
				...noAir,
				...sleepyBoards.map(sleepCharge(depth)),
			]),
		),
		...differing("nrf9160", nrf9160, esp32),
		...differing("nrf52840", nrf52840, esp32),
		"",
		"Cited, not measured: Anjay's documentation, Core Persistence; another server, headers not said",
		...cited.map(({ what, handshakeBytes, handshakeDatagrams, lwm2mBytes, lwm2mDatagrams }) => {
			const handshake = `${grouped(handshakeBytes)} bytes in ${handshakeDatagrams} packets of handshake`;
			return `  ${what.padEnd(36)}${handshake}, ${grouped(lwm2mBytes)} in ${lwm2mDatagrams} of LwM2M`;
		}),
	];
}

/** Where another board says something else than the first: it has other Objects, or its state lies elsewhere. */
function differing(
	name: SleepyBoardName,
	wakes: Readonly<Record<WakeKind, WakeCost>>,
	first: Readonly<Record<WakeKind, WakeCost>>,
): string[] {
	return wakeKinds
		.filter((kind) => airCells(wakes[kind]).join() !== airCells(first[kind]).join())
		.map((kind) => row([`  ${name}: ${titles[kind]}`, ...airCells(wakes[kind])]));
}

function airCells({ sentBytes, receivedBytes, datagrams, handshakeBytes, bytesWithHeaders }: WakeCost): string[] {
	return [sentBytes, receivedBytes, datagrams, handshakeBytes, bytesWithHeaders].map(grouped);
}

/** Of the sleep between two measurements, by the profiles; in light sleep with a radio that stays in its network. */
function sleepCharge(depth: "deep" | "light"): (name: SleepyBoardName) => string {
	return (name) => {
		const { deepMa, lightMa } = energyProfiles[name].processor;
		return millicoulombs((depth === "deep" ? deepMa : lightMa + radioOf(name)!.restMa) * sampleEveryS);
	};
}

const noAir: readonly string[] = ["", "", "", "", ""];
const millicoulombs = (mc: number) => mc.toFixed(mc < 100 ? 1 : 0);

function row([title = "", ...cells]: readonly string[]): string {
	return `  ${title.padEnd(42)}${cells.map((cell) => cell.padStart(11)).join("")}`.trimEnd();
}
