import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { fromHex, readUtf8, toHex, utf8, utf8Size } from "../../../modules/bytes.ts";
import { readCertificate } from "../../../modules/crypto/certificate.ts";
import { suites } from "../../../modules/dtls/suite.ts";
import type { FactorySecurity } from "../../../modules/host.ts";
import type { SecurityInfo } from "../server/security-store.ts";
import type { Lwm2mServer } from "../server/server.ts";
import { readDuration, WrongUsage } from "./arguments.ts";

/** The flags about DTLS, as commander names them. */
export interface CredentialOptions {
	readonly pskIdentity?: string;
	readonly pskKey?: string;
	readonly rpkPrivateKey?: string;
	readonly rpkPublicKey?: string;
	readonly serverPublicKey?: string;
	readonly cert?: string;
	readonly key?: string;
	readonly ca?: string;
	readonly serverCert?: string;
	readonly certificateUsage?: number;
	readonly cid?: boolean;
	readonly sni?: string;
	readonly ciphersuite?: readonly number[];
	readonly dtlsTimeout?: number;
}

/** What a server of our own shows of itself, in DER. */
export interface ServerKey {
	/** SubjectPublicKeyInfo */
	readonly publicKey: Uint8Array;
	readonly certificate: Uint8Array;
}

/** What each of the three ways takes; the first names the way. */
const ways = [
	{ mode: "psk", flags: ["pskIdentity", "pskKey"] },
	{ mode: "rpk", flags: ["rpkPrivateKey", "rpkPublicKey", "serverPublicKey"] },
	{ mode: "x509", flags: ["cert", "key", "ca", "serverCert", "certificateUsage"] },
] as const;

const settings = ["cid", "sni", "ciphersuite", "dtlsTimeout"] as const;

/** Longest PSK of LwM2M that every peer takes (RFC 7925 §9), and of the device's Crypto port. */
const pskMostBytes = 64;
/** RFC 7925 §9: a server takes identities up to this. */
const identityMostBytes = 128;

/** TLSA certificate usages (RFC 6698 §2.1.1) that go without saying. */
const trustAnchor = 2;
const domainIssued = 3;

/** Adds the flags to a command. readCredentials checks the keys: commander's own messages repeat what they refuse. */
export function addCredentialOptions(command: Command): Command {
	return command
		.option("--psk-identity <id>", "DTLS with a pre-shared key: the identity")
		.option("--psk-key <hex>", "… and the key, in hexadecimal digits")
		.option("--rpk-private-key <file>", "DTLS with raw public keys: the board's private key (P-256; PEM or DER)")
		.option("--rpk-public-key <file>", "… its public key; worked out of the private key without it")
		.option("--server-public-key <file>", "… and the server's public key")
		.option("--cert <file>", "DTLS with certificates: the board's certificate (P-256; PEM or DER)")
		.option("--key <file>", "… its private key")
		.option("--ca <file>", "… and the authority that the server's certificate must come from (usage 2)")
		.option("--server-cert <file>", "… or the server's own certificate (usage 3)")
		.addOption(
			new Option("--certificate-usage <n>", "what that certificate is to the server's, as 0/x/15: 0 to 3").argParser(
				readUsage,
			),
		)
		.addOption(new Option("--cid <on|off>", "connection IDs (RFC 9146); on without it").argParser(readSwitch))
		.option("--sni <name>", "the server name to ask for, instead of the URI's")
		.addOption(
			new Option("--ciphersuite <list>", "cipher suites by IANA name or number, the best first").argParser(readSuites),
		)
		.addOption(
			new Option(
				"--dtls-timeout <time>",
				"first timeout of a handshake flight: 1s without it, 9s on cellular links",
			).argParser(readDuration),
		);
}

function readUsage(text: string): number {
	if (!/^[0-3]$/.test(text)) throw new InvalidArgumentError("Choose 0, 1, 2 or 3.");
	return Number(text);
}

function readSwitch(text: string): boolean {
	if (text !== "on" && text !== "off") throw new InvalidArgumentError("Say on or off.");
	return text === "on";
}

/** "TLS_PSK_WITH_AES_128_CCM_8,0xc0ae" */
function readSuites(text: string): readonly number[] {
	return text.split(",").map((word) => {
		const number = /^(0x[0-9a-f]{1,4}|\d{1,5})$/i.test(word) ? Number(word) : -1;
		const suite = suites.find(({ id, name }) => id === number || name === word.toUpperCase());
		if (suite === undefined) {
			throw new InvalidArgumentError(
				`Choose from ${suites.map(({ name, id }) => `${name} (${hexOf(id)})`).join(", ")}.`,
			);
		}
		return suite.id;
	});
}

const hexOf = (id: number) => `0x${id.toString(16).padStart(4, "0")}`;

/** Whether any of the flags that bring keys is there. */
export function hasCredentials(options: CredentialOptions): boolean {
	return ways.some(({ flags }) => flags.some((flag) => options[flag] !== undefined));
}

/**
 * Checks the flags and reads the files they name.
 * @param serverKey stands for --server-public-key or --server-cert where the server is our own
 * @returns what goes to the board in its factory record; undefined without any of the flags
 * @throws WrongUsage, naming the flag and never a key
 */
export function readCredentials(options: CredentialOptions, serverKey?: ServerKey): FactorySecurity | undefined {
	const given = ways.filter(({ flags }) => flags.some((flag) => options[flag] !== undefined));
	const [way, other] = given;
	if (way === undefined) {
		const idle = settings.find((flag) => options[flag] !== undefined);
		if (idle !== undefined) throw new WrongUsage(`${flagOf(idle)} is about DTLS: give keys too, ${suggestion}`);
		return undefined;
	}
	if (other !== undefined) {
		const names = given.map(({ flags }) => flagOf(flags.find((flag) => options[flag] !== undefined)!));
		throw new WrongUsage(`${names.join(" and ")} belong to different ways to secure a server: choose one`);
	}
	const { sni, ciphersuite, cid, dtlsTimeout } = options;
	const keys = { psk: pskOf, rpk: rpkOf, x509: x509Of }[way.mode](options, serverKey);
	checkSuites(way.mode, ciphersuite);
	return {
		...keys,
		...(sni === undefined ? {} : { sni }),
		...(ciphersuite === undefined ? {} : { ciphersuites: ciphersuite }),
		...(cid === undefined ? {} : { connectionId: cid }),
		...(dtlsTimeout === undefined ? {} : { flightTimeoutMs: dtlsTimeout }),
	};
}

/** Checks the flags before there is anything to use them; for a server of our own. @throws WrongUsage */
export function checkCredentials(options: CredentialOptions): void {
	const none = new Uint8Array(0);
	readCredentials(options, { publicKey: none, certificate: none });
}

/** What a world's own server has to be started with for boards with these keys. @throws WrongUsage */
export function secureServer(options: CredentialOptions, securePort: number) {
	if (!hasCredentials(options)) return {};
	return { securePort, clientAuthorities: authoritiesIn("--cert", options.cert) };
}

/**
 * Makes a world's own server and a board known to each other.
 * @returns what goes to the board in its factory record; undefined without keys
 * @throws WrongUsage
 */
export function introduce(
	endpoint: string,
	options: CredentialOptions,
	{ security, identity }: Pick<Lwm2mServer, "security" | "identity">,
): FactorySecurity | undefined {
	const key = identity === undefined ? undefined : { publicKey: identity.publicKey, certificate: identity.chain[0]! };
	const keys = readCredentials(options, key);
	if (keys !== undefined) security.add(infoOf(endpoint, keys));
	return keys;
}

/** The certificate in a file, in DER, for those that trust it; none without a file. @throws WrongUsage */
export function authoritiesIn(flag: string, path: string | undefined): readonly Uint8Array[] {
	return path === undefined ? [] : [Uint8Array.from(certificateIn(flag, path).raw)];
}

/**
 * The key and certificate of `dormouse server`.
 * @returns undefined without the flags: the server draws its own
 * @throws WrongUsage
 */
export function readIdentity({ cert, key }: { readonly cert?: string; readonly key?: string }) {
	if (key === undefined) {
		if (cert !== undefined) throw new WrongUsage("--cert needs --key");
		return undefined;
	}
	const privateKey = privateKeyIn("--key", key);
	const certificate = cert === undefined ? undefined : certificateIn("--cert", cert);
	if (certificate?.checkPrivateKey(privateKey) === false) {
		throw new WrongUsage("--key does not belong to the certificate of --cert");
	}
	return {
		privateKey: Uint8Array.from(Buffer.from(privateKey.export({ format: "jwk" }).d!, "base64url")),
		publicKey: fromHex(spkiOf(createPublicKey(privateKey)))!,
		chain: certificate === undefined ? [] : [Uint8Array.from(certificate.raw)],
	};
}

/** What our own server must know to let a board with these keys register. */
export function infoOf(endpoint: string, { mode, publicKeyOrIdentity, secretKey }: FactorySecurity): SecurityInfo {
	const own = fromHex(publicKeyOrIdentity)!;
	switch (mode) {
		case "psk":
			return { endpoint, mode, identity: readUtf8(own)!, key: fromHex(secretKey)! };
		case "rpk":
			return { endpoint, mode, publicKey: own };
		case "x509":
			return { endpoint, mode };
	}
}

/** What to give for a server that wants DTLS. */
export const suggestion =
	"--psk-identity with --psk-key, --rpk-private-key with --server-public-key, " +
	"or --cert with --key and --ca or --server-cert";

function pskOf({ pskIdentity, pskKey }: CredentialOptions): FactorySecurity {
	if (pskIdentity === undefined || pskKey === undefined) {
		throw new WrongUsage(
			`${pskKey === undefined ? "--psk-identity needs --psk-key" : "--psk-key needs --psk-identity"}`,
		);
	}
	const size = utf8Size(pskIdentity);
	if (size === 0 || size > identityMostBytes) {
		throw new WrongUsage(`--psk-identity: give 1 to ${identityMostBytes} bytes, not ${size}`);
	}
	if (/[^0-9a-f]/i.test(pskKey)) throw new WrongUsage("--psk-key: write it in hexadecimal digits, 0-9 and a-f");
	if (pskKey.length % 2 !== 0) {
		throw new WrongUsage(`--psk-key: ${pskKey.length} hexadecimal digits do not make whole bytes: one is missing`);
	}
	const key = fromHex(pskKey)!;
	if (key.length === 0 || key.length > pskMostBytes) {
		throw new WrongUsage(`--psk-key: give 1 to ${pskMostBytes} bytes, 16 as a rule, not ${key.length}`);
	}
	return { mode: "psk", publicKeyOrIdentity: toHex(utf8(pskIdentity)), secretKey: toHex(key) };
}

function rpkOf(options: CredentialOptions, serverKey: ServerKey | undefined): FactorySecurity {
	const { rpkPrivateKey, rpkPublicKey, serverPublicKey } = options;
	if (rpkPrivateKey === undefined) throw new WrongUsage("raw public keys need --rpk-private-key");
	if (serverPublicKey === undefined && serverKey === undefined) {
		throw new WrongUsage("--rpk-private-key needs --server-public-key: whom shall the board believe?");
	}
	const key = privateKeyIn("--rpk-private-key", rpkPrivateKey);
	const own = spkiOf(createPublicKey(key));
	if (rpkPublicKey !== undefined) {
		const shown = spkiOf(publicKeyIn("--rpk-public-key", rpkPublicKey));
		if (own !== shown) throw new WrongUsage("--rpk-public-key is not the other half of --rpk-private-key");
	}
	const server =
		serverPublicKey === undefined
			? toHex(serverKey!.publicKey)
			: spkiOf(publicKeyIn("--server-public-key", serverPublicKey));
	return { mode: "rpk", publicKeyOrIdentity: own, secretKey: pkcs8Of(key), serverPublicKey: server };
}

function x509Of(options: CredentialOptions, serverKey: ServerKey | undefined): FactorySecurity {
	const { cert, key, ca, serverCert } = options;
	if (cert === undefined || key === undefined) {
		throw new WrongUsage(`certificates need ${cert === undefined ? "--cert" : "--key"}, too`);
	}
	if (ca !== undefined && serverCert !== undefined) {
		throw new WrongUsage("--ca and --server-cert say the same thing in two ways: choose one");
	}
	if (ca === undefined && serverCert === undefined && serverKey === undefined) {
		throw new WrongUsage("--cert needs --ca or --server-cert: whom shall the board believe?");
	}
	const certificate = certificateIn("--cert", cert);
	const privateKey = privateKeyIn("--key", key);
	if (!certificate.checkPrivateKey(privateKey))
		throw new WrongUsage("--key does not belong to the certificate of --cert");
	const server =
		ca !== undefined
			? certificateIn("--ca", ca).raw.toString("hex")
			: serverCert !== undefined
				? certificateIn("--server-cert", serverCert).raw.toString("hex")
				: toHex(serverKey!.certificate);
	return {
		mode: "x509",
		publicKeyOrIdentity: certificate.raw.toString("hex"),
		secretKey: pkcs8Of(privateKey),
		serverPublicKey: server,
		certificateUsage: options.certificateUsage ?? (ca === undefined ? domainIssued : trustAnchor),
	};
}

function checkSuites(mode: FactorySecurity["mode"], ciphersuites: readonly number[] | undefined): void {
	const wanted = mode === "psk" ? "psk" : "ecdheEcdsa";
	const odd = suites.find(({ id, keyExchange }) => ciphersuites?.includes(id) && keyExchange !== wanted);
	if (odd !== undefined) throw new WrongUsage(`--ciphersuite: ${odd.name} does not go with these keys`);
}

/** "pskIdentity" is "--psk-identity". */
function flagOf(name: string): string {
	return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function fileOf(flag: string, path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "is a folder" : String(code);
		throw new WrongUsage(`${flag}: ${path}: ${why}`, { cause: error });
	}
}

const isPem = (bytes: Buffer) => bytes.includes("-----BEGIN ");

export function privateKeyIn(flag: string, path: string): KeyObject {
	const key = fileOf(flag, path);
	const forms = isPem(key) ? [{ key, format: "pem" } as const] : derForms(key);
	return p256(flag, path, attempt(flag, path, "private key", forms, createPrivateKey));
}

const derForms = (key: Buffer) =>
	[
		{ key, format: "der", type: "pkcs8" },
		{ key, format: "der", type: "sec1" },
	] as const;

/** A certificate's will do, too. */
function publicKeyIn(flag: string, path: string): KeyObject {
	const key = fileOf(flag, path);
	if (key.includes("PRIVATE KEY")) throw new WrongUsage(`${flag}: ${path} holds a private key: give the public one`);
	const form = isPem(key) ? ({ key, format: "pem" } as const) : ({ key, format: "der", type: "spki" } as const);
	return p256(flag, path, attempt(flag, path, "public key", [form], createPublicKey));
}

/** The first that can be read. */
function attempt<Form>(
	flag: string,
	path: string,
	what: string,
	forms: readonly Form[],
	read: (form: Form) => KeyObject,
) {
	for (const form of forms) {
		try {
			return read(form);
		} catch {
			// told below, when no form fits
		}
	}
	throw new WrongUsage(`${flag}: ${path} holds no ${what} in PEM or DER (or it is encrypted)`);
}

function p256(flag: string, path: string, key: KeyObject): KeyObject {
	if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
	throw new WrongUsage(`${flag}: ${path} holds a key of another kind: P-256 (prime256v1) is needed`);
}

function certificateIn(flag: string, path: string): X509Certificate {
	const bytes = fileOf(flag, path);
	let certificate: X509Certificate;
	try {
		certificate = new X509Certificate(Uint8Array.from(bytes));
	} catch (error) {
		throw new WrongUsage(`${flag}: ${path} holds no certificate in PEM or DER`, { cause: error });
	}
	const read = readCertificate(Uint8Array.from(certificate.raw)); // what the device and our server would say of it
	if ("code" in read) throw new WrongUsage(`${flag}: ${path}: not a certificate for LwM2M: ${read.code}, ${read.see}`);
	return certificate;
}

const spkiOf = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("hex");

const pkcs8Of = (key: KeyObject) => key.export({ format: "der", type: "pkcs8" }).toString("hex");
