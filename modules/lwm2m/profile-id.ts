import { toHex, utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { HashRun } from "../host.ts";
import type { EnablerVersion } from "./facts.ts";
import { objectLinks } from "./object-list.ts";
import type { ObjectEntry } from "./registry.ts";

/** A list of Objects and Object Instances that servers were told of beforehand. */
export interface Profile {
	/** "oma:…" as OMNA has it, "v:…" of a vendor, or a hash that the servers know: "6:27354b9a". */
	readonly id: string;
	/** What it stands for, in link format without blanks, versions as a Register of 1.2 tells them. */
	readonly list: string;
}

/** How a Register tells the list by reference. */
export interface ProfiledList {
	/** The value of `pid`. */
	readonly pid: string;
	/** Links that the profiles do not stand for: the payload. */
	readonly rest: readonly string[];
	/** A fingerprint of the whole list: a server that does not know it can learn it. */
	readonly isFingerprint: boolean;
}

export interface ProfileIdOptions {
	/** Those that the servers know; one counts while all of its list is there. */
	readonly known?: readonly Profile[];
	/** Begins a SHA-256: where no known one fits, the whole list has a fingerprint. Absent: no fingerprints. */
	sha256?(): HashRun;
}

/** Bytes of SHA-256 that a suite keeps (RFC 6920 §9.4, by its number): 32 bits are the least (Core 1.2 §6.2.1). */
const suites: readonly number[] = frozen([0, 32, 16, 15, 12, 8, 4]);
const defaultSuite = 6;

/**
 * Profile IDs (LwM2M Core 1.2 §6.2.1): known ones, or a fingerprint. The specification does not say what exactly is
 * hashed, so that a server can not work one out, only know or learn it: here it is the list in link format, ascending,
 * with every version (Core 1.2.2 §6.2.1).
 */
export class ProfileIds {
	readonly #options: ProfileIdOptions;

	constructor(options: ProfileIdOptions) {
		this.#options = options;
	}

	/**
	 * @param suite the hash that the server prefers (1/x/27); one we do not have counts as none
	 * @returns undefined when the list can not be told by reference
	 */
	of(objects: readonly ObjectEntry[], enabler: EnablerVersion, suite: unknown): ProfiledList | undefined {
		const { known = [], sha256 } = this.#options;
		const ids: string[] = [];
		let rest = objectLinks(objects, enabler);
		const links = rest;
		for (let index = 0; index < known.length; index++) {
			const { id, list } = known[index]!;
			const covered = list.split(",");
			if (!covered.every((link) => links.includes(link))) continue;
			ids.push(id);
			rest = rest.filter((link) => !covered.includes(link));
		}
		if (ids.length > 0) {
			return { pid: ids.length === 1 ? ids[0]! : `"${ids.join(",")}"`, rest, isFingerprint: false };
		}
		if (sha256 === undefined) return undefined;
		return { pid: fingerprint(sha256(), objects, suite), rest: [], isFingerprint: true };
	}
}

function fingerprint(run: HashRun, objects: readonly ObjectEntry[], suite: unknown): string {
	const number = typeof suite === "number" && (suites[suite] ?? 0) > 0 ? suite : defaultSuite;
	const list = utf8(objectLinks(objects, undefined).join(","));
	run.update(list, 0, list.length);
	return `${number}:${toHex(run.digest(), 0, suites[number]!)}`;
}
