import { type Fault, fault, readUtf8 } from "../bytes.ts";
import { Output } from "./output.ts";

/**
 * An attribute of a link. Without a value it is a bare name. `form` is "quoted" where the value stood between quotes; a
 * writer may ask for that, and otherwise quotes what is not just digits, points and minus signs.
 */
export type LinkAttribute = readonly [name: string, value?: string | undefined, form?: "quoted" | undefined];

/** One link of application/link-format (RFC 6690 §2). */
export interface Link {
	readonly target: string;
	readonly attributes: readonly LinkAttribute[];
}

/** Most links one document may carry, and most attributes one link; past them the document is refused with 4.13. */
export const maxLinks = 1024;
export const maxAttributes = 32;

const malformed = fault("link.malformed", 0x80, "RFC 6690 §2");
const badTarget = fault("link.target", 0x80, "RFC 6690 §2.1, RFC 3986 §4.1");
const badText = fault("link.text", 0x80, "RFC 3629 §3");
const tooMany = fault("link.tooMany", 0x8d, "RFC 7252 §5.9.2.9");

/** Writes link-format piece by piece, so that a long object list needs no objects. */
export class LinkWriter {
	readonly #out = new Output();

	/** Begins a link. `target` is a URI-reference, such as "/3/0". */
	link(target: string): void {
		this.#out.text(this.#out.size === 0 ? `<${target}>` : `,<${target}>`);
	}

	/** Adds an attribute to the link begun last. */
	attribute(name: string, value?: string | number, form?: "quoted"): void {
		if (value === undefined) this.#out.text(`;${name}`);
		else if (form === "quoted" || !isBare(`${value}`)) this.#out.text(`;${name}="${escapeQuoted(`${value}`)}"`);
		else this.#out.text(`;${name}=${value}`);
	}

	/** @returns the document. The writer is done with after this */
	finish(): Uint8Array {
		return this.#out.take();
	}
}

/** Writes a whole document. */
export function writeLinks(links: readonly Link[]): Uint8Array {
	const writer = new LinkWriter();
	for (let index = 0; index < links.length; index++) {
		const link = links[index]!;
		writer.link(link.target);
		for (let each = 0; each < link.attributes.length; each++) {
			const attribute = link.attributes[each]!;
			writer.attribute(attribute[0], attribute[1], attribute[2]);
		}
	}
	return writer.finish();
}

/**
 * Whether a value is digits, points and minus signs: numbers and versions, which LwM2M's examples leave unquoted (Core
 * 1.2 §6.2.1).
 */
function isBare(value: string): boolean {
	for (let index = 0; index < value.length; index++) {
		const unit = value.charCodeAt(index);
		if ((unit < 0x30 || unit > 0x39) && unit !== 0x2e && unit !== 0x2d) return false;
	}
	return value !== "";
}

function escapeQuoted(value: string): string {
	return value.split("\\").join("\\\\").split('"').join('\\"');
}

/**
 * Reads a document, strictly but for blanks round commas and semicolons, which LwM2M's own examples have and RFC 6690
 * has not.
 * @returns the links, or why the document is refused. Never throws
 */
export function readLinks(bytes: Uint8Array, at: number, end: number): Link[] | Fault {
	const links: Link[] = [];
	return new LinkReader(bytes, at, end).read(links) ?? links;
}

class LinkReader {
	readonly #bytes: Uint8Array;
	readonly #end: number;
	#at: number;
	/** What the token read last says. */
	#token = "";

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.#bytes = bytes;
		this.#end = end;
		this.#at = at;
	}

	read(links: Link[]): Fault | undefined {
		if (this.peek() === -1) return undefined;
		do {
			if (links.length === maxLinks) return tooMany;
			const attributes: LinkAttribute[] = [];
			const fault = this.readTarget();
			if (fault !== undefined) return fault;
			links.push({ target: this.#token, attributes });
			while (this.skip(0x3b)) {
				if (attributes.length === maxAttributes) return tooMany;
				const fault = this.readAttribute(attributes);
				if (fault !== undefined) return fault;
			}
		} while (this.skip(0x2c));
		return this.peek() === -1 ? undefined : malformed;
	}

	/** Reads "<", a URI-reference and ">". */
	private readTarget(): Fault | undefined {
		if (!this.skip(0x3c)) return malformed;
		const from = this.#at;
		while (this.#at < this.#end && isUriByte(this.#bytes[this.#at]!)) this.#at += 1;
		if (this.#at === this.#end || this.#bytes[this.#at] !== 0x3e) return badTarget;
		this.#token = readUtf8(this.#bytes, from, this.#at)!;
		this.#at += 1;
		return undefined;
	}

	/** Reads a name and, behind "=", a token or a quoted string. */
	private readAttribute(attributes: LinkAttribute[]): Fault | undefined {
		this.peek();
		if (!this.readToken(isNameByte)) return malformed;
		const name = this.#token;
		if (this.#at === this.#end || this.#bytes[this.#at] !== 0x3d) {
			attributes.push([name]);
			return undefined;
		}
		this.#at += 1;
		if (this.#at < this.#end && this.#bytes[this.#at] === 0x22) {
			const fault = this.readQuoted();
			if (fault !== undefined) return fault;
			attributes.push([name, this.#token, "quoted"]);
			return undefined;
		}
		if (!this.readToken(isValueByte)) return malformed;
		attributes.push([name, this.#token]);
		return undefined;
	}

	/** Reads the bytes that `accepts` takes. @returns whether there was one */
	private readToken(accepts: (byte: number) => boolean): boolean {
		const from = this.#at;
		while (this.#at < this.#end && accepts(this.#bytes[this.#at]!)) this.#at += 1;
		this.#token = readUtf8(this.#bytes, from, this.#at)!;
		return this.#at > from;
	}

	/**
	 * Reads a string between quotes, where a backslash stands before a character that is meant as it is (RFC 2616 §2.2).
	 */
	private readQuoted(): Fault | undefined {
		let text = "";
		let from = this.#at + 1;
		for (this.#at = from; this.#at < this.#end; this.#at++) {
			const byte = this.#bytes[this.#at]!;
			if (byte !== 0x22 && byte !== 0x5c) continue;
			const plain = readUtf8(this.#bytes, from, this.#at);
			if (plain === undefined) return badText;
			text += plain;
			this.#at += 1;
			from = this.#at;
			if (byte === 0x5c) continue;
			this.#token = text;
			return undefined;
		}
		return malformed;
	}

	/** Passes over `byte`, and blanks before it, if it is next. */
	private skip(byte: number): boolean {
		if (this.peek() !== byte) return false;
		this.#at += 1;
		return true;
	}

	/** @returns the next byte behind any blanks, or -1 at the end */
	private peek(): number {
		while (this.#at < this.#end && this.#bytes[this.#at] === 0x20) this.#at += 1;
		return this.#at < this.#end ? this.#bytes[this.#at]! : -1;
	}
}

/** Whether a byte may stand in a URI-reference: printable ASCII but the delimiters that RFC 3986 keeps out of URIs. */
function isUriByte(byte: number): boolean {
	return byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x3c && byte !== 0x3e && byte !== 0x5c;
}

/**
 * Whether a byte may stand in the name of an attribute (parmname, RFC 5987 §3.2.1, with the "*" of an extended one).
 */
function isNameByte(byte: number): boolean {
	return (
		(byte >= 0x30 && byte <= 0x39) ||
		((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ||
		"!#$&+-.^_`|~*".includes(String.fromCharCode(byte))
	);
}

/** Whether a byte may stand in a value without quotes (ptoken, RFC 6690 §2). */
function isValueByte(byte: number): boolean {
	return byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x2c && byte !== 0x3b && byte !== 0x5c;
}
