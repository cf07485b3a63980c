import { type Fault, fault, readUtf8 } from "../bytes.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { DerReader, equalRange, tagIa5String, tagPrintableString, tagSequence, tagSet, tagUtf8String } from "./der.ts";

/** commonName (RFC 5280 Appendix A.1) as DER content in hexadecimal digits. */
const idCommonName = "550403";
/** [2] and [7] of GeneralName (RFC 5280 §4.2.1.6). */
const tagDnsName = 0x82;
const tagIpAddress = 0x87;
/** The longest name of a host (RFC 1035 §2.3.4). */
const hostNameMax = 253;

const nameMissing = fault("x509.noName", "silence", "LwM2M Transport 1.2 §5.2.9.3");

/**
 * Whether the certificate is one of `host` (RFC 6125 §6.4, RFC 7252 §9.1.3.3, LwM2M Transport 1.2 §5.2.9.3).
 * - An address literal is looked for among the iPAddress names of subjectAltName and nowhere else.
 * - A name is looked for among its dNSName names, without regard to case; "*" may stand for the whole left-most label,
 *   when at least two labels follow. When there is no subjectAltName at all, the one Common Name of the subject counts.
 * @param host a name in ASCII (A-labels) or an address literal, an IPv6 one without brackets
 */
export function isNamed(certificate: Certificate, host: string): boolean {
	const address = addressBytes(host);
	const wanted = address ?? nameBytes(host);
	if (wanted === undefined) return false;
	const { bytes, altNamesAt, altNamesEnd } = certificate;
	if (altNamesAt >= 0) {
		const der = new DerReader(bytes, altNamesAt, altNamesEnd);
		while (!der.isDone) {
			const { tag } = der;
			der.takeAny();
			const { contentAt, contentEnd } = der;
			if (address !== undefined) {
				const isSame = equalRange(bytes, contentAt, contentEnd, wanted, 0, wanted.length);
				if (tag === tagIpAddress && isSame) return true;
			} else if (tag === tagDnsName && matches(bytes, contentAt, contentEnd, wanted)) return true;
		}
		return false;
	}
	if (address !== undefined) return false;
	const der = commonName(certificate);
	return der !== undefined && matches(bytes, der.contentAt, der.contentEnd, wanted);
}

/**
 * What a client's certificate calls its owner: the Common Name of the subject, which is the endpoint client name
 * (LwM2M Transport 1.2 §5.2.9.3), or the first dNSName where the subject has none (RFC 7925 §4.4.2).
 * @returns the name, or the Fault: two Common Names are as bad as none
 */
export function readEndpointName(bytes: Uint8Array): string | Fault {
	const certificate = readCertificate(bytes);
	if ("code" in certificate) return certificate;
	let der = commonName(certificate);
	if (der === undefined && countCommonNames(certificate) === 0 && certificate.altNamesAt >= 0) {
		der = new DerReader(bytes, certificate.altNamesAt, certificate.altNamesEnd);
		while (!der.isDone && der.tag !== tagDnsName) der.takeAny();
		if (!der.takeAny()) der = undefined;
	}
	if (der === undefined || der.contentAt === der.contentEnd) return nameMissing;
	return readUtf8(bytes, der.contentAt, der.contentEnd) ?? nameMissing;
}

/** @returns a reader whose content is the only Common Name of the subject; undefined without one, or with several */
function commonName(certificate: Certificate): DerReader | undefined {
	const found = new DerReader(certificate.bytes, 0, 0);
	return seekCommonNames(certificate, found) === 1 ? found : undefined;
}

function countCommonNames(certificate: Certificate): number {
	return seekCommonNames(certificate, new DerReader(certificate.bytes, 0, 0));
}

/**
 * Goes through the subject (RFC 5280 §4.1.2.4: a sequence of sets of pairs).
 * @param found its content becomes the last Common Name's
 * @returns how many there are in kinds of strings that we read; -1 when the subject is no Name
 */
function seekCommonNames(certificate: Certificate, found: DerReader): number {
	const der = new DerReader(certificate.bytes, certificate.subjectAt, certificate.subjectEnd);
	let count = 0;
	const outer = der.enter(tagSequence);
	while (!der.isDone) {
		const set = der.enter(tagSet);
		while (!der.isDone) {
			const pair = der.enter(tagSequence);
			const isCommonName = der.takeIdentifier() === idCommonName;
			const { tag } = der;
			der.takeAny();
			if (isCommonName && (tag === tagUtf8String || tag === tagPrintableString || tag === tagIa5String)) {
				count++;
				found.contentAt = der.contentAt;
				found.contentEnd = der.contentEnd;
			}
			der.leave(pair);
		}
		der.leave(set);
	}
	der.leave(outer);
	return der.fault === undefined ? count : -1;
}

/** Compares a presented name with the wanted one, in lower case (RFC 6125 §6.4.1, §6.4.3). */
function matches(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean {
	let from = 0;
	let presentedAt = at;
	if (end - at > 2 && bytes[at] === 0x2a && bytes[at + 1] === 0x2e) {
		from = wanted.indexOf(0x2e);
		presentedAt = at + 1;
		if (from < 1 || wanted.indexOf(0x2e, from + 1) < 0) return false;
	}
	if (end - presentedAt !== wanted.length - from) return false;
	for (let index = from; index < wanted.length; index++) {
		if (lowerCase(bytes[presentedAt + index - from]!) !== wanted[index]) return false;
	}
	return true;
}

function lowerCase(byte: number): number {
	return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** @returns a host's name in lower case, without a dot at its end; undefined when it is none */
function nameBytes(host: string): Uint8Array | undefined {
	const size = host.endsWith(".") ? host.length - 1 : host.length;
	if (size < 1 || size > hostNameMax) return undefined;
	const bytes = new Uint8Array(size);
	for (let index = 0; index < size; index++) {
		const byte = lowerCase(host.charCodeAt(index));
		const isLetter = byte >= 0x61 && byte <= 0x7a;
		const isDigit = byte >= 0x30 && byte <= 0x39;
		if (!isLetter && !isDigit && byte !== 0x2d && byte !== 0x2e && byte !== 0x5f) return undefined;
		bytes[index] = byte;
	}
	return bytes;
}

/** @returns the 4 or 16 bytes of an IPv4 or IPv6 literal (RFC 4291 §2.2); undefined for anything else */
export function addressBytes(host: string): Uint8Array | undefined {
	if (host.length > 45) return undefined;
	if (host.indexOf(":") < 0) {
		const bytes = new Uint8Array(4);
		return fillIpv4(host, bytes, 0) ? bytes : undefined;
	}
	const bytes = new Uint8Array(16);
	const gap = host.indexOf("::");
	if (gap < 0) return fillGroups(host, bytes, 0) === 16 ? bytes : undefined;
	const head = host.slice(0, gap);
	const tail = host.slice(gap + 2);
	const headSize = head === "" ? 0 : fillGroups(head, bytes, 0);
	if (headSize < 0 || headSize > 14 || tail.indexOf("::") >= 0) return undefined;
	if (tail === "") return bytes;
	const end = new Uint8Array(16);
	const tailSize = fillGroups(tail, end, 0);
	if (tailSize < 0 || headSize + tailSize > 14) return undefined;
	for (let index = 0; index < tailSize; index++) bytes[16 - tailSize + index] = end[index]!;
	return bytes;
}

/** Fills groups "h:h:…", the last of which may be an IPv4 address. @returns where they end; -1 when they are none */
function fillGroups(text: string, bytes: Uint8Array, at: number): number {
	const groups = text.split(":", 9);
	let to = at;
	for (let index = 0; index < groups.length; index++) {
		const group = groups[index]!;
		if (index === groups.length - 1 && group.indexOf(".") >= 0) {
			return to <= 12 && fillIpv4(group, bytes, to) ? to + 4 : -1;
		}
		const value = digitsValue(group, 16, 4);
		if (value < 0 || to > 14) return -1;
		bytes[to] = value >> 8;
		bytes[to + 1] = value & 0xff;
		to += 2;
	}
	return to;
}

function fillIpv4(text: string, bytes: Uint8Array, at: number): boolean {
	const parts = text.split(".", 5);
	if (parts.length !== 4) return false;
	for (let index = 0; index < 4; index++) {
		const part = parts[index]!;
		const value = digitsValue(part, 10, 3);
		if (value < 0 || value > 255 || (part.length > 1 && part.startsWith("0"))) return false;
		bytes[at + index] = value;
	}
	return true;
}

/** @returns the number that 1 to `longest` digits spell, -1 when they do not */
function digitsValue(text: string, base: 10 | 16, longest: number): number {
	if (text.length < 1 || text.length > longest) return -1;
	let value = 0;
	for (let index = 0; index < text.length; index++) {
		const code = lowerCase(text.charCodeAt(index));
		const digit = code >= 0x61 ? code - 0x57 : code - 0x30;
		if (digit < 0 || digit >= base || (code > 0x39 && code < 0x61)) return -1;
		value = value * base + digit;
	}
	return value;
}
