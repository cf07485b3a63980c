import { buildFirmware } from "../../cortex-m/tools/firmware.ts";
import { endGuests, type GuestFigures, GuestMachine } from "../../cortex-m/tools/guest.ts";
import { buildDeviceImage } from "../../cortex-m/tools/image.ts";
import type { Toolchain } from "../../cortex-m/tools/toolchain.ts";
import type { LoadedDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { anyImage, type BootImages } from "../board/slots.ts";
import { headerBytes, readHeader } from "../image/image.ts";
import type { Device } from "../world.ts";
import { type Cost, endpoint, MeasuredBoard, preSharedKey } from "./measure.ts";

/** What the reference device costs on the chip: instructions, cryptography among them, and the most of each RAM. */
export interface DeviceFigures {
	readonly security: "none" | "psk";
	readonly instructions: Readonly<Record<string, number>>;
	readonly ram: {
		readonly slotBytes: number;
		readonly chunkBytes: number;
		readonly stackBytes: number;
		readonly cHeapBytes: number;
		readonly cStackBytes: number;
	};
}

const blockBytes = 1024;
/** Of the package that is pushed. */
const blocks = 64;

/**
 * One life of the reference device with the embedded server, in virtual time and with counted instructions: the same
 * in every run.
 */
export async function measureDevice(toolchain: Toolchain, security: "none" | "psk"): Promise<DeviceFigures> {
	const firmware = await buildFirmware(toolchain, "measured");
	const image = await buildDeviceImage();
	const device: Device<GuestMachine> = {
		image,
		bootImages,
		makeMachine: (slot, { memory }, ports) =>
			new GuestMachine({ firmware, isCounted: true }, slot.read(), memory, ports),
	};
	// MeasuredBoard asks its machine for figures alone.
	const loaded = device as unknown as LoadedDevice;
	const measured = await MeasuredBoard.prepare(loaded, presets.esp32, security === "psk" ? preSharedKey : undefined);
	try {
		const instructions = await instructionsOf(measured, image.bytes.subarray(0, blocks * blockBytes));
		const { slots, chunks, stack, cHeap, slotBytes, cStackBytes } = measured.machine.figures() as GuestFigures;
		return {
			security,
			instructions,
			ram: {
				slotBytes: slots.peak * slotBytes,
				chunkBytes: chunks.peak,
				stackBytes: stack.peak * slotBytes,
				cHeapBytes: cHeap.peak,
				cStackBytes,
			},
		};
	} finally {
		measured.close();
		endGuests();
	}
}

/** As far as this board's boot loader is asked: it starts what lies in slot a, and knows a header when it sees one. */
const bootImages: BootImages = {
	...anyImage,
	header: (slot) => {
		const header = readHeader(slot.read(headerBytes));
		return "code" in header ? undefined : { ...header, sizeBytes: header.totalSize };
	},
};

/** @param update the beginning of an image; that it is no more is found out afterwards */
async function instructionsOf(measured: MeasuredBoard, update: Uint8Array): Promise<Record<string, number>> {
	const costs: Record<string, number> = {};
	const note = (name: string, { computrons }: Cost, count = 1) => {
		costs[name] = Math.round(computrons / count);
	};
	const until = async (name: string, event: string, begin: () => void) => {
		const heard = measured.event(event);
		note(
			name,
			await measured.during(() => {
				begin();
				return heard;
			}),
		);
	};
	await until("register", "registered", () => measured.board.powerOn());
	const text = { format: "TEXT" } as const;
	const ask = async (name: string, work: Parameters<MeasuredBoard["operation"]>[0]) => {
		note(name, await measured.operation(work));
	};
	await ask("read", (operations) => operations.read(endpoint, "/3303/0/5700", text));
	const beforeMs = measured.nowMs;
	await measured.during(() => measured.event("updated"));
	await measured.pass(Math.max(measured.nowMs - beforeMs, 3000) - 2000);
	await until("update", "updated", () => {});
	const period = { pmin: 1, pmax: 1 };
	await ask("writeAttributes", (operations) => operations.writeAttributes(endpoint, "/3303/0/5700", period));
	await ask("observe", (operations) => operations.observe(endpoint, "/3303/0/5700", text));
	await until("notify", "notified", () => {});
	await measured.operation((operations) => operations.writeAttributes(endpoint, "/3303/0/5700", { pmax: 3600 }));
	const node = { kind: "singleResource", id: 0, type: "opaque", value: update } as const;
	const push = () => measured.operations.write(endpoint, "/5/0/0", node, { format: "OPAQUE" });
	note("firmwareBlock", await measured.during(push), blocks);
	return costs;
}
