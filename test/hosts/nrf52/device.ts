import { randomFillSync } from "node:crypto";
import { AlarmClock } from "../../../hosts/chips/alarm-clock.ts";
import { SeededDice } from "../../../hosts/chips/dice.ts";
import { LineNetwork } from "../../../hosts/nrf52/line-network.ts";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import type { Factory, Host, LogRecord } from "../../../modules/host.ts";

/** A host on Node whose only network is a serial line, as hosts/nrf52 puts one together on its chip. */
export class LineDevice {
	readonly host: Host;
	readonly network: LineNetwork;
	readonly records: LogRecord[] = [];
	private timer: NodeJS.Timeout | undefined;
	private shutDown = (): void => {};

	/** @param write puts bytes on the line */
	constructor(write: (bytes: Uint8Array) => void, factory: Factory, onNetwork: (isOnline: boolean) => void) {
		const startMs = Date.now();
		const entropy = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };
		const dice = new SeededDice(entropy);
		this.network = new LineNetwork({
			line: { write },
			session: 1 + dice.below(65_535),
			after: (delayMs, run) => void setTimeout(run, delayMs).unref(),
			onNetwork,
		});
		this.network.writable(Number.MAX_SAFE_INTEGER);
		this.host = {
			clock: new AlarmClock({
				nowMs: () => Date.now() - startMs,
				makeTimer: (ring) => ({
					start: (delayMs) => {
						clearTimeout(this.timer);
						this.timer = setTimeout(ring, delayMs);
					},
					stop: () => clearTimeout(this.timer),
				}),
			}),
			dice,
			entropy,
			crypto: new NodeCrypto(),
			openDatagrams: (options) => this.network.open(options),
			resolver: this.network,
			power: {
				resetCause: "powerOn",
				restart() {},
				onShutdown: (shutDown) => {
					this.shutDown = shutDown;
				},
				off: () => clearTimeout(this.timer),
			},
			log: { write: (record) => void this.records.push(record) },
			factory,
			platform: "line",
		};
	}

	end(): void {
		this.shutDown();
	}
}
