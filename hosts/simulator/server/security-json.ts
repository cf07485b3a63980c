import { fromHex, toHex } from "../../../modules/bytes.ts";
import { readSpki } from "../../../modules/crypto/public-key.ts";
import type { SecurityInfo } from "./security-store.ts";

/** JSON that is not what it should be; the message is for people. */
export class BodyRefused extends Error {}

/** One client's credentials in the JSON of leshan-demo-server. */
export function infoToJson(info: SecurityInfo): Readonly<Record<string, unknown>> {
	const { endpoint, mode } = info;
	if (mode === "psk") return { endpoint, tls: { mode, details: { identity: info.identity, key: toHex(info.key) } } };
	if (mode === "rpk") return { endpoint, tls: { mode, details: { key: toHex(info.publicKey) } } };
	return { endpoint, tls: { mode } };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		throw new BodyRefused(`${what} should be a json object`);
	}
	return value as Fields;
}

function textIn(fields: Fields, name: string, what: string): string {
	const value = fields[name];
	if (typeof value !== "string" || value === "") throw new BodyRefused(`Missing ${what}`);
	return value;
}

function bytesIn(fields: Fields, name: string): Uint8Array {
	const bytes = fromHex(textIn(fields, name, name));
	if (bytes === undefined) throw new BodyRefused(`${name} parameter must be a valid hex string`);
	return bytes;
}

/** @throws BodyRefused */
export function infoFromJson(json: unknown): SecurityInfo {
	const body = fieldsOf(json, "Security info");
	const endpoint = textIn(body, "endpoint", "endpoint");
	if (body.oscore !== undefined) throw new BodyRefused("OSCORE is not implemented by this server yet");
	const tls = fieldsOf(body.tls, "tls field");
	switch (tls.mode) {
		case "psk": {
			const details = fieldsOf(tls.details, "details field");
			const identity = textIn(details, "identity", "PSK identity");
			const key = bytesIn(details, "key");
			if (key.length > 64) throw new BodyRefused("a key has at most 64 bytes");
			return { endpoint, mode: "psk", identity, key };
		}
		case "rpk": {
			const publicKey = bytesIn(fieldsOf(tls.details, "details field"), "key");
			if ("code" in readSpki(publicKey)) throw new BodyRefused("key is no SubjectPublicKeyInfo of P-256");
			return { endpoint, mode: "rpk", publicKey };
		}
		case "x509":
			return { endpoint, mode: "x509" };
		default:
			throw new BodyRefused("Invalid security info content");
	}
}
