import { utf8 } from "../bytes.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Formats } from "../formats/format.ts";
import { frozen } from "../frozen.ts";
import { type EnablerVersion, type ObjectFacts, versionToTell } from "./facts.ts";
import type { ObjectEntry } from "./registry.ts";
import { isSecret } from "./target.ts";

/** The formats whose support a root link tells, and the enabler versions that have them; all Clients have the rest. */
const optionalFormats: readonly (readonly [number, EnablerVersion, EnablerVersion])[] = frozen([
	[ContentFormat.cbor, "1.1", "1.2"],
	[ContentFormat.senmlJson, "1.1", "1.2"],
	[ContentFormat.senmlCbor, "1.1", "1.2"],
	[ContentFormat.senmlEtchJson, "1.2", "1.2"],
	[ContentFormat.senmlEtchCbor, "1.2", "1.2"],
	[ContentFormat.tlv, "1.1", "1.2"],
	[ContentFormat.lwm2mJson, "1.0", "1.0"],
	[ContentFormat.lwm2mCbor, "1.2", "1.2"],
]);

/**
 * The links of Register and Update (LwM2M Core 1.2 §6.2.1): one per Object Instance; one per Object only where it has
 * no Instance or a version to tell. Security, OSCORE and COSE stay out.
 * @param enabler says which versions go without saying; undefined tells every version, as a
 * fingerprint of the list does (Core 1.2.2 §6.2.1)
 */
export function objectLinks(objects: readonly ObjectEntry[], enabler: EnablerVersion | undefined): string[] {
	const links: string[] = [];
	for (let index = 0; index < objects.length; index++) {
		const { facts, instances } = objects[index]!;
		const { id } = facts;
		if (isSecret(id)) continue;
		const version = versionText(facts, enabler);
		if (version !== "" || instances.length === 0) links.push(`</${id}>${version}`);
		for (let each = 0; each < instances.length; each++) links.push(`</${id}/${instances[each]!.id}>`);
	}
	return links;
}

/** The link of the root, which tells the formats that not every Client has (LwM2M Core 1.2 §6.2.1). */
export function rootLink(formats: Formats, enabler: EnablerVersion): string {
	const numbers: number[] = [];
	for (let index = 0; index < optionalFormats.length; index++) {
		const [number, since, until] = optionalFormats[index]!;
		const isThere = formats.isWritable(number) || formats.isPatch(number);
		if (isThere && since <= enabler && enabler <= until) numbers.push(number);
	}
	const told = numbers.join(" ");
	const root = '</>;rt="oma.lwm2m"';
	if (numbers.length === 0) return root;
	return numbers.length === 1 ? `${root};ct=${told}` : `${root};ct="${told}"`;
}

/** @returns the payload, in link format */
export function listOf(links: readonly string[]): Uint8Array {
	return utf8(links.join(","));
}

/** Without quotes, also for 1.0, whose Core is of two minds (1.0.2 §5.2.7.3, §6.2.3): Leshan takes no others. */
function versionText(facts: ObjectFacts, enabler: EnablerVersion | undefined): string {
	const version = enabler === undefined ? facts.version : versionToTell(facts, enabler);
	return version === undefined ? "" : `;ver=${version}`;
}
