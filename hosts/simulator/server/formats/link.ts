import { refuse } from "./codec-failure.ts";

/**
 * One link of an object list or a Discover answer (RFC 6690 §2): the target and its attributes, in the order
 * given.
 */
export interface Link {
	readonly target: string;
	/** Values as they stand on the wire, quotes included; undefined for an attribute without a value. */
	readonly attributes: ReadonlyMap<string, string | undefined>;
}

/** Attribute names of RFC 8187/6690: token characters. */
const name = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
/** A quoted string, or the ptoken of RFC 6690. */
const value = /"(?:[^"\\]|\\.)*"|[!#$%&'()*+./0-9:<=>?@A-Z[\]^_`a-z{|}~-]+/y;

/**
 * Reads link format.
 * @throws CodecFailure for anything that RFC 6690's grammar does not have; an empty payload is no links
 */
export function readLinks(bytes: Uint8Array): Link[] {
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return refuse("link format that is not UTF-8");
	}
	const links: Link[] = [];
	let at = 0;
	const match = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at;
		const found = pattern.exec(text)?.[0];
		if (found !== undefined) at += found.length;
		return found;
	};
	// Not in RFC 6690, but in the examples of Core 1.2 §6.2.1: blanks round what separates.
	const blanks = (): void => {
		while (text[at] === " ") at++;
	};
	blanks();
	while (at < text.length) {
		if (links.length > 0) {
			if (text[at++] !== ",") refuse(`expected a comma at ${at - 1} of a link list`);
			blanks();
		}
		const end = text.indexOf(">", at);
		if (text[at] !== "<" || end < 0) refuse(`expected <target> at ${at} of a link list`);
		const target = text.slice(at + 1, end);
		if (/[\s<"]/.test(target)) refuse(`a link's target is not a URI reference: ${target.slice(0, 40)}`);
		at = end + 1;
		const attributes = new Map<string, string | undefined>();
		blanks();
		while (text[at] === ";") {
			at++;
			blanks();
			const key = match(name) ?? refuse(`expected an attribute at ${at} of a link list`);
			let held: string | undefined;
			if (text[at] === "=") {
				at++;
				held = match(value) ?? refuse(`expected a value at ${at} of a link list`);
			}
			attributes.set(key, held);
			blanks();
		}
		links.push({ target, attributes });
	}
	return links;
}

/** Writes links as link format. */
export function writeLinks(links: readonly Link[]): string {
	const attribute = ([key, held]: [string, string | undefined]) => `;${key}${held === undefined ? "" : `=${held}`}`;
	return links.map(({ target, attributes }) => `<${target}>${[...attributes].map(attribute).join("")}`).join(",");
}

/** An attribute's value without its quotes; undefined when it has none. */
export function attributeText(link: Link, key: string): string | undefined {
	const held = link.attributes.get(key);
	return held?.startsWith('"') ? held.slice(1, -1).replace(/\\(.)/g, "$1") : held;
}
