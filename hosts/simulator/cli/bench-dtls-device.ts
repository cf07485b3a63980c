import type { LoadedDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { type Cost, endpoint, MeasuredBoard, preSharedKey } from "./measure.ts";

/**
 * What LwM2M costs over DTLS on esp32, with a pre-shared key and a Connection ID of the server's: whole datagrams of
 * UDP. Deterministic: the same on every machine.
 */
export async function deviceCosts(device: LoadedDevice): Promise<Record<string, Cost>> {
	const measured = await MeasuredBoard.prepare(device, presets.esp32, preSharedKey);
	const costs: Record<string, Cost> = {};
	const until = async (name: string, event: string, begin: () => void) => {
		costs[name] = await measured.during(() => {
			const heard = measured.event(event);
			begin();
			return heard;
		});
	};
	await until("boot, handshake and Register", "registered", () => measured.board.powerOn());
	costs["read a resource, TEXT"] = await measured.operation((operations) =>
		operations.read(endpoint, "/3303/0/5700", { format: "TEXT" }),
	);
	const beforeMs = measured.nowMs;
	await measured.during(() => measured.event("updated"));
	await measured.pass(Math.max(measured.nowMs - beforeMs, 3000) - 2000);
	await until("Update", "updated", () => {});
	await measured.operation((operations) => operations.writeAttributes(endpoint, "/3303/0/5700", { pmin: 1, pmax: 1 }));
	costs.observe = await measured.operation((operations) =>
		operations.observe(endpoint, "/3303/0/5700", { format: "TEXT" }),
	);
	await until("notify", "notified", () => {});
	await measured.operation((operations) => operations.writeAttributes(endpoint, "/3303/0/5700", { pmax: 3600 }));
	await until("De-register and close_notify", "deregistered", () => measured.board.shutDown());
	measured.close();
	return costs;
}
