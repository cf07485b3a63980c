import { fromHex } from "../modules/bytes.ts";
import { frozen } from "../modules/frozen.ts";
import type { FactorySecurity } from "../modules/host.ts";
import type { Held } from "../modules/lwm2m/value.ts";

/** Resources of the Security Object that a factory record may name: bytes as digits, and what is as it is. */
const bytesOf = frozen({ publicKeyOrIdentity: 3, serverPublicKey: 4, secretKey: 5 });
const plain = frozen({ matchingType: 13, sni: 14, certificateUsage: 15 });
const modes = frozen({ psk: 0, rpk: 1, x509: 2 });
const noSec = 3;

/** Adds what a factory record says of a server's security, by Resource of the Security Object. */
export function addCredentials(values: Map<number, Held>, security: FactorySecurity | undefined): void {
	values.set(2, security === undefined ? noSec : modes[security.mode]);
	if (security === undefined) return;
	for (const name in bytesOf) {
		const digits = security[name as keyof typeof bytesOf];
		// Digits that spell no bytes are no bytes: the client then says that the credentials are wrong.
		if (digits !== undefined) values.set(bytesOf[name as keyof typeof bytesOf], fromHex(digits) ?? new Uint8Array(0));
	}
	for (const name in plain) {
		const value = security[name as keyof typeof plain];
		if (value !== undefined) values.set(plain[name as keyof typeof plain], value);
	}
	const { ciphersuites } = security;
	if (ciphersuites !== undefined)
		values.set(16, new Map(ciphersuites.map((suite, id): [number, number] => [id, suite])));
}
