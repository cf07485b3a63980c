import { Code } from "../../../modules/coap/code.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import { readLinks } from "./formats/link.ts";
import { badRequest, Refusal } from "./refusal.ts";

/** A profile that can not be kept; the message is for people. */
export class ProfileRefused extends Error {
	override get name() {
		return "ProfileRefused";
	}
}

/** Core 1.2 §6.2.1: a hash that the client made, or what OMA or a vendor has agreed on. */
const dynamicId = /^\d{1,3}:[0-9a-f]{8,128}$/;
const agreedId = /^(oma|v):[A-Za-z0-9-]{1,64}$/;

/**
 * Lists of Objects and Object Instances by Profile ID (Core 1.2 §6.2.1): those that it is told of, and those that
 * clients come with.
 */
export class Profiles {
	readonly #limit: number;
	/** Hears of each change, undefined for one that is gone. */
	changed: (id: string, list: string | undefined) => void = () => {};
	/** Link format, the one used longest ago first. */
	readonly #lists = new Map<string, string>();

	constructor(limit: number) {
		this.#limit = limit;
	}

	all(): ReadonlyMap<string, string> {
		return this.#lists;
	}

	/** @param list in link format: "</1/0>,</3/0>". @throws ProfileRefused */
	set(id: string, list: string): void {
		if (!dynamicId.test(id) && !agreedId.test(id)) throw new ProfileRefused(`${id} is no Profile ID`);
		try {
			readLinks(new TextEncoder().encode(list));
		} catch (error) {
			if (error instanceof CodecFailure) throw new ProfileRefused(error.message);
			throw error;
		}
		this.#put(id, list);
	}

	/** @returns whether there was one */
	remove(id: string): boolean {
		if (!this.#lists.delete(id)) return false;
		this.changed(id, undefined);
		return true;
	}

	/**
	 * The whole list that a Register or Update tells of.
	 * @param ids of its `pid` parameters
	 * @param payload the list that came with it
	 * @throws Refusal 4.09 where a profile is not known: the client has to send the list. 4.00 for what is no Profile ID
	 */
	resolve(ids: readonly string[], payload: Uint8Array): Uint8Array {
		if (ids.length === 0) return payload;
		const unknown = ids.filter((id) => !this.#lists.has(id));
		const own = new TextDecoder().decode(payload);
		for (const id of unknown) {
			if (!dynamicId.test(id) && !agreedId.test(id)) badRequest(`${id} is no Profile ID`);
			// What is hashed is nowhere said: a fingerprint that comes with a list is taken to be that list's.
			const isTeaching = ids.length === 1 && dynamicId.test(id) && namesObjects(payload);
			if (!isTeaching) throw new Refusal(Code.conflict, `profile ${id} is not known: send the list of Objects`);
			this.#put(id, own);
		}
		const lists = ids.map((id) => this.#used(id)).filter((list) => list !== own);
		return new TextEncoder().encode([...lists, own].filter((list) => list !== "").join(","));
	}

	#used(id: string): string {
		const list = this.#lists.get(id)!;
		this.#lists.delete(id);
		this.#lists.set(id, list);
		return list;
	}

	#put(id: string, list: string): void {
		this.#lists.delete(id);
		if (this.#lists.size >= this.#limit) this.remove(this.#lists.keys().next().value!);
		this.#lists.set(id, list);
		this.changed(id, list);
	}
}

/** @throws Refusal 4.00 for what is no link format */
function namesObjects(payload: Uint8Array): boolean {
	try {
		return readLinks(payload).some(({ target }) => /\/\d/.test(target));
	} catch (error) {
		if (error instanceof CodecFailure) badRequest(error.message);
		throw error;
	}
}

/** The Profile IDs of the `pid` parameters' values: one each, or several between quotes. */
export function profileIdsOf(values: readonly string[]): string[] {
	return values.flatMap((value) => (value.startsWith('"') ? value.replace(/^"|"$/g, "").split(",") : [value]));
}
