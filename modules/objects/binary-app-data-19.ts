import { frozen } from "../frozen.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { BINARY_APP_DATA_CONTAINER } from "./facts/binary-app-data-container-19.ts";

/** Data Priority (Resource 1). */
const latestPriority = 2;

/** What becomes of a server's data. */
export interface AppDataPort {
	/** A server has written the data, all of it at once. */
	received(container: BinaryAppData): void;
}

type Data = ReadonlyMap<number, Uint8Array>;

const hooks = frozen({
	check: {
		data(data: Data, it: BinaryAppData) {
			if (sizeOf(data) > it.maxBytes) throw new RequestRefused(0x8d, "more than fits");
		},
		dataPriority(priority: number) {
			if (priority > latestPriority && priority < 101) throw new RequestRefused(0x80, "reserved priority");
		},
	},
	written: { data: (_: Data, it: BinaryAppData) => it.port.received(it) },
});

function sizeOf(data: Data): number {
	let size = 0;
	for (const bytes of data.values()) size += bytes.length;
	return size;
}

/** Data of an application, opaque to LwM2M, in either direction. */
export class BinaryAppData extends ObjectInstance<typeof BINARY_APP_DATA_CONTAINER, BinaryAppData> {
	readonly port: AppDataPort;
	readonly maxBytes: number;

	constructor(id: number, port: AppDataPort, maxBytes: number) {
		const values = {
			data: [],
			dataPriority: undefined,
			dataCreationTime: undefined,
			dataDescription: undefined,
			dataFormat: undefined,
			appId: undefined,
		};
		super(BINARY_APP_DATA_CONTAINER, { id, values }, hooks);
		this.port = port;
		this.maxBytes = maxBytes;
	}

	/**
	 * Offers data of the device's own, in place of what was there.
	 * @returns false when it is more than fits, and then nothing has changed
	 */
	offer(pieces: readonly Uint8Array[], timeS?: number): boolean {
		const data = new Map(pieces.map((bytes, id): [number, Uint8Array] => [id, bytes]));
		if (sizeOf(data) > this.maxBytes) return false;
		this.set("data", data);
		this.hold("dataCreationTime", timeS);
		return true;
	}
}

/** How many bytes one container holds when nobody says otherwise. */
const defaultMaxBytes = 1024;

/** One BinaryAppDataContainer (Object 19). @param options.maxBytes of its data together; 4.13 for more */
export function binaryAppData(
	port: AppDataPort,
	options: { readonly id?: number; readonly maxBytes?: number } = {},
): BinaryAppData {
	return new BinaryAppData(options.id ?? 0, port, options.maxBytes ?? defaultMaxBytes);
}

/** For `client.addObject(BINARY_APP_DATA_CONTAINER, …)`: servers make up to `limit` containers, and delete them. */
export function binaryAppDataContainers(port: AppDataPort, limit: number, maxBytes = defaultMaxBytes): ObjectOptions {
	return {
		create(id) {
			if (id >= limit) throw new RequestRefused(0x85, "no room for this container");
			return new BinaryAppData(id, port, maxBytes);
		},
		remove() {},
	};
}
