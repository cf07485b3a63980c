/** What the engine's C shim asks of the board around it. Called synchronously from inside the running device. */
export interface BoardPorts {
	nowMs(): number;
	/** Seconds since 1970, or undefined while nobody has set the clock. */
	wallTimeS(): number | undefined;
	setWallTimeS(seconds: number): void;
	/** One pending alarm; undefined clears it. Answered later by the event { kind: "alarm" }. */
	setAlarm(atMs: number | undefined): void;
	/** @returns an integer, 0 <= n < bound */
	dice(bound: number): number;
	fillEntropy(bytes: Uint8Array): void;
	/** One LogRecord as JSON. */
	log(json: string): void;
	/** Console text, for people. */
	print(text: string): void;
	/** @returns a socket number, or -1 when no more sockets or the port is taken; port 0 lets the board choose */
	udpOpen(port: number): number;
	/** @returns undefined when nothing waits. `bytes` is the board's own; it is copied before the next call */
	udpRead(socket: number): { readonly bytes: Uint8Array; readonly host: string; readonly port: number } | undefined;
	/** @returns false when the network refuses it (no route, too large) */
	udpWrite(socket: number, bytes: Uint8Array, host: string, port: number): boolean;
	udpClose(socket: number): void;
	/** Answered later by the event { kind: "resolved" }. */
	resolve(name: string): void;
	/** The partition for settings: offsets count from its beginning. Each returns an error for people, or undefined. */
	readonly flashSizeBytes: number;
	readonly flashSectorBytes: number;
	readonly flashWriteBytes: number;
	flashRead(offset: number, into: Uint8Array): string | undefined;
	flashWrite(offset: number, bytes: Uint8Array): string | undefined;
	flashErase(offset: number, size: number): string | undefined;
	/** After the current turn. */
	restart(): void;
	/** The device has de-registered and saved; after the current turn it is off. */
	off(): void;
	/** Degrees Celsius of the board's thermometer. */
	temperature(): number;
	/** Fixed for one boot: platform, resetCause, factory (modules/host.ts), as JSON. */
	readonly bootRecordJson: string;
}

/** What the board tells the device; each is one turn of its loop. */
export type DeviceEvent =
	| { readonly kind: "alarm" }
	| { readonly kind: "readable"; readonly socket: number; readonly count: number }
	| { readonly kind: "resolved"; readonly name: string; readonly host: string | undefined }
	| { readonly kind: "shutDown" };
