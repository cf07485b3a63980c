import { type Dice, HostFailure, type Log } from "../../modules/host.ts";
import type { OneTimer } from "../chips/alarm-clock.ts";
import { connectRadio, hasIPv4, hasIPv6, lost, noIPv4, started, startRadio, stopRadio } from "./esp32-wifi.ts";
import type { Network } from "./network.ts";

/** First pause before another try; each next one is twice as long, and a random quarter shorter or longer. */
const firstPauseMs = 1000;
const pauseMaxMs = 120_000;

export interface WifiOptions {
	readonly ssid: string;
	readonly password: string;
	readonly dice: Dice;
	readonly log: Log;
	readonly makeTimer: (ring: () => void) => OneTimer;
}

/** A station that connects again and again, ever more seldom until it has been online. */
export class Wifi implements Network {
	/** The IPv4 address that we have, or had last. */
	address: number | undefined;
	private readonly options: WifiOptions;
	private readonly timer: OneTimer;
	private onChanged: ((isOnline: boolean) => void) | undefined;
	private hasIPv4 = false;
	private hasIPv6 = false;
	private isWanted = false;
	private pauseMs = firstPauseMs;

	/** @param options the name of a network, 1 to 31 bytes, and its password, 63 at most; empty: an open one */
	constructor(options: WifiOptions) {
		this.options = options;
		this.timer = options.makeTimer(() => this.connect());
	}

	get isOnline(): boolean {
		return this.hasIPv4 || this.hasIPv6;
	}

	start(onChanged: (isOnline: boolean) => void): void {
		const { ssid, password } = this.options;
		this.onChanged = onChanged;
		if (this.isWanted) return;
		if (ssid === "") throw new HostFailure("no Wi-Fi network is named: mcconfig … ssid=… password=…, or a note in NVS");
		this.isWanted = true;
		this.pauseMs = firstPauseMs;
		try {
			startRadio(this, ssid, password);
		} catch (cause) {
			this.isWanted = false;
			throw new HostFailure("the radio does not start", { cause });
		}
	}

	stop(): void {
		this.isWanted = false;
		this.timer.stop();
		stopRadio();
		this.now(false, false);
	}

	/** Called by C, from the loop. @param why lost: the reason; hasIPv4: the address */
	happened(what: number, why: number): void {
		if (!this.isWanted) return;
		if (what === started) this.connect();
		else if (what === lost) {
			this.options.log.write({ event: "wifiLost", reason: why, retryMs: this.pauseMs });
			this.now(false, false);
			this.tryLater();
		} else if (what === hasIPv4) this.addressed(why);
		else if (what === hasIPv6) this.now(this.hasIPv4, true);
		else if (what === noIPv4) this.now(false, this.hasIPv6);
	}

	private addressed(address: number): void {
		const isOther = this.address !== undefined && this.address !== address;
		this.address = address;
		this.now(true, this.hasIPv6);
		if (isOther) this.onChanged?.(true);
	}

	private connect(): void {
		if (this.isWanted && !connectRadio()) this.tryLater();
	}

	private tryLater(): void {
		const quarterMs = this.pauseMs >> 2;
		this.timer.start(this.pauseMs - quarterMs + this.options.dice.below(2 * quarterMs));
		this.pauseMs = Math.min(this.pauseMs * 2, pauseMaxMs);
	}

	private now(ipv4: boolean, ipv6: boolean): void {
		const before = this.isOnline;
		this.hasIPv4 = ipv4;
		this.hasIPv6 = ipv6;
		const { isOnline } = this;
		if (isOnline) this.pauseMs = firstPauseMs;
		if (isOnline === before) return;
		this.options.log.write({ event: isOnline ? "online" : "offline", ipv4, ipv6 });
		this.onChanged?.(isOnline);
	}
}
