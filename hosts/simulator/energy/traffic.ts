import type { Accelerator } from "../engine/ports.ts";
import type { Cause } from "./account.ts";

/** What of a CoAP message says why it was sent. */
interface Glance {
	readonly type: number;
	readonly code: number;
	readonly messageId: number;
	/** Hexadecimal. */
	readonly token: string;
	readonly path: readonly string[];
	readonly isNotification: boolean;
}

const confirmable = 0;
const acknowledgement = 2;
const uriPath = 11;
const observe = 6;
const method = { post: 2, delete: 4 } as const;

/** Exchanges that an account remembers: the oldest are forgotten. */
const rememberedMax = 64;

/**
 * Finds out why datagrams were sent and received, from their bytes alone: requests by what they ask for, answers by
 * what they answer. It has a reader of its own, as the ledger has.
 */
export class TrafficCauses {
	/** By address and token: what our requests are for. */
	readonly #requests = new Map<string, Cause>();
	/** By address, whose it is, and message id: what an acknowledgement acknowledges. */
	readonly #messages = new Map<string, Cause>();
	/** Addresses that we asked for a bootstrap: what they ask belongs to it. */
	readonly #bootstrapServers = new Set<string>();

	/** @param coap one CoAP message over UDP; anything else is "other" */
	of(way: "sent" | "received", coap: Uint8Array, peer: string): Cause {
		const glance = glanceAt(coap);
		if (glance === undefined) return "other";
		const { type, code, messageId, token } = glance;
		const isSent = way === "sent";
		if (code === 0 || type === acknowledgement) {
			// What is acknowledged was sent the other way; a piggybacked response brings its request's cause.
			const known = this.#messages.get(messageKey(isSent ? "received" : "sent", peer, messageId));
			if (known !== undefined) return known;
			if (code === 0) return "acknowledge";
		}
		const cause = this.causeOf(isSent, glance, peer);
		if (type === confirmable) remember(this.#messages, messageKey(way, peer, messageId), cause);
		else if (code < 0x20) remember(this.#messages, messageKey(way, peer, messageId), cause);
		if (isSent && code < 0x20) remember(this.#requests, `${peer} ${token}`, cause);
		return cause;
	}

	private causeOf(isSent: boolean, { code, token, path, isNotification }: Glance, peer: string): Cause {
		const isRequest = code < 0x20;
		if (isSent && isRequest) return this.causeOfRequest(code, path, peer);
		if (!isSent && !isRequest) return this.#requests.get(`${peer} ${token}`) ?? "other";
		if (this.#bootstrapServers.has(peer)) return "bootstrap";
		if (isRequest && isUpdateObject(path)) return "firmware";
		return isSent && isNotification ? "notify" : "serve";
	}

	private causeOfRequest(code: number, [first, second]: readonly string[], peer: string): Cause {
		if (first === "bs" || first === "bspack") {
			this.#bootstrapServers.add(peer);
			return "bootstrap";
		}
		if (first === "dp") return "send";
		if (first !== "rd") return "firmware";
		this.#bootstrapServers.delete(peer);
		if (code === method.delete) return "deregister";
		return code === method.post && second === undefined ? "register" : "update";
	}
}

/** Objects 5 and 9: an image that the server sends, and what it says about it. */
function isUpdateObject([objectId]: readonly string[]): boolean {
	return objectId === "5" || objectId === "9";
}

function messageKey(way: "sent" | "received", peer: string, messageId: number): string {
	return `${way} ${peer} ${messageId}`;
}

function remember(map: Map<string, Cause>, key: string, cause: Cause): void {
	map.delete(key);
	map.set(key, cause);
	if (map.size <= rememberedMax) return;
	for (const oldest of map.keys()) {
		map.delete(oldest);
		return;
	}
}

/** @returns undefined for bytes that are no CoAP message (RFC 7252 §3) */
function glanceAt(bytes: Uint8Array): Glance | undefined {
	const [lead = 0, code = 0, high = 0, low = 0] = bytes;
	const tokenSize = lead & 15;
	if (bytes.length < 4 + tokenSize || lead >> 6 !== 1 || tokenSize > 8) return undefined;
	const path: string[] = [];
	let isNotification = false;
	let at = 4 + tokenSize;
	let option = 0;
	while (at < bytes.length && bytes[at] !== 0xff) {
		const head = bytes[at++]!;
		const delta = extended(bytes, at, head >> 4);
		if (delta === undefined) return undefined;
		at += delta.size;
		const length = extended(bytes, at, head & 15);
		if (length === undefined) return undefined;
		at += length.size;
		option += delta.value;
		if (at + length.value > bytes.length) return undefined;
		if (option === uriPath) path.push(Buffer.from(bytes.subarray(at, at + length.value)).toString("utf8"));
		if (option === observe && code >= 0x40) isNotification = true;
		at += length.value;
	}
	const token = Buffer.from(bytes.subarray(4, 4 + tokenSize)).toString("hex");
	return { type: (lead >> 4) & 3, code, messageId: high * 256 + low, token, path, isNotification };
}

/** A delta or a length of an option (RFC 7252 §3.1), and the bytes that it takes behind the first. */
function extended(bytes: Uint8Array, at: number, nibble: number): { value: number; size: number } | undefined {
	if (nibble < 13) return { value: nibble, size: 0 };
	if (nibble === 13 && at < bytes.length) return { value: 13 + bytes[at]!, size: 1 };
	if (nibble === 14 && at + 1 < bytes.length) return { value: 269 + bytes[at]! * 256 + bytes[at + 1]!, size: 2 };
	return undefined;
}

/**
 * The account's ear on a board: hears datagrams as they pass, and what the accelerator seals and opens, because records
 * do not say what is in them. A board that computes in JavaScript leaves records "other".
 */
export class TrafficTap {
	readonly #causes = new TrafficCauses();
	#sealed: Uint8Array | undefined;
	/** A record that was read, until the accelerator opens it. */
	#held: { readonly bytes: Uint8Array; readonly peer: string } | undefined;
	readonly #onDatagram: (way: "sent" | "received", bytes: number, peer: string, cause: Cause) => void;

	constructor(onDatagram: (way: "sent" | "received", bytes: number, peer: string, cause: Cause) => void) {
		this.#onDatagram = onDatagram;
	}

	/** The accelerator, heard. */
	listening(accelerator: Accelerator): Accelerator {
		return {
			...accelerator,
			seal: (aead, key, nonce, aad, plain) => {
				this.#sealed = plain.slice();
				return accelerator.seal(aead, key, nonce, aad, plain);
			},
			open: (aead, key, nonce, aad, sealed) => {
				const plain = accelerator.open(aead, key, nonce, aad, sealed);
				if (plain !== undefined) this.opened(plain);
				return plain;
			},
		};
	}

	sent(bytes: Uint8Array, peer: string): void {
		const plain = this.#sealed;
		this.#sealed = undefined;
		this.#onDatagram("sent", bytes.length, peer, this.causeOf("sent", bytes, plain, peer));
	}

	received(bytes: Uint8Array, peer: string): void {
		this.flush();
		if (isRecordOfData(bytes)) this.#held = { bytes, peer };
		else this.#onDatagram("received", bytes.length, peer, this.causeOf("received", bytes, undefined, peer));
	}

	/** What is still held was not opened: nobody's. */
	flush(): void {
		const held = this.#held;
		this.#held = undefined;
		if (held !== undefined) this.#onDatagram("received", held.bytes.length, held.peer, "other");
	}

	private opened(plain: Uint8Array): void {
		const held = this.#held;
		this.#held = undefined;
		if (held === undefined) return;
		this.#onDatagram("received", held.bytes.length, held.peer, this.causeOf("received", held.bytes, plain, held.peer));
	}

	#causeOfPlain(way: "sent" | "received", record: Uint8Array, plain: Uint8Array, peer: string): Cause {
		const content = contentOf(record, plain);
		return content === undefined ? "handshake" : this.#causes.of(way, content, peer);
	}

	private causeOf(way: "sent" | "received", bytes: Uint8Array, plain: Uint8Array | undefined, peer: string): Cause {
		if (isRecordOfData(bytes)) return plain === undefined ? "other" : this.#causeOfPlain(way, bytes, plain, peer);
		return isRecord(bytes) ? "handshake" : this.#causes.of(way, bytes, peer);
	}
}

/**
 * What of a record's plaintext is its content: with a connection ID the true type and zeros stand behind it (RFC 9146
 * §4). @returns undefined when it is no application data
 */
function contentOf(record: Uint8Array, plain: Uint8Array): Uint8Array | undefined {
	if (record[0] !== 25) return plain;
	let end = plain.length;
	while (end > 0 && plain[end - 1] === 0) end--;
	return plain[end - 1] === 23 ? plain.subarray(0, end - 1) : undefined;
}

/** A DTLS record by its first bytes (RFC 6347 §4.1, RFC 9146 §4). */
function isRecord([type = 0, major]: Uint8Array): boolean {
	return type >= 20 && type <= 25 && major === 0xfe;
}

function isRecordOfData(bytes: Uint8Array): boolean {
	return isRecord(bytes) && (bytes[0] === 23 || bytes[0] === 25);
}
