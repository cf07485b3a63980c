import { loadEngine } from "../engine/engine.ts";
import { type RegistrationBytes, registrationBytes } from "./bench-lwm2m-registration.ts";
import { anjayDeviceBytes, type HeapWork, Lwm2mWork, type RequestWork } from "./bench-lwm2m-work.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

export interface Lwm2mBench {
	/** Of the Device object with the 20 Resources of Anjay's demo, by format: ours and Anjay's. Payload bytes. */
	readonly deviceObjectBytes: Readonly<Record<string, { readonly here: number; readonly anjay?: number }>>;
	/** CoAP messages, whole. */
	readonly registrationBytes: readonly RegistrationBytes[];
	readonly requests: readonly RequestWork[];
	readonly heap: readonly HeapWork[];
}

/** `dormouse bench --lwm2m`: what requests, instances and observations cost a client on XS. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const bench = await lwm2mBench(await loadEngine(buildProgress(output)));
	if (json) output.out(JSON.stringify(bench));
	else for (const line of lines(bench)) output.out(line);
	return 0;
}

export async function lwm2mBench(engine: Awaited<ReturnType<typeof loadEngine>>): Promise<Lwm2mBench> {
	const { requests, heap } = await Lwm2mWork.measure(engine);
	const head = "Read of the Device object: ";
	const bytes = requests
		.filter(({ name }) => name.startsWith(head))
		.map(({ name, payloadBytes }) => {
			const format = name.slice(head.length);
			const anjay = anjayDeviceBytes[format];
			return [format, { here: payloadBytes, ...(anjay === undefined ? {} : { anjay }) }] as const;
		});
	const registration = registrationBytes();
	return { deviceObjectBytes: Object.fromEntries(bytes), registrationBytes: registration, requests, heap };
}

/** For people. */
export function lines({ deviceObjectBytes, registrationBytes, requests, heap }: Lwm2mBench): string[] {
	const cells = (name: string, ...numbers: readonly (string | number)[]) =>
		`  ${name.padEnd(48)}${numbers.map((one) => String(one).padStart(12)).join("")}`;
	return [
		"The Device object with 20 resources, bytes of payload",
		cells("", "here", "Anjay"),
		...Object.entries(deviceObjectBytes).map(([format, { here, anjay }]) => cells(format, here, anjay ?? "")),
		"",
		"Registering, bytes of CoAP",
		cells("", "here", "Anjay"),
		...registrationBytes.map(({ name, here, anjay }) => cells(name, here, anjay ?? "")),
		"",
		"Requests to a client on XS: computrons of the turn that answers, bytes of the answer's payload",
		cells("", "computrons", "bytes"),
		...requests.map(({ name, computrons, payloadBytes }) => cells(name, grouped(computrons), payloadBytes)),
		"",
		"Heap on XS, after a collection, each: slots of 16 bytes, chunks",
		cells("", "slots", "chunk bytes", "bytes"),
		...heap.map(({ name, slots, chunkBytes, bytes }) => cells(name, slots, chunkBytes, bytes)),
	];
}
