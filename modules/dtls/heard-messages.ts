import type { FragmentView } from "./fragment.ts";
import type { HandshakeMessage } from "./reassembly.ts";

/** Rivals that are kept, one for each place in the handshake. */
const rivalsMax = 8;

/**
 * What one attempt of a handshake has heard in epoch 0, and what came later in the place of a message, and was another:
 * one of the two is forged. Kept so that the attempt can go another way with what has come already; a server that has
 * heard our keys says nothing twice.
 */
export class HeardMessages {
	private heard: HandshakeMessage[] = [];
	private rivals: HandshakeMessage[] = [];

	get hasRival(): boolean {
		return this.rivals.length > 0;
	}

	/** Was a message of this type taken, and then another one came in its place? */
	hasRivalOf(type: number): boolean {
		const taken = this.heard.find((message) => message.type === type);
		return taken !== undefined && this.rivals.some(({ sequence }) => sequence === taken.sequence);
	}

	keep(message: HandshakeMessage): void {
		if (message.epoch === 0) this.heard.push(message);
	}

	/** Looks at a repetition. @returns whether it is a rival, which is kept */
	meet(bytes: Uint8Array, { at, end, sequence, total, type }: FragmentView): boolean {
		const known = this.heard.find((message) => message.sequence === sequence);
		if (known === undefined || end - at !== total || isSame(known, type, bytes, at, end)) return false;
		this.rivals = this.rivals.filter((rival) => rival.sequence !== sequence);
		if (this.rivals.length < rivalsMax) this.rivals.push({ type, sequence, epoch: 0, body: bytes.slice(at, end) });
		return true;
	}

	/** All of it, the rivals last, and forgets it. */
	takeAll(): HandshakeMessage[] {
		const all = [...this.heard, ...this.rivals];
		this.clear();
		return all;
	}

	clear(): void {
		this.heard = [];
		this.rivals = [];
	}
}

function isSame(known: HandshakeMessage, type: number, bytes: Uint8Array, at: number, end: number): boolean {
	const { body } = known;
	if (known.type !== type || body.length !== end - at) return false;
	for (let index = 0; index < body.length; index++) if (body[index] !== bytes[at + index]) return false;
	return true;
}
