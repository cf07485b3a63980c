import { isWithin, type Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { levelOf, samePath } from "./path.ts";
import { RequestRefused } from "./refusal.ts";

/**
 * The attributes of class <NOTIFICATION> (LwM2M Core 1.1 §5.1.2, Table 5.1.2-2): periods in seconds, gt, lt and st in
 * the Resource's unit.
 */
export interface AttributeSet {
	readonly pmin?: number;
	readonly pmax?: number;
	readonly gt?: number;
	readonly lt?: number;
	readonly st?: number;
	readonly epmin?: number;
	readonly epmax?: number;
}

export type AttributeName = keyof AttributeSet;

type OpenSet = { -readonly [N in AttributeName]?: number };

/** In the order in which Discover tells them. */
export const attributeNames: readonly AttributeName[] = frozen(["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax"]);

/** Those that compare values: for numbers only, at a Resource or Resource Instance. */
const valueNames: readonly AttributeName[] = frozen(["gt", "lt", "st"]);

/** What one Write-Attributes asks for: a number to set, undefined to take away. */
export type AttributeChanges = { [N in AttributeName]?: number | undefined };

interface Attached {
	readonly path: Path;
	set: OpenSet;
}

/** The attributes one LwM2M Server has attached; every server has its own (LwM2M Core 1.1 §6.3.4). */
export class Attributes {
	readonly #limit: number;
	readonly #attached: Attached[] = [];

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** Those attached to exactly this path. */
	attachedTo(path: Path): AttributeSet {
		return this.find(path)?.set ?? {};
	}

	/**
	 * Those in force at this path: its own, then those of the levels above it (LwM2M Core 1.1 §5.1.1: the lower level
	 * wins).
	 * @param defaults what holds where no level says anything: Resources 2 and 3 of the Server Object; returned itself
	 * when nothing is attached
	 */
	inForce(path: Path, defaults: AttributeSet = {}): AttributeSet {
		let set: OpenSet | undefined;
		for (let level = 1; level <= 4; level++) {
			for (const attached of this.#attached) {
				if (levelOf(attached.path) !== level || !isWithin(path, attached.path)) continue;
				set = Object.assign(set ?? { ...defaults }, attached.set);
			}
		}
		return set ?? defaults;
	}

	/**
	 * Changes what is attached to `path`, all of it or nothing.
	 * @throws RequestRefused 4.00 when the outcome contradicts itself, 5.00 at the limit of paths
	 */
	write(path: Path, changes: AttributeChanges): void {
		const attached = this.find(path);
		const set: OpenSet = { ...attached?.set };
		for (const name of attributeNames) {
			if (!(name in changes)) continue;
			const value = changes[name];
			if (value === undefined) delete set[name];
			else set[name] = value;
		}
		refuseContradiction(set);
		const isEmpty = attributeNames.every((name) => set[name] === undefined);
		if (isEmpty) this.drop(path);
		else if (attached !== undefined) attached.set = set;
		else {
			if (this.#attached.length >= this.#limit) throw new RequestRefused(0xa0, "limit: attributes");
			this.#attached.push({ path: { ...path }, set });
		}
	}

	/** Forgets what was attached below `path`: the Object Instance is gone. */
	forget(path: Path): void {
		for (let index = this.#attached.length - 1; index >= 0; index--) {
			if (isWithin(this.#attached[index]!.path, path)) this.#attached.splice(index, 1);
		}
	}

	private find(path: Path): Attached | undefined {
		for (const attached of this.#attached) if (samePath(attached.path, path)) return attached;
		return undefined;
	}

	private drop(path: Path): void {
		const at = this.#attached.findIndex((attached) => samePath(attached.path, path));
		if (at >= 0) this.#attached.splice(at, 1);
	}
}

/**
 * Reads the query of a Write-Attributes: "pmin=10" sets, "pmin" takes away (LwM2M Transport 1.1 §6.4.4).
 * @throws RequestRefused 4.00 for anything else, or a value no attribute has
 */
export function readAttributes(query: readonly string[]): AttributeChanges {
	const changes: AttributeChanges = {};
	for (const part of query) {
		const equals = part.indexOf("=");
		const name = equals < 0 ? part : part.slice(0, equals);
		if (!isAttributeName(name)) throw new RequestRefused(0x80, "attribute.unknown");
		if (name in changes) throw new RequestRefused(0x80, "attribute.twice");
		changes[name] = equals < 0 ? undefined : readNumber(name, part.slice(equals + 1));
	}
	return changes;
}

/** Whether one of them compares values. */
export function comparesValues(changes: AttributeChanges | AttributeSet): boolean {
	return valueNames.some((name) => changes[name] !== undefined);
}

function isAttributeName(name: string): name is AttributeName {
	return attributeNames.some((known) => known === name);
}

/** Periods are whole seconds; gt, lt and st may have a sign and a fraction. */
function readNumber(name: AttributeName, text: string): number {
	const isPeriod = !valueNames.includes(name);
	let digits = 0;
	let points = 0;
	for (let index = 0; index < text.length; index++) {
		const character = text.charCodeAt(index);
		if (character >= 0x30 && character <= 0x39) digits++;
		else if (character === 0x2e && digits > 0 && !isPeriod && points === 0) points = index;
		else if (character !== 0x2d || index > 0 || isPeriod) throw new RequestRefused(0x80, "attribute.number");
	}
	const isWhole = digits > 0 && digits <= (isPeriod ? 9 : 20) && !text.endsWith(".");
	if (!isWhole) throw new RequestRefused(0x80, "attribute.number");
	return Number(text);
}

/**
 * lt < gt and lt + 2·st < gt (LwM2M Core 1.1 §5.1.2), epmin < epmax, st not negative. pmax below pmin is no
 * contradiction: §5.1.2 says that pmax is then ignored.
 */
function refuseContradiction({ gt, lt, st, epmin, epmax }: AttributeSet): void {
	if (st !== undefined && st < 0) throw new RequestRefused(0x80, "attribute.step");
	if (gt !== undefined && lt !== undefined && lt + 2 * (st ?? 0) >= gt)
		throw new RequestRefused(0x80, "attribute.order");
	if (epmin !== undefined && epmax !== undefined && epmin >= epmax) throw new RequestRefused(0x80, "attribute.order");
}
