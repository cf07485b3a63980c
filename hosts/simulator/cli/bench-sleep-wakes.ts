import type { Board } from "../board/board.ts";
import type { LoadedDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { SleepyBoard, type SleepyBoardOptions, type WakeCost } from "./bench-sleep-board.ts";

/** The boards whose charge is compared, with the radio that each usually has. */
export const sleepyBoards = ["esp32", "nrf9160", "nrf52840"] as const;

export type SleepyBoardName = (typeof sleepyBoards)[number];

/** Names of what is measured, in the table's order. They are public. */
export const wakeKinds = [
	"firstConnect",
	"notification",
	"notificationOutOfLightSleep",
	"updateAndNotification",
	"watchdog",
	"powerLossWithClock",
	"powerLossWithoutClock",
	"resumption",
	"naive",
] as const;

export type WakeKind = (typeof wakeKinds)[number];

/** Before a wake is measured: settings are tidied up by then. */
const settleMs = 3 * 3_600_000;

/** All kinds of wake of one board. Deterministic. */
export async function wakeCosts(device: LoadedDevice, name: SleepyBoardName): Promise<Record<WakeKind, WakeCost>> {
	const settled = async <T>(work: (board: SleepyBoard) => Promise<T>, options: SleepyBoardOptions = {}) => {
		const board = await SleepyBoard.prepare(device, presets[name], options);
		try {
			await board.connect();
			await board.settle(settleMs);
			return await work(board);
		} finally {
			board.close();
		}
	};
	const hasNotified = ({ notifications, updates }: WakeCost) => notifications === 1 && updates === 0;
	const losePower = (board: Board) => {
		board.cutPower();
		board.powerOn();
	};
	const first = await SleepyBoard.prepare(device, presets[name]);
	const firstConnect = await first.connect();
	first.close();
	return {
		firstConnect,
		notification: await settled((board) => board.wakeWith(hasNotified)),
		notificationOutOfLightSleep: await settled((board) => board.wakeWith(hasNotified), { depth: "light" }),
		updateAndNotification: await settled((board) => board.wakeWith(({ updates }) => updates > 0)),
		watchdog: await settled((board) => board.wakeBy((it) => it.reset("watchdog"))),
		powerLossWithClock: await settled((board) => board.wakeBy(losePower)),
		powerLossWithoutClock: await settled((board) => board.wakeBy(losePower), { rtc: "unset" }),
		resumption: await settled((board) => {
			board.forgetSessions();
			return board.wakeBy();
		}),
		naive: await settled(async (board) => {
			board.forgetEverything();
			return withoutFlash(await board.wakeBy());
		}),
	};
}

/** A client that keeps nothing writes nothing, either: what the reference device begins anew in flash is left out. */
function withoutFlash({ chargeMc, flashMc, ...cost }: WakeCost): WakeCost {
	return { ...cost, chargeMc: chargeMc - flashMc, flashMc: 0 };
}
