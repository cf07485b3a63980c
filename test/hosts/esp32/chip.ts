/** A chip with all that hosts/esp32 asks of it, in a test's hands. */
import { FakeTimer, natives } from "./natives.ts";

export class Chip {
	nowMs = 1000;
	wentOn = false;
	wallS: number | undefined;
	resetCause = "powerOn";
	wakeReason: string | undefined;
	celsius: number | undefined;
	key: number | undefined;
	readonly lines: string[] = [];
	readonly calls: string[] = [];
	readonly notes = new Map<string, string>();
	readonly partitions = new Map([
		["settings", { bytes: new Uint8Array(8192).fill(0xff), isEncrypted: false }],
		["factory_data", { bytes: new Uint8Array(8192).fill(0xff), isEncrypted: false }],
	]);
	readonly retained = new Uint8Array(4096);
	listener: { happened(what: number, why: number): void } | undefined;
	mayStart = true;
	mayConnect = true;
	mayWake = true;
	draws = 0;

	constructor() {
		FakeTimer.all.length = 0;
		natives.now = { ...this.system(), ...this.flash(), ...this.sleep(), ...this.radio(), ...this.sockets() };
	}

	/** Whether a call of that kind was made since the last question. */
	took(call: string): boolean {
		const found = this.calls.includes(call);
		this.calls.length = 0;
		return found;
	}

	private system() {
		return {
			xs_dormouse_esp_now: () => this.nowMs,
			xs_dormouse_esp_went_on: () => this.wentOn,
			xs_dormouse_esp_wall: () => this.wallS,
			xs_dormouse_esp_set_wall: (seconds: number) => {
				this.wallS = seconds;
			},
			xs_dormouse_esp_entropy: (bytes: Uint8Array) => {
				this.draws += 1;
				for (let index = 0; index < bytes.length; index++) bytes[index] = (this.draws * 31 + index * 7) & 0xff;
			},
			xs_dormouse_esp_reset_cause: () => this.resetCause,
			xs_dormouse_esp_was_deadline: () => false,
			xs_dormouse_esp_restart: () => this.calls.push("restart"),
			xs_dormouse_esp_crash: () => this.calls.push("crash"),
			xs_dormouse_esp_print: (line: string) => this.lines.push(line) > 0,
			xs_dormouse_esp_target: () => "esp32c3",
			xs_dormouse_esp_celsius: () => this.celsius,
			xs_dormouse_esp_device_key: (into: Uint8Array) => {
				if (this.key !== undefined) into.fill(this.key);
				return this.key !== undefined;
			},
			xs_dormouse_esp_slot_running: () => -1,
			xs_dormouse_psa_begin: () => false,
		};
	}

	private flash() {
		const of = (label: string) => {
			const found = this.partitions.get(label);
			if (found === undefined) throw new Error(`no partition ${label}`);
			return found;
		};
		return {
			xs_dormouse_esp_flash_size: (label: string) => this.partitions.get(label)?.bytes.length ?? 0,
			xs_dormouse_esp_flash_sector: () => 4096,
			xs_dormouse_esp_flash_encrypted: (label: string) => of(label).isEncrypted,
			xs_dormouse_esp_flash_read: (label: string, offset: number, into: Uint8Array) =>
				into.set(of(label).bytes.subarray(offset, offset + into.length)),
			xs_dormouse_esp_flash_write: (label: string, offset: number, bytes: Uint8Array) => {
				for (let index = 0; index < bytes.length; index++) of(label).bytes[offset + index]! &= bytes[index]!;
			},
			xs_dormouse_esp_flash_erase: (label: string, offset: number, size: number) =>
				of(label).bytes.fill(0xff, offset, offset + size),
			xs_dormouse_esp_note: (name: string) => this.notes.get(name),
			xs_dormouse_esp_set_note: (name: string, value: string) => this.notes.set(name, value),
		};
	}

	private sleep() {
		return {
			xs_dormouse_esp_retained_size: () => this.retained.length,
			xs_dormouse_esp_retained_read: (offset: number, into: Uint8Array) =>
				into.set(this.retained.subarray(offset, offset + into.length)),
			xs_dormouse_esp_retained_write: (offset: number, bytes: Uint8Array) => this.retained.set(bytes, offset),
			xs_dormouse_esp_wake_reason: () => this.wakeReason,
			xs_dormouse_esp_wake_on_pin: () => this.mayWake,
			xs_dormouse_esp_deep_sleep: (ms: number) => {
				this.calls.push(`deep ${ms}`);
				return false;
			},
			xs_dormouse_esp_sleep_lightly: () => true,
		};
	}

	private radio() {
		return {
			xs_dormouse_esp_wifi_start: (listener: Chip["listener"], ssid: string, password: string) => {
				if (!this.mayStart) throw new Error("Wi-Fi: 257");
				this.listener = listener;
				this.calls.push(`wifi ${ssid} ${password}`);
			},
			xs_dormouse_esp_wifi_connect: () => {
				this.calls.push("connect");
				return this.mayConnect;
			},
			xs_dormouse_esp_wifi_stop: () => this.calls.push("wifi off"),
			xs_dormouse_esp_wifi_mac: () => "a0b1c2d3e4f5",
		};
	}

	private sockets() {
		return {
			xs_dormouse_sockets_begin: () => true,
			xs_dormouse_datagrams_open: () => 17,
			xs_dormouse_datagrams_write: () => {
				this.calls.push("datagram");
				return 0;
			},
			xs_dormouse_socket_close: () => undefined,
		};
	}
}
