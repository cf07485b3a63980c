import { fromHex } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { protectionOf } from "../../../modules/dtls/key-block.ts";
import type { Protection, RecordLimits } from "../../../modules/dtls/protection.ts";
import { suiteById } from "../../../modules/dtls/suite.ts";
import type { Crypto, Entropy } from "../../../modules/host.ts";
import openssl from "../../vectors/dtls-records.json" with { type: "json" };
import rfc9146 from "../../vectors/rfc9146.json" with { type: "json" };

/** A record that a stack which is not ours wrote. */
export interface RecordVector {
	readonly from: "client" | "server";
	readonly type: number;
	readonly sequence: number;
	readonly cid?: string;
	readonly iv: string;
	/** How many zeros stand behind the content type; absent: none. */
	readonly padding?: number;
	readonly hex: string;
	readonly plain: string;
}

export interface SessionVector {
	readonly name: string;
	readonly suite: number;
	readonly encryptThenMac: boolean;
	readonly keyBlock: string;
	readonly records: readonly RecordVector[];
}

export const sessions = [...openssl.sessions, ...rfc9146.sessions] as readonly SessionVector[];

/** An Entropy that says what it was told to say. */
export class ScriptedEntropy implements Entropy {
	next: Uint8Array = new Uint8Array(0);

	fill(bytes: Uint8Array): void {
		bytes.fill(0x5a);
		bytes.set(this.next.subarray(0, bytes.length));
	}
}

export const entropy = new ScriptedEntropy();

/** One for each file of tests: it has room for 64 keys. */
export function portable(): Crypto {
	return new PortableCrypto({ entropy });
}

/** Protects what `writer` wrote in the session. The caller releases it. */
export function protectionFor(
	crypto: Crypto,
	session: SessionVector,
	writer: "client" | "server",
	limits?: RecordLimits,
): Protection {
	const { suite, encryptThenMac, keyBlock } = session;
	const keys = { crypto, entropy, suite: suiteById(suite)!, encryptThenMac, keyBlock: fromHex(keyBlock)!, epoch: 1 };
	return protectionOf(writer, limits === undefined ? keys : { ...keys, limits });
}

/** Some session of each kind of protection: AEADs, and CBC with the MAC inside and outside. */
export const kinds: readonly SessionVector[] = [0, 1, 2, 3].map((index) => sessions[index]!);
