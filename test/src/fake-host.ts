import type {
	Address,
	Datagrams,
	DatagramsOptions,
	Factory,
	Host,
	LogRecord,
	ResetCause,
	SleepDepth,
} from "../../modules/host.ts";
import { HostFailure } from "../../modules/host.ts";
import { seeded } from "../harness.ts";

/** What a test may set and see of a host made of nothing. */
export interface FakeHost {
	readonly host: Host;
	readonly records: LogRecord[];
	/** Datagrams written by the device, in order. */
	readonly written: { readonly bytes: Uint8Array; readonly to: Address }[];
	/** How often the clock was read. */
	clockReads: number;
	nowMs: number;
	celsius: number;
	restarts: number;
	isOff: boolean;
	/** Makes every write of a datagram fail. */
	failsToWrite: boolean;
	/** Makes opening the socket fail. */
	failsToOpen: boolean;
	/** Rings the alarm if its time has come by then. */
	advance(toMs: number): void;
	/** What sleep() was asked for, where the host has it: "light 5000", "deep" for no time. */
	readonly slept: string[];
	/** Hands a datagram to the device. */
	deliver(bytes: Uint8Array, from: Address): void;
	shutDown(): void;
	alarmMs(): number | undefined;
}

export interface FakeHostOptions extends Pick<Host, "flash" | "keyValue" | "factoryFlash" | "smartCard"> {
	readonly factory?: Factory;
	readonly hasSensor?: boolean;
	/** Depths that the host's power knows; none when left out. */
	readonly depths?: readonly SleepDepth[];
}

export function fakeHost({ factory = {}, hasSensor = true, depths, ...ports }: FakeHostOptions = {}): FakeHost {
	const chance = seeded(7);
	const waiting: { bytes: Uint8Array; from: Address }[] = [];
	let alarm: { atMs: number; ring: () => void } | undefined;
	let readable: DatagramsOptions["onReadable"] | undefined;
	let shutDown = () => {};
	const datagrams: Datagrams = {
		read(into, from) {
			const next = waiting.shift();
			if (next === undefined) return -1;
			into.set(next.bytes);
			Object.assign(from, next.from);
			return next.bytes.length;
		},
		write(bytes, to) {
			if (it.failsToWrite) throw new HostFailure("no route");
			it.written.push({ bytes: bytes.slice(), to: { ...to } });
		},
		close() {},
	};
	const host: Host = {
		clock: {
			nowMs: () => {
				it.clockReads++;
				return it.nowMs;
			},
			wallTimeS: () => undefined,
			setWallTimeS() {},
			setAlarm: (atMs, ring) => {
				alarm = atMs === undefined ? undefined : { atMs, ring };
			},
		},
		dice: { below: (bound) => chance(bound) },
		entropy: {
			fill(bytes) {
				for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
			},
		},
		openDatagrams(opening) {
			if (it.failsToOpen) throw new HostFailure("no socket");
			readable = opening.onReadable;
			return datagrams;
		},
		// As a real one: it answers later.
		resolver: { resolve: (_, onResolved) => void resolving.push(() => onResolved(["192.0.2.1"])) },
		power: {
			resetCause: "powerOn" as ResetCause,
			restart: () => void it.restarts++,
			onShutdown: (run) => {
				shutDown = run;
			},
			off: () => {
				it.isOff = true;
			},
			...(depths === undefined
				? {}
				: {
						depths,
						sleep: (untilMs: number | undefined, depth: SleepDepth) =>
							void it.slept.push(untilMs === undefined ? depth : `${depth} ${untilMs - it.nowMs}`),
					}),
		},
		log: { write: (record) => void it.records.push(record) },
		factory,
		...ports,
		platform: "test",
		...(!hasSensor ? {} : { temperature: () => it.celsius }),
	};
	const resolving: (() => void)[] = [];
	const it: FakeHost = {
		host,
		records: [],
		written: [],
		slept: [],
		clockReads: 0,
		nowMs: 0,
		celsius: 20,
		restarts: 0,
		isOff: false,
		failsToWrite: false,
		failsToOpen: false,
		advance(toMs) {
			for (const answer of resolving.splice(0)) answer();
			while (alarm !== undefined && alarm.atMs <= toMs) {
				it.nowMs = Math.max(it.nowMs, alarm.atMs);
				const { ring } = alarm;
				alarm = undefined;
				ring();
			}
			it.nowMs = toMs;
		},
		deliver(bytes, from) {
			waiting.push({ bytes, from });
			readable?.(waiting.length);
		},
		shutDown: () => shutDown(),
		alarmMs: () => alarm?.atMs,
	};
	return it;
}
