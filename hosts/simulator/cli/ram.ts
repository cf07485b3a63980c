import { isSuccess } from "../../../modules/coap/code.ts";
import type { BoardPreset } from "../board/presets.ts";
import type { Figures } from "../engine/figures.ts";
import { endpoint, type MeasuredBoard } from "./measure.ts";

/** RAM that is alive after a collection, and the most there ever was until then. Bytes, but for slots and keys. */
export interface RamFigures {
	readonly slots: number;
	readonly slotBytes: number;
	readonly chunkBytes: number;
	/** The whole stack: it is taken once, at boot. */
	readonly stackBytes: number;
	readonly stackPeakBytes: number;
	readonly cHeapBytes: number;
	readonly keys: number;
	readonly liveBytes: number;
	readonly highWaterBytes: number;
}

export interface BoardSizes {
	readonly board: string;
	/** Over DTLS with a pre-shared key, or over plain UDP. */
	readonly security: "psk" | "none";
	readonly ramBytes: number;
	readonly booted: RamFigures;
	readonly registered: RamFigures;
	readonly with10Observations: RamFigures;
}

/** What the server of the measurement observes: whatever an ordinary server would look at first. */
const observed = [
	"/3303/0/5700",
	"/3303/0/5601",
	"/3303/0/5602",
	"/3303/0/5701",
	"/3303/0/5750",
	"/3303/0",
	"/3/0/0",
	"/3/0/3",
	"/3/0/13",
	"/1/0/1",
] as const;

/** Boots it, registers it, and observes ten of its resources. */
export async function boardSizes(measured: MeasuredBoard, preset: BoardPreset): Promise<Omit<BoardSizes, "security">> {
	const registering = measured.event("registered");
	measured.board.powerOn();
	const booted = ram(measured);
	await measured.during(() => registering);
	const registered = ram(measured);
	await measured.during(async () => {
		for (const path of observed) {
			const { code, message } = await measured.operations.observe(endpoint, path);
			if (!isSuccess(code)) throw new Error(`the board does not let ${path} be observed: ${code} ${message ?? ""}`);
		}
	});
	const with10Observations = ram(measured);
	const { arenaBytes, cHeapBytes } = preset.memory;
	return { board: preset.name, ramBytes: arenaBytes + cHeapBytes, booted, registered, with10Observations };
}

function ram({ machine }: MeasuredBoard): RamFigures {
	const highWaterBytes = machine.figures().ramBytes.peak;
	machine.collect();
	const { slotBytes, slots, chunks, stack, cHeap, keys, ramBytes }: Figures = machine.figures();
	return {
		slots: slots.used,
		slotBytes: slots.used * slotBytes,
		chunkBytes: chunks.used,
		stackBytes: stack.limit * slotBytes,
		stackPeakBytes: stack.peak * slotBytes,
		cHeapBytes: cHeap.used,
		keys: keys.used,
		liveBytes: ramBytes.used,
		highWaterBytes,
	};
}
