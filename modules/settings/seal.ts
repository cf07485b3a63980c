import type { Fault } from "../bytes.ts";
import { nonceBytes, tagBytes, write32 } from "./layout.ts";
import { FORGED, type Secrets } from "./settings.ts";

/** What sealing adds to a value: the nonce in front of it, the tag behind it. */
export const sealedMoreBytes = nonceBytes + tagBytes;

/** Additional data: a value can not be moved to another key. */
function associated(key: number): Uint8Array {
	const bytes = new Uint8Array(4);
	write32(key, bytes, 0);
	return bytes;
}

/**
 * AES-128-GCM (RFC 5116 §5.1) over a value.
 * @param first, second, third the nonce, as three 32-bit numbers: never the same three under one key
 */
export function sealValue(
	{ crypto, key: handle }: Secrets,
	key: number,
	first: number,
	second: number,
	third: number,
	value: Uint8Array,
): Uint8Array {
	const sealed = new Uint8Array(value.length + sealedMoreBytes);
	write32(first, sealed, 0);
	write32(second, sealed, 4);
	write32(third, sealed, 8);
	const nonce = sealed.slice(0, nonceBytes);
	crypto.seal("gcm", handle, nonce, associated(key), value, 0, value.length, sealed, nonceBytes);
	return sealed;
}

/** @returns the value, or FORGED when the bytes are not what was sealed for this key. Never throws for their sake */
export function openValue({ crypto, key: handle }: Secrets, key: number, sealed: Uint8Array): Uint8Array | Fault {
	if (sealed.length < sealedMoreBytes) return FORGED;
	const value = new Uint8Array(sealed.length - sealedMoreBytes);
	const nonce = sealed.slice(0, nonceBytes);
	const size = crypto.open("gcm", handle, nonce, associated(key), sealed, nonceBytes, sealed.length, value, 0);
	return size === value.length ? value : FORGED;
}
