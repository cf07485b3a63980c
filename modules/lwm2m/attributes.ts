import { isWithin, type Path, type ResourceType } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { EnablerVersion } from "./facts.ts";
import { levelOf, samePath } from "./path.ts";
import { RequestRefused } from "./refusal.ts";

/**
 * The attributes of class <NOTIFICATION> (LwM2M Core 1.2 §7.3.2, Table 7.3.2-1): periods in seconds, gt, lt and st in
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
	/** 0 for the falling edge of a Boolean, 1 for the rising one; since 1.2, as those below. */
	readonly edge?: number;
	/** Whether notifications are Confirmable, 0 or 1. */
	readonly con?: number;
	/** How many notifications are kept while none can be sent. */
	readonly hqmax?: number;
}

export type AttributeName = keyof AttributeSet;

export type OpenSet = { -readonly [N in AttributeName]?: number };

/** In the order in which Discover tells them. */
export const attributeNames: readonly AttributeName[] = frozen([
	"pmin",
	"pmax",
	"gt",
	"lt",
	"st",
	"epmin",
	"epmax",
	"edge",
	"con",
	"hqmax",
]);

/** How many of `attributeNames` an enabler version has. */
const namesOf: { readonly [enabler in EnablerVersion]: number } = frozen({ "1.0": 5, "1.1": 7, "1.2": 10 });

/** Those that say which changes are told: for values, at a Resource or Resource Instance. */
const valueNames: readonly AttributeName[] = frozen(["gt", "lt", "st", "edge"]);

/** What one Write-Attributes asks for: a number to set, undefined to take away. */
export type AttributeChanges = { [N in AttributeName]?: number | undefined };

/** 4.00, and 4.02 for a value that is none (RFC 7252 §5.4.1: a critical option that we can not make sense of). */
const badRequest = 0x80;
const badOption = 0x82;

/** What is attached where. */
export interface Attached {
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

	/** All that is attached, in no order. */
	get attached(): readonly Attached[] {
		return this.#attached;
	}

	/** Takes these in place of all that is attached. @param attached no more than the limit; kept, not copied */
	restore(attached: readonly Attached[]): void {
		this.#attached.length = 0;
		for (let index = 0; index < attached.length; index++) this.#attached.push(attached[index]!);
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
			for (let index = 0; index < this.#attached.length; index++) {
				const attached = this.#attached[index]!;
				if (levelOf(attached.path) !== level || !isWithin(path, attached.path)) continue;
				set = Object.assign(set ?? { ...defaults }, attached.set);
			}
		}
		return set ?? defaults;
	}

	/** Whether something at or below `path` is to be told by Confirmable messages (LwM2M Core 1.2 Table 7.3.2-1, con). */
	isConfirmable(path: Path): boolean {
		for (let index = 0; index < this.#attached.length; index++) {
			const attached = this.#attached[index]!;
			if (attached.set.con === 1 && isWithin(attached.path, path)) return true;
		}
		return false;
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
		for (let index = 0; index < this.#attached.length; index++) {
			const attached = this.#attached[index]!;
			if (samePath(attached.path, path)) return attached;
		}
		return undefined;
	}

	private drop(path: Path): void {
		const at = this.#attached.findIndex((attached) => samePath(attached.path, path));
		if (at >= 0) this.#attached.splice(at, 1);
	}
}

/**
 * Reads the query of a Write-Attributes: "pmin=10" sets, "pmin" takes away (LwM2M Transport 1.2 §6.4.4).
 * @throws RequestRefused 4.02 for a value no attribute has, 4.00 for anything else; also for what a later version has
 */
export function readAttributes(query: readonly string[], enabler: EnablerVersion = "1.1"): AttributeChanges {
	const changes: AttributeChanges = {};
	for (let index = 0; index < query.length; index++) {
		const part = query[index]!;
		const equals = part.indexOf("=");
		const name = equals < 0 ? part : part.slice(0, equals);
		if (!isAttributeName(name, enabler)) throw new RequestRefused(badRequest, "attribute.unknown");
		if (name in changes) throw new RequestRefused(badRequest, "attribute.twice");
		changes[name] = equals < 0 ? undefined : readNumber(name, part.slice(equals + 1));
	}
	return changes;
}

/**
 * Reads the query of an Observe (LwM2M Core 1.2 §6.4.1) or Observe-Composite (§6.4.4): attributes for that observation
 * alone.
 * @throws RequestRefused as readAttributes does; 4.00 also for a name without a value, attributes that contradict one
 *   another, and in an Observe-Composite those that an Object can not have
 */
export function readObserveAttributes(
	query: readonly string[],
	enabler: EnablerVersion,
	isComposite: boolean,
): AttributeSet {
	const changes = readAttributes(query, enabler);
	const set: OpenSet = {};
	for (let index = 0; index < attributeNames.length; index++) {
		const name = attributeNames[index]!;
		if (!(name in changes)) continue;
		const value = changes[name];
		if (value === undefined) throw new RequestRefused(badRequest, "attribute.number");
		set[name] = value;
	}
	refuseContradiction(set);
	if (isComposite) refuseMisplaced(set, undefined);
	return set;
}

/** Whether one of them says which changes of a value are told. */
export function comparesValues(changes: AttributeChanges | AttributeSet): boolean {
	for (let index = 0; index < valueNames.length; index++) if (changes[valueNames[index]!] !== undefined) return true;
	return false;
}

/**
 * Holds attributes to where they stand: gt, lt and st are for numbers, edge is for Booleans (LwM2M Core 1.2 Table
 * 7.3.2-1).
 * @param type of the Resource that they are for; undefined for an Object or Object Instance
 * @throws RequestRefused 4.00
 */
export function refuseMisplaced(changes: AttributeChanges, type: ResourceType | undefined): void {
	const isNumber = type === "integer" || type === "unsignedInteger" || type === "float" || type === "time";
	for (const name of valueNames) {
		const fits = name === "edge" ? type === "boolean" : isNumber;
		if (changes[name] !== undefined && !fits) throw new RequestRefused(badRequest, `${name} does not fit here`);
	}
}

function isAttributeName(name: string, enabler: EnablerVersion): name is AttributeName {
	const at = attributeNames.indexOf(name as AttributeName);
	return at >= 0 && at < namesOf[enabler];
}

/** Periods and hqmax are whole; gt, lt and st may have a sign and a fraction; edge and con are 0 or 1. */
function readNumber(name: AttributeName, text: string): number {
	if (name === "edge" || name === "con") {
		if (text !== "0" && text !== "1") throw new RequestRefused(badOption, "attribute.number");
		return Number(text);
	}
	const isPeriod = !valueNames.includes(name);
	let digits = 0;
	let points = 0;
	for (let index = 0; index < text.length; index++) {
		const character = text.charCodeAt(index);
		if (character >= 0x30 && character <= 0x39) digits++;
		else if (character === 0x2e && digits > 0 && !isPeriod && points === 0) points = index;
		else if (character !== 0x2d || index > 0 || isPeriod) throw new RequestRefused(badOption, "attribute.number");
	}
	const isWhole = digits > 0 && digits <= (isPeriod ? 9 : 20) && !text.endsWith(".");
	if (!isWhole) throw new RequestRefused(badOption, "attribute.number");
	return Number(text);
}

/** Whether lt < gt and lt + 2·st < gt (LwM2M Core 1.2 §7.3.2): the conditions are valid. */
export function isInOrder({ gt, lt, st = 0 }: AttributeSet): boolean {
	return gt === undefined || lt === undefined || (lt < gt && lt + 2 * st < gt);
}

/**
 * What one path may not have together (LwM2M Core 1.2 §7.3.2): epmin is less than epmax, st not negative, and see
 * isInOrder. pmax below pmin is no contradiction: it is then ignored.
 */
function refuseContradiction(set: AttributeSet): void {
	const { st, epmin, epmax } = set;
	if (st !== undefined && st < 0) throw new RequestRefused(badRequest, "attribute.step");
	if (!isInOrder(set)) throw new RequestRefused(badRequest, "attribute.order");
	if (epmin !== undefined && epmax !== undefined && epmin >= epmax) {
		throw new RequestRefused(badRequest, "attribute.order");
	}
}
