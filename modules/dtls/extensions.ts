import { type Fault, fault, utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { AlertDescription } from "./alert.ts";
import type { Reader, Writer } from "./vector.ts";

/** What we know of IANA's "TLS ExtensionType Values". */
export const ExtensionType = frozen({
	serverName: 0,
	maxFragmentLength: 1,
	supportedGroups: 10,
	pointFormats: 11,
	signatureAlgorithms: 13,
	clientCertificateType: 19,
	serverCertificateType: 20,
	encryptThenMac: 22,
	extendedMasterSecret: 23,
	recordSizeLimit: 28,
	sessionTicket: 35,
	connectionId: 54,
	renegotiationInfo: 0xff01,
});

/** RFC 7250 §3. */
export const CertificateType = frozen({ x509: 0, rawPublicKey: 2 });
/** IANA's "TLS Supported Groups". */
export const NamedGroup = frozen({ secp256r1: 23 });
/** IANA's "TLS SignatureScheme": SHA-256 with ECDSA, in TLS 1.2 on any curve. */
export const SignatureAlgorithm = frozen({ ecdsaSha256: 0x0403 });

/** The extensions of a hello. A field that is absent is an extension that is absent. */
export interface Extensions {
	/** RFC 6066 §3: a name in ASCII. In a ServerHello the extension is empty, and this is "". */
	serverName?: string;
	/** RFC 6066 §4: 1 to 4 for 2^9 to 2^12 bytes. */
	maxFragmentLength?: number;
	/** RFC 8449: how many bytes of plaintext in a record, 64 at least. */
	recordSizeLimit?: number;
	/** RFC 7627 §5.1. */
	extendedMasterSecret?: true;
	/** RFC 7366. */
	encryptThenMac?: true;
	/** RFC 5077 §3.2: empty where a client has none yet, and in a ServerHello. */
	sessionTicket?: Uint8Array;
	/** RFC 9146 §3: what the receiver puts on its records to the sender; 0 to 255 bytes. */
	connectionId?: Uint8Array;
	/** RFC 7250 §4.1: of CertificateType, the preferred one first. In a ServerHello just the one that was chosen. */
	clientCertificateTypes?: readonly number[];
	serverCertificateTypes?: readonly number[];
	/** RFC 8422 §5.1.1: of NamedGroup. */
	supportedGroups?: readonly number[];
	/** RFC 8422 §5.1.2: 0 is uncompressed. */
	pointFormats?: readonly number[];
	/** RFC 5246 §7.4.1.4.1: of SignatureAlgorithm. */
	signatureAlgorithms?: readonly number[];
	/** RFC 5746 §3.2: empty in a first handshake. */
	renegotiationInfo?: Uint8Array;
	/** Extensions came that we do not know. In a ServerHello nobody asked for them. Never written. */
	hasUnknown?: true;
}

/** Who wrote a hello: some extensions look different in a ServerHello. */
export type HelloSender = "client" | "server";

/** Extensions in one hello; one more makes it unreadable. */
export const extensionsMax = 32;
/** How many groups, algorithms or formats of a list are looked at. */
export const listItemsMax = 64;
/** RFC 1035 §3.1. */
const hostNameBytesMax = 255;

export const EXTENSION_BROKEN = fault("dtls.extensionBroken", AlertDescription.decodeError, "RFC 5246 §7.4.1.4");
export const EXTENSION_TWICE = fault("dtls.extensionTwice", AlertDescription.illegalParameter, "RFC 5246 §7.4.1.4");
export const EXTENSION_VALUE = fault("dtls.extensionValue", AlertDescription.illegalParameter, "RFC 6066 §4, RFC 8449");
export const EXTENSION_UNOFFERED = fault(
	"dtls.extensionUnoffered",
	AlertDescription.unsupportedExtension,
	"RFC 5246 §7.4.1.4",
);

/**
 * Reads the extensions at the end of a hello. None at all, not even their length, is right (RFC 5246 §7.4.1.2).
 * @param reader stands behind the compression methods; is read to its end
 */
export function readExtensions(reader: Reader, sender: HelloSender): Extensions | Fault {
	const extensions: Extensions = {};
	if (reader.isDone) return extensions;
	const list = reader.nested(2);
	if (!reader.isDone) return EXTENSION_BROKEN;
	const seen: number[] = [];
	while (list.at < list.end) {
		const type = list.uint(2);
		const data = list.nested(2);
		if (data.isBroken || seen.length === extensionsMax) return EXTENSION_BROKEN;
		if (seen.includes(type)) return EXTENSION_TWICE;
		seen.push(type);
		const broken = readExtension(extensions, type, data, sender);
		if (broken !== undefined) return broken;
		if (!data.isDone) return EXTENSION_BROKEN;
	}
	return extensions;
}

function readExtension(to: Extensions, type: number, data: Reader, sender: HelloSender): Fault | undefined {
	switch (type) {
		case ExtensionType.serverName:
			return readServerName(to, data, sender);
		case ExtensionType.maxFragmentLength:
			to.maxFragmentLength = data.uint(1);
			return to.maxFragmentLength < 1 || to.maxFragmentLength > 4 ? EXTENSION_VALUE : undefined;
		case ExtensionType.supportedGroups:
			to.supportedGroups = data.uints(2, 2, listItemsMax);
			return undefined;
		case ExtensionType.pointFormats:
			to.pointFormats = data.uints(1, 1, listItemsMax);
			return undefined;
		case ExtensionType.signatureAlgorithms:
			to.signatureAlgorithms = data.uints(2, 2, listItemsMax);
			return undefined;
		case ExtensionType.clientCertificateType:
			to.clientCertificateTypes = readCertificateTypes(data, sender);
			return undefined;
		case ExtensionType.serverCertificateType:
			to.serverCertificateTypes = readCertificateTypes(data, sender);
			return undefined;
		case ExtensionType.encryptThenMac:
			to.encryptThenMac = true;
			return undefined;
		case ExtensionType.extendedMasterSecret:
			to.extendedMasterSecret = true;
			return undefined;
		case ExtensionType.recordSizeLimit:
			to.recordSizeLimit = data.uint(2);
			return to.recordSizeLimit < 64 ? EXTENSION_VALUE : undefined;
		case ExtensionType.sessionTicket:
			to.sessionTicket = data.take(data.end - data.at);
			return undefined;
		case ExtensionType.connectionId:
			to.connectionId = data.opaque(1, 0, 255);
			return undefined;
		case ExtensionType.renegotiationInfo:
			to.renegotiationInfo = data.opaque(1, 0, 255);
			return undefined;
		default:
			to.hasUnknown = true;
			data.skip(data.end - data.at);
			return undefined;
	}
}

function readCertificateTypes(data: Reader, sender: HelloSender): number[] {
	return sender === "client" ? data.uints(1, 1, listItemsMax) : [data.uint(1)];
}

/** One host_name; RFC 6066 §3 allows no second one, and no other type of name was ever defined. */
function readServerName(to: Extensions, data: Reader, sender: HelloSender): Fault | undefined {
	to.serverName = "";
	if (sender === "server") return undefined;
	const list = data.nested(2);
	if (list.uint(1) !== 0) return EXTENSION_VALUE;
	const name = list.opaque(2, 1, hostNameBytesMax);
	if (!list.isDone) return EXTENSION_BROKEN;
	for (let index = 0; index < name.length; index++) {
		if (name[index]! <= 0x20 || name[index]! >= 0x7f) return EXTENSION_VALUE;
		to.serverName += String.fromCharCode(name[index]!);
	}
	return undefined;
}

/** Writes the extensions at the end of a hello; nothing at all where there is none. */
export function writeExtensions(writer: Writer, extensions: Extensions, sender: HelloSender): void {
	const list = new ExtensionWriter(writer);
	const { serverName, recordSizeLimit } = extensions;
	if (serverName !== undefined) {
		const name = utf8(serverName);
		const start = list.begin(ExtensionType.serverName);
		if (sender === "client")
			writer
				.uint(name.length + 3, 2)
				.uint(0, 1)
				.opaque(name, 2);
		writer.close(start, 2);
	}
	if (extensions.maxFragmentLength !== undefined) {
		list.put(ExtensionType.maxFragmentLength, Uint8Array.of(extensions.maxFragmentLength));
	}
	list.uints(ExtensionType.supportedGroups, extensions.supportedGroups, 2, 2);
	list.uints(ExtensionType.pointFormats, extensions.pointFormats, 1, 1);
	list.uints(ExtensionType.signatureAlgorithms, extensions.signatureAlgorithms, 2, 2);
	const lengthSize = sender === "client" ? 1 : 0;
	list.uints(ExtensionType.clientCertificateType, extensions.clientCertificateTypes, lengthSize, 1);
	list.uints(ExtensionType.serverCertificateType, extensions.serverCertificateTypes, lengthSize, 1);
	if (extensions.encryptThenMac === true) list.put(ExtensionType.encryptThenMac, new Uint8Array(0));
	if (extensions.extendedMasterSecret === true) list.put(ExtensionType.extendedMasterSecret, new Uint8Array(0));
	if (recordSizeLimit !== undefined) {
		list.put(ExtensionType.recordSizeLimit, Uint8Array.of(recordSizeLimit >> 8, recordSizeLimit));
	}
	if (extensions.sessionTicket !== undefined) list.put(ExtensionType.sessionTicket, extensions.sessionTicket);
	list.opaque(ExtensionType.connectionId, extensions.connectionId);
	list.opaque(ExtensionType.renegotiationInfo, extensions.renegotiationInfo);
	list.finish();
}

/** The list of extensions while it is written: its length field comes with the first of them. */
class ExtensionWriter {
	readonly #writer: Writer;
	#start = -1;

	constructor(writer: Writer) {
		this.#writer = writer;
	}

	begin(type: number): number {
		if (this.#start < 0) this.#start = this.#writer.open(2);
		return this.#writer.uint(type, 2).open(2);
	}

	put(type: number, data: Uint8Array): void {
		const start = this.begin(type);
		this.#writer.put(data).close(start, 2);
	}

	opaque(type: number, data: Uint8Array | undefined): void {
		if (data === undefined) return;
		const start = this.begin(type);
		this.#writer.opaque(data, 1).close(start, 2);
	}

	/** @param lengthSize 0: one number, without a length */
	uints(type: number, values: readonly number[] | undefined, lengthSize: number, itemSize: number): void {
		if (values === undefined) return;
		const start = this.begin(type);
		if (lengthSize === 0) this.#writer.uint(values[0]!, itemSize);
		else this.#writer.uints(values, lengthSize, itemSize);
		this.#writer.close(start, 2);
	}

	finish(): void {
		if (this.#start >= 0) this.#writer.close(this.#start, 2);
	}
}

/**
 * Whether a ServerHello has only extensions that the ClientHello had, too (RFC 5246 §7.4.1.4). renegotiation_info
 * also answers a cipher suite (RFC 5746 §3.4), and so is let through.
 */
export function unofferedExtension(offered: Extensions, answered: Extensions): Fault | undefined {
	const fields = Object.keys(answered) as (keyof Extensions)[];
	for (let index = 0; index < fields.length; index++) {
		const field = fields[index]!;
		if (field !== "renegotiationInfo" && offered[field] === undefined) return EXTENSION_UNOFFERED;
	}
	return undefined;
}
