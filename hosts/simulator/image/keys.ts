import { generateKeyPairSync } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../engine/sources.ts";
import { readSigningKey, type SignatureAlgorithm, type SigningKey } from "./signature.ts";

/** A new key pair, as PEM. */
export function generateKey(algorithm: SignatureAlgorithm): {
	readonly privatePem: string;
	readonly publicPem: string;
} {
	const { publicKey, privateKey } =
		algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
	return {
		privatePem: String(privateKey.export({ type: "pkcs8", format: "pem" })),
		publicPem: String(publicKey.export({ type: "spki", format: "pem" })),
	};
}

/**
 * The key that images are signed with where nobody names another, and that simulated boards trust: made when it is
 * first asked for, beside the engine's build, and never committed. It is there so that the check is a real one; it
 * protects nothing, because whoever can start a board here can also read it. A product has a key of its own.
 */
export function developmentKey(path = join(packageRoot, "build/keys/development.pem")): SigningKey {
	return readSigningKey(read(path) ?? made(path));
}

function read(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

/** Whoever comes first makes it: two processes must not end up with two keys. */
function made(path: string): string {
	const { privatePem } = generateKey("ed25519");
	const draft = `${path}.${process.pid}`;
	try {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(draft, privatePem, { mode: 0o600 });
		try {
			linkSync(draft, path); // refuses when it is there by now
		} finally {
			rmSync(draft, { force: true });
		}
		return privatePem;
	} catch {
		return read(path) ?? privatePem; // a folder that can not be written: a key for this run
	}
}
