import type { Instance } from "../../../modules/lwm2m/instance.ts";
import type { SecureChannel, SecureListener, SecureTransport } from "../../../modules/lwm2m/secure.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { hello, package2, Scene, veiled } from "./scene.ts";

/** One hello and its echo are the handshake; it is given up after ten seconds. */
class VeilChannel implements SecureChannel {
	isSecured = false;
	readonly #listener: SecureListener;
	#out: Uint8Array[] = [];
	#giveUpMs = Infinity;

	constructor(listener: SecureListener) {
		this.#listener = listener;
	}

	get deadlineMs(): number {
		return this.#giveUpMs;
	}

	connect(nowMs: number): void {
		if (this.isSecured || this.#giveUpMs < Infinity) return;
		this.#giveUpMs = nowMs + 10_000;
		this.#out.push(Uint8Array.of(hello));
	}

	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		if (bytes[at] === hello) {
			this.isSecured = true;
			this.#giveUpMs = Infinity;
			this.#listener.secured({ suite: "veil", resumed: false }, nowMs);
		} else if (this.isSecured) this.#listener.decrypted(veiled(bytes.slice(at, end)), 1, end - at, nowMs);
	}

	send(bytes: Uint8Array): void {
		this.#out.push(veiled(bytes));
	}

	poll(nowMs: number): void {
		if (nowMs < this.#giveUpMs) return;
		this.#giveUpMs = Infinity;
		this.#listener.unsecured({ reason: "noAnswer" }, nowMs);
	}

	takeDatagram(): Uint8Array | undefined {
		return this.#out.shift();
	}

	close(): void {
		this.isSecured = false;
	}

	drop(): void {}
}

function veil(opened: number[]): SecureTransport {
	return {
		open(security: Instance, listener: SecureListener) {
			opened.push(security.id);
			return new VeilChannel(listener);
		},
	};
}

test("[FWU-1] [FWU-2] pulled by coaps through a session of its own", () => {
	const opened: number[] = [];
	const it = new Scene({ secure: veil(opened) });
	it.shelve("fw", package2());
	deepEqual([it.text("/5/0/8/0"), it.text("/5/0/8/1")], ["0", "1"]);
	equal(it.pull("coaps://files.example/fw"), "2.04");
	it.run(1000);
	equal(it.now, "2/0");
	deepEqual(opened, [0], "with the keys of the account that was chosen");
});

test("[FWU-5] a handshake that nobody answers is tried again, and is Result 4 in the end", () => {
	const opened: number[] = [];
	const it = new Scene({ secure: veil(opened) });
	it.shelve("fw", package2());
	it.isShaking = false;
	it.pull("coaps://files.example/fw");
	it.run(30_000);
	equal(it.now, "1/0");
	it.isShaking = true;
	it.run(60_000);
	equal(it.now, "2/0");
	it.pull("");
	it.isShaking = false;
	it.pull("coaps://files.example/fw");
	it.run(300_000);
	equal(it.now, "0/4");
});
