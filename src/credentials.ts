import { fromHex } from "../modules/bytes.ts";
import type { FactorySecurity } from "../modules/host.ts";
import type { SecurityOptions } from "../modules/objects/security-0.ts";

/** What a factory record says of a server's security, as the Security Object takes it: bytes for digits. */
export function securityOf(factory: FactorySecurity): Pick<SecurityOptions, "credentials" | "sni" | "ciphersuites"> {
	const { sni, ciphersuites } = factory;
	return {
		credentials: credentialsOf(factory),
		...(sni === undefined ? {} : { sni }),
		...(ciphersuites === undefined ? {} : { ciphersuites }),
	};
}

function credentialsOf(factory: FactorySecurity): NonNullable<SecurityOptions["credentials"]> {
	const own = bytesOf(factory.publicKeyOrIdentity);
	const secret = bytesOf(factory.secretKey);
	const server = bytesOf(factory.serverPublicKey);
	const { mode, certificateUsage, matchingType } = factory;
	if (mode === "psk") return { mode, identity: own, key: secret };
	if (mode === "rpk") return { mode, publicKey: own, privateKey: secret, serverPublicKey: server };
	return {
		mode,
		certificate: own,
		privateKey: secret,
		serverCertificate: server,
		...(certificateUsage === undefined ? {} : { certificateUsage }),
		...(matchingType === undefined ? {} : { matchingType }),
	};
}

/** Digits that spell no bytes are no bytes: the client then says that the credentials are wrong. */
function bytesOf(digits: string | undefined): Uint8Array {
	return (digits === undefined ? undefined : fromHex(digits)) ?? new Uint8Array(0);
}
