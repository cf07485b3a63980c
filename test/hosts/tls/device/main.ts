import { DesktopClock } from "../../../../hosts/desktop/clock.ts";
import { endProcess, environmentVariable, fillFromSystem } from "../../../../hosts/desktop/desktop-system.ts";
import { openPsaCrypto } from "../../../../hosts/psa/psa-crypto.ts";
import { Sockets } from "../../../../hosts/sockets/sockets.ts";
import { SocketStreams } from "../../../../hosts/sockets/streams.ts";
import { openTls } from "../../../../hosts/tls/tls-streams.ts";
import { fromHex, utf8 } from "../../../../modules/bytes.ts";
import { serverTrust } from "../../../../modules/crypto/trust.ts";
import { type Crypto, HostFailure, type Tls, type TlsSettings } from "../../../../modules/host.ts";
import { askForRoot } from "./coap.ts";
import { Echo } from "./echo.ts";

/** What a test asks for: xs.test.ts has the same. */
interface Wanted {
	readonly port: number;
	readonly identity?: string;
	readonly psk?: string;
	/** A certificate in hexadecimal digits, and what it is good for (0/x/15). */
	readonly pin?: string;
	readonly usage?: number;
	readonly name?: string;
	readonly protocol?: string;
	/** Bytes to be sent back; absent: CoAP. */
	readonly size?: number;
}

/** One connection after the other, a line for each; the last one ends the process. */
class Exchange {
	private readonly streams = new SocketStreams(new Sockets());
	private readonly tls: Tls = openTls()!;
	private readonly crypto: Crypto = openPsaCrypto()!;
	private readonly host = { clock: new DesktopClock(), entropy: { fill: fillFromSystem } };
	private readonly wanted: Wanted[] = JSON.parse(environmentVariable("DORMOUSE_TLS") ?? "[]");

	next(): void {
		const wanted = this.wanted.shift();
		if (wanted === undefined) {
			this.settings();
			return;
		}
		const { port, size } = wanted;
		const words: string[] = [];
		const done = (what: string) => {
			trace(`it: ${[...words, what].join(" ")}\n`);
			this.next();
		};
		const streams = this.tls.over(this.streams, this.settingsOf(wanted, words));
		if (size !== undefined) new Echo(streams, port, size, done);
		else askForRoot(streams, port, this.host, done);
	}

	private settingsOf({ identity, psk, pin, usage = 3, name, protocol }: Wanted, words: string[]): TlsSettings {
		const trust =
			pin === undefined
				? undefined
				: serverTrust({ crypto: this.crypto, serverPublicKey: fromHex(pin)!, usage, withoutClock: "accept" });
		if (trust !== undefined && "code" in trust) throw new Error(trust.code);
		return {
			...(identity === undefined ? {} : { psk: { identity: utf8(identity), key: fromHex(psk ?? "")! } }),
			...(trust === undefined ? {} : { trust }),
			...(name === undefined ? {} : { serverName: name }),
			...(protocol === undefined ? {} : { protocol }),
			secured: ({ version, suite, protocol: chosen }) => words.push(version, suite.toString(16), chosen ?? "-"),
			ended: (end) => words.push(end),
		};
	}

	/** What is refused before anything is sent; and how many there may be. */
	private settings(): void {
		const open: { close(): void }[] = [];
		const nobody = { onReadable: () => {}, onWritable: () => {}, onClosed: () => {} };
		const refused: string[] = [];
		const attempt = (settings: TlsSettings) => {
			try {
				open.push(this.tls.over(this.streams, settings).connect({ host: "127.0.0.1", port: 1 }, nobody));
			} catch (error) {
				if (error instanceof HostFailure) refused.push(error.message);
			}
		};
		attempt({ psk: { identity: utf8("dev"), key: new Uint8Array(0) } });
		const psk = { identity: utf8("dev"), key: new Uint8Array(16) };
		for (let count = 0; count < 4; count++) attempt({ psk });
		for (const stream of open.splice(0)) stream.close();
		attempt({ psk });
		trace(`it: ${open.length} ${refused.join(", ")}\n`);
		endProcess(0);
	}
}

export default function main(): void {
	// XS calls it when an error was caught by nobody.
	(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
		trace(`it: ${why}: ${String(error)}\n`);
		endProcess(1);
	};
	new Exchange().next();
}
