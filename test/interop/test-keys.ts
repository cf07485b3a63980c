import { randomBytes, randomFillSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawIdentity } from "../../hosts/simulator/server/server-identity.ts";
import type { RestClient } from "./rest-client.ts";

/** How a device proves who it is, if at all. */
export type Mode = "none" | "psk" | "rpk" | "x509";

/** The endpoint that the one client certificate of a folder is for: its common name. */
export const certifiedEndpoint = "dormouse-bench";

/** What stands around the 32 bytes of a private key of P-256 in PKCS #8 (RFC 5958), without its public half. */
const pkcs8Head = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";

/** Writes keys (PKCS #8) and certificates (DER) of a server and of a client: server.key, server.crt and so on. */
export function writeServerKeys(folder: string): void {
	for (const [name, commonName] of [
		["server", "localhost"],
		["client", certifiedEndpoint],
	] as const) {
		const { privateKey, publicKey, chain } = drawIdentity(commonName, (bytes) => void randomFillSync(bytes));
		writeFileSync(join(folder, `${name}.key`), `${pkcs8Head}${hex(privateKey)}`, "hex");
		writeFileSync(join(folder, `${name}.pub`), publicKey);
		writeFileSync(join(folder, `${name}.crt`), chain[0]!);
	}
}

/**
 * Tells the server how an endpoint will prove who it is.
 * @param folder of writeServerKeys
 * @returns the flags that make the device do so
 */
export async function introduce(
	endpoint: string,
	mode: Mode,
	{ rest, keyFolder }: { readonly rest: RestClient; readonly keyFolder: string },
): Promise<readonly string[]> {
	const file = (name: string) => join(keyFolder, name);
	switch (mode) {
		case "none":
			return [];
		case "psk": {
			const key = randomBytes(16).toString("hex");
			await rest.secure({ endpoint, tls: { mode, details: { identity: endpoint, key } } });
			return ["--psk-identity", endpoint, "--psk-key", key];
		}
		case "rpk": {
			const { publicKey } = await rest.ownKeys();
			writeFileSync(file("shown.pub"), publicKey);
			await rest.secure({ endpoint, tls: { mode, details: { key: readFileSync(file("client.pub"), "hex") } } });
			return ["--rpk-private-key", file("client.key"), "--server-public-key", file("shown.pub")];
		}
		case "x509": {
			const { certificate } = await rest.ownKeys();
			writeFileSync(file("shown.crt"), certificate);
			await rest.secure({ endpoint, tls: { mode } });
			return ["--cert", file("client.crt"), "--key", file("client.key"), "--server-cert", file("shown.crt")];
		}
	}
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
