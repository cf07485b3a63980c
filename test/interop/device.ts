import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type Ending } from "./child.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
/** The first start on a machine builds the engine out of its sources. */
const startTimeoutMs = 240_000;

export interface DeviceOptions {
	/** As in "coap://127.0.0.1:5683"; none where the flags say who will name one. */
	readonly serverUri?: string;
	readonly endpoint: string;
	readonly lifetimeS?: number;
	readonly board?: string;
	/** The product on the simulator ("reference", when left out) or on QEMU; or the image of test/conformance. */
	readonly image?: ImageName;
	/** More of them: keys. */
	readonly flags?: readonly string[];
}

export type ImageName =
	| "reference"
	| "conformance"
	| "conformance-1.0"
	| "conformance-1.2"
	| "cortex-m"
	| "cortex-m-sdk";

/** DORMOUSE_MACHINE: as test/conformance/machine.ts has it. */
const runner = process.env.DORMOUSE_MACHINE === "cortex-m" ? "run-qemu.js" : "run.js";
const conformance = join(root, "build/js/test/conformance/device", runner);

/** What runs each image, on the simulator but for the last two, in the same words and with the same lines of output. */
const programs: Readonly<Record<ImageName, readonly string[]>> = {
	reference: [join(root, "bin/dormouse.mjs"), "sim"],
	conformance: [conformance],
	"conformance-1.0": [conformance, "--enabler", "1.0"],
	"conformance-1.2": [conformance, "--enabler", "1.2"],
	"cortex-m": [join(root, "bin/dormouse.mjs"), "qemu"],
	"cortex-m-sdk": [join(root, "bin/dormouse.mjs"), "qemu", "--sdk"],
};

/** One line of `dormouse sim --json`. */
export interface DeviceEvent {
	/** Milliseconds since the board's power-on. */
	readonly t: number;
	readonly event: string;
	readonly [field: string]: unknown;
}

export type Fields = Readonly<Record<string, unknown>>;

interface Waiter {
	readonly wants: (event: DeviceEvent) => boolean;
	readonly resolve: (event: DeviceEvent) => void;
	readonly reject: (why: Error) => void;
}

/** The device image on the XS simulator, talking real UDP, run as a person runs it: by the command line. */
export class Device {
	readonly endpoint: string;
	readonly events: DeviceEvent[] = [];
	readonly #child: Child;
	readonly #waiters = new Set<Waiter>();

	/** Settles when the device says that it is registered. @throws Error with what it said instead */
	static async register(options: DeviceOptions): Promise<Device> {
		const device = new Device(options);
		try {
			await device.wait("registered", {}, { timeoutMs: startTimeoutMs });
			return device;
		} catch (error) {
			await device.kill();
			throw error;
		}
	}

	constructor({ serverUri, endpoint, lifetimeS, board, image = "reference", flags: more = [] }: DeviceOptions) {
		this.endpoint = endpoint;
		const flags = ["--endpoint", endpoint, "--json", ...more];
		if (serverUri !== undefined) flags.push("--server", serverUri);
		if (lifetimeS !== undefined) flags.push("--lifetime", String(lifetimeS));
		if (board !== undefined) flags.push("--board", board);
		this.#child = new Child({
			command: process.execPath,
			arguments: [...programs[image], ...flags],
		});
		this.#child.watch((line) => this.#take(line));
		this.#child.ended.then(
			({ status, signal }) => this.#giveUp(`the device ended, ${signal ?? `status ${status}`}`),
			(error: Error) => this.#giveUp(error.message),
		);
	}

	/** How many events there are so far: where a later wait() may begin to look. */
	get mark(): number {
		return this.events.length;
	}

	/**
	 * The first event of that name, at `from` or later, whose fields are those of `where`.
	 * @throws Error after `timeoutMs`, or when the device ends before, with what it said
	 */
	async wait(
		name: string,
		where: Fields = {},
		{ from = 0, timeoutMs = 10_000 }: { readonly from?: number; readonly timeoutMs?: number } = {},
	): Promise<DeviceEvent> {
		const wants = (event: DeviceEvent) => event.event === name && matches(event, where);
		const known = this.events.slice(from).find(wants);
		if (known !== undefined) return known;
		return new Promise((resolve, reject) => {
			const done = () => {
				clearTimeout(timer);
				this.#waiters.delete(waiter);
			};
			const waiter: Waiter = {
				wants,
				resolve: (event) => {
					done();
					resolve(event);
				},
				reject: (why) => {
					done();
					reject(why);
				},
			};
			const what = `${name} ${JSON.stringify(where)}`;
			const timer = setTimeout(
				() => waiter.reject(new Error(`${this.endpoint} said no ${what} in ${timeoutMs} ms:\n${this.log()}`)),
				timeoutMs,
			);
			this.#waiters.add(waiter);
		});
	}

	/** Events of that name and those fields, at `from` or later, so far. */
	all(name: string, where: Fields = {}, from = 0): DeviceEvent[] {
		return this.events.slice(from).filter((event) => event.event === name && matches(event, where));
	}

	/** Ctrl-C: the device de-registers and ends. */
	interrupt(): Promise<Ending> {
		return this.#child.stop("SIGINT");
	}

	/** As a power cut: nothing is said to anybody. */
	kill(): Promise<Ending> {
		return this.#child.stop("SIGKILL");
	}

	log(): string {
		return this.#child.log();
	}

	#take(line: string): void {
		let event: DeviceEvent;
		try {
			event = JSON.parse(line) as DeviceEvent;
		} catch {
			this.#giveUp(`with --json, standard output holds a line that is none: ${line}`);
			return;
		}
		this.events.push(event);
		for (const waiter of this.#waiters) if (waiter.wants(event)) waiter.resolve(event);
	}

	#giveUp(why: string): void {
		for (const waiter of this.#waiters) waiter.reject(new Error(`${why}:\n${this.log()}`));
	}
}

function matches(event: DeviceEvent, where: Fields): boolean {
	return Object.entries(where).every(([name, value]) => event[name] === value);
}
