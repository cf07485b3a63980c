import type { MachineFigures } from "./board-options.ts";

/** Bytes one way, by layer. Their sum is what the IP layer carries; the radio's own framing is not in it. */
export interface BytesByLayer {
	/** CoAP header, token, options and payload marker (RFC 7252 §3). */
	coapHeader: number;
	coapPayload: number;
	/** Datagrams that begin with a record of a handshake, an alert or a ChangeCipherSpec (RFC 6347 §4.1), whole. */
	dtlsHandshake: number;
	/** Datagrams of application data under DTLS, whole: whose the bytes in them are can not be told any more. */
	dtlsRecords: number;
	/** 28 bytes for each datagram over IPv4 (RFC 791, RFC 768), 48 over IPv6 (RFC 8200). */
	udpIp: number;
}

/** Messages one way, by type (RFC 7252 §3). */
export interface MessagesByType {
	confirmable: number;
	nonConfirmable: number;
	acknowledgement: number;
	reset: number;
	/** Datagrams that are no CoAP message: DTLS, or anything; then all their bytes count as payload. */
	other: number;
}

/** What went over the air one way. */
export interface Traffic {
	datagrams: number;
	bytes: BytesByLayer;
	messages: MessagesByType;
}

/** The most RAM in use at once, in any life of the board; each mark by itself. */
export interface HighWater {
	/** Slots, chunks, stack and the machine's own tables. */
	ramBytes: number;
	slotBytes: number;
	chunkBytes: number;
	stackBytes: number;
	/** Names made at run time. */
	keys: number;
}

const typeNames = ["confirmable", "nonConfirmable", "acknowledgement", "reset"] as const;

/** The account of one board: every byte on the air, and the work of its processor, over all its boots. */
export class Ledger {
	readonly sent: Traffic = emptyTraffic();
	readonly received: Traffic = emptyTraffic();
	computrons = 0;
	/** Times the processor woke up, the boots included. */
	turns = 0;
	boots = 0;
	/** Datagrams that came while the radio was off. */
	lostAsleep = 0;
	readonly highWater: HighWater = { ramBytes: 0, slotBytes: 0, chunkBytes: 0, stackBytes: 0, keys: 0 };

	/** Notes a high-water mark, if it is one. */
	raise(mark: keyof HighWater, value: number): void {
		if (value > this.highWater[mark]) this.highWater[mark] = value;
	}

	/** Notes a machine's figures. */
	note({ ramBytes, slots, slotBytes, chunks, stack, keys }: MachineFigures): void {
		this.raise("ramBytes", ramBytes.peak);
		this.raise("slotBytes", slots.peak * slotBytes);
		this.raise("chunkBytes", chunks.peak);
		this.raise("stackBytes", stack.peak * slotBytes);
		this.raise("keys", keys.used);
	}

	/** Enters one datagram to or from the address `host`. */
	enter(way: "sent" | "received", bytes: Uint8Array, host: string): void {
		const traffic = this[way];
		traffic.datagrams++;
		traffic.bytes.udpIp += host.includes(":") ? 48 : 28;
		const payloadAt = payloadOffset(bytes);
		if (payloadAt < 0) {
			traffic.messages.other++;
			traffic.bytes[layerOf(bytes)] += bytes.length;
			return;
		}
		traffic.messages[typeNames[(bytes[0]! >> 4) & 3]!]++;
		traffic.bytes.coapHeader += payloadAt;
		traffic.bytes.coapPayload += bytes.length - payloadAt;
	}
}

/** The sum of all layers. */
export function totalBytes({ bytes }: Traffic): number {
	return bytes.coapHeader + bytes.coapPayload + bytes.dtlsHandshake + bytes.dtlsRecords + bytes.udpIp;
}

function emptyTraffic(): Traffic {
	return {
		datagrams: 0,
		bytes: { coapHeader: 0, coapPayload: 0, dtlsHandshake: 0, dtlsRecords: 0, udpIp: 0 },
		messages: { confirmable: 0, nonConfirmable: 0, acknowledgement: 0, reset: 0, other: 0 },
	};
}

/** What a datagram is that is no CoAP message: DTLS 1.0 and 1.2 records say so in their first three bytes. */
function layerOf(bytes: Uint8Array): "dtlsHandshake" | "dtlsRecords" | "coapPayload" {
	const [type = 0, major, minor] = bytes;
	if (bytes.length < 13 || major !== 0xfe || (minor !== 0xfd && minor !== 0xff)) return "coapPayload";
	if (type === 23 || type === 25) return "dtlsRecords"; // an alert with a connection ID looks like data
	return type >= 20 && type <= 22 ? "dtlsHandshake" : "coapPayload";
}

/**
 * Finds where a CoAP message's payload begins (RFC 7252 §3). The ledger has a reader of its own, so that the account
 * does not depend on the code that it audits.
 * @returns its offset, the message's length when there is none, or -1 when the bytes are no CoAP message
 */
function payloadOffset(bytes: Uint8Array): number {
	if (bytes.length < 4 || bytes[0]! >> 6 !== 1) return -1;
	const token = bytes[0]! & 0x0f;
	if (token === 15) return -1;
	let at = 4 + extensionSize(token); // RFC 8974 §2.1: long tokens are written as long options are
	at += token === 13 ? 13 + (bytes[4] ?? 0) : token === 14 ? 269 + (bytes[4] ?? 0) * 256 + (bytes[5] ?? 0) : token;
	while (at < bytes.length) {
		const lead = bytes[at++]!;
		if (lead === 0xff) return at < bytes.length ? at : -1;
		const delta = lead >> 4;
		const size = lead & 0x0f;
		if (delta === 15 || size === 15) return -1;
		at += extensionSize(delta);
		const low = bytes[at] ?? 0;
		at += extensionSize(size);
		if (size === 13) at += 13 + low;
		else if (size === 14) at += 269 + low * 256 + (bytes[at - 1] ?? 0);
		else at += size;
	}
	return at === bytes.length ? at : -1;
}

function extensionSize(nibble: number): number {
	return nibble === 13 ? 1 : nibble === 14 ? 2 : 0;
}
