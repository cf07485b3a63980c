import { parseXml, XmlElement, XmlError } from "@rgrove/parse-xml";
import type { ObjectFacts, ResourceFacts } from "../../../modules/lwm2m/facts.ts";
import { camelCase } from "./names.ts";
import { readRange } from "./range.ts";

/** An object definition that can not be used; the message names the file, what is wrong, and what to do. */
export class BadDefinition extends Error {
	override get name() {
		return "BadDefinition";
	}
}

/** What one Object of an XML file says, without its prose. */
export interface Definition {
	/** As the registry has it: "LWM2M Server". */
	readonly name: string;
	readonly facts: ObjectFacts;
	/** Ranges that are sentences or riddles, and were left out: for the author to look at. */
	readonly leftOut: readonly string[];
}

const types: Readonly<Record<string, NonNullable<ResourceFacts["type"]>>> = {
	String: "string",
	Integer: "integer",
	"Unsigned Integer": "unsignedInteger",
	Float: "float",
	Boolean: "boolean",
	Opaque: "opaque",
	Time: "time",
	Objlnk: "objectLink",
	Corelnk: "coreLink",
};

const operations = ["", "R", "W", "RW", "E"] as const;

/** Object and Resource IDs are 16 bits long, 65535 is reserved (LwM2M Core 1.2 §7.3, Table 7.3-1). */
const maxId = 65534;

/**
 * Reads OMA's object XML (LWM2M.xsd, v1.0 and v1.1).
 * @param file as the messages shall call it
 * @throws BadDefinition
 */
export function readDefinitions(file: string, xml: string): Definition[] {
	const root = new Reader(file, parsed(file, xml));
	if (root.element.name !== "LWM2M") root.refuse(`its root is <${root.element.name}>`, "give an OMA object definition");
	const objects = root.all("Object");
	if (objects.length === 0) root.refuse("there is no <Object> in it", "give an OMA object definition");
	return objects.map(readObject);
}

function parsed(file: string, xml: string): XmlElement {
	try {
		const { root } = parseXml(xml);
		if (root !== null) return root;
	} catch (error) {
		if (!(error instanceof XmlError)) throw error;
		throw new BadDefinition(
			`${file}: not well-formed XML: ${error.message.trim()}\nMend that place, or fetch the file anew.`,
			{
				cause: error,
			},
		);
	}
	throw new BadDefinition(`${file}: no element in it; give an OMA object definition.`);
}

function readObject(object: Reader): Definition {
	const name = object.text("Name");
	if (name === "") object.refuse("an object without a <Name>", "give it one");
	const leftOut: string[] = [];
	const resources: Record<string, ResourceFacts> = {};
	const items = object.one("Resources").all("Item");
	const rows = items.map((item) => readResource(item, leftOut)).sort((a, b) => a.facts.id - b.facts.id);
	rows.forEach(({ name, facts }, index) => {
		if (rows[index + 1]?.facts.id === facts.id) object.refuse(`resource ${facts.id} is there twice`, "keep one");
		const isTaken = rows.some((row) => row.facts !== facts && row.name === name) || name in Object.prototype;
		resources[isTaken ? `${name}${facts.id}` : name] = facts;
	});
	const lwm2mVersion = object.version("LWM2MVersion");
	const facts: ObjectFacts = {
		id: object.id(object.text("ObjectID"), "<ObjectID>"),
		version: object.version("ObjectVersion"),
		...(lwm2mVersion === "1.0" ? {} : { lwm2mVersion }),
		...object.flags(),
		resources,
	};
	return { name, facts, leftOut };
}

function readResource(item: Reader, leftOut: string[]): { readonly name: string; readonly facts: ResourceFacts } {
	const id = item.id(item.element.attributes.ID ?? "", "the ID of an <Item>");
	const name = camelCase(item.text("Name"));
	if (name === "") item.refuse(`resource ${id} has no name`, "give it a <Name>");
	const allowed = operations.find((each) => each === item.text("Operations").replace("WR", "RW"));
	if (allowed === undefined)
		item.refuse(`resource ${id} has operations "${item.text("Operations")}"`, "write R, W, RW, E or nothing");
	const typeText = item.text("Type", "");
	const type = types[typeText];
	if (type === undefined && (typeText !== "" || allowed !== "E"))
		item.refuse(`resource ${id} has the type "${typeText}"`, `write one of ${Object.keys(types).join(", ")}`);
	const rangeText = item.text("RangeEnumeration", "");
	const range = type === undefined ? {} : readRange(rangeText, type);
	if (range === undefined) leftOut.push(`resource ${id} (${name}): range "${rangeText}"`);
	const units = item.text("Units", "");
	const facts: ResourceFacts = {
		id,
		operations: allowed,
		...(allowed === "E" || type === undefined ? {} : { type, ...range }),
		...(units === "" || allowed === "E" ? {} : { units }),
		...item.flags(),
	};
	return { name, facts };
}

/** One element, and the file it is of. */
class Reader {
	readonly element: XmlElement;
	readonly #file: string;

	constructor(file: string, element: XmlElement) {
		this.#file = file;
		this.element = element;
	}

	all(name: string): Reader[] {
		const found: Reader[] = [];
		for (const child of this.element.children) {
			if (child instanceof XmlElement && child.name === name) found.push(new Reader(this.#file, child));
		}
		return found;
	}

	one(name: string): Reader {
		const [first, second] = this.all(name);
		if (first === undefined) this.refuse(`<${this.element.name}> has no <${name}>`, "add it");
		if (second !== undefined) this.refuse(`<${this.element.name}> has more than one <${name}>`, "keep one");
		return first;
	}

	/** The text of the only child `name`, blanks folded. @param absent instead of a child that is not there */
	text(name: string, absent?: string): string {
		if (absent !== undefined && this.all(name).length === 0) return absent;
		return this.one(name).element.text.replace(/\s+/g, " ").trim();
	}

	id(text: string, what: string): number {
		const id = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
		if (!(id <= maxId)) this.refuse(`${what} is "${text}"`, `write a number from 0 to ${maxId}`);
		return id;
	}

	/** "1.0" where the element is absent or empty: the first version of an Object says none. */
	version(name: string): string {
		const text = this.text(name, "") || "1.0";
		if (!/^\d+\.\d+$/.test(text)) this.refuse(`<${name}> is "${text}"`, 'write it as "1.0"');
		return text;
	}

	flags(): { readonly multiple?: true; readonly mandatory?: true } {
		return {
			...(this.either("MultipleInstances", "Multiple", "Single") ? { multiple: true } : {}),
			...(this.either("Mandatory", "Mandatory", "Optional") ? { mandatory: true } : {}),
		};
	}

	private either(name: string, yes: string, no: string): boolean {
		const text = this.text(name);
		if (text !== yes && text !== no) this.refuse(`<${name}> is "${text}"`, `write ${yes} or ${no}`);
		return text === yes;
	}

	refuse(what: string, advice: string): never {
		const id = this.element.name === "Item" ? ` (<Item ID="${this.element.attributes.ID ?? ""}">)` : "";
		throw new BadDefinition(`${this.#file}${id}: ${what}; ${advice}.`);
	}
}
