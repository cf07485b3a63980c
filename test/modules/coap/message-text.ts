import { fromHex, readUtf8, toHex, utf8 } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";
import { MessageView, MessageWriter } from "../../../modules/coap/message.ts";
import { OptionNumber } from "../../../modules/coap/option.ts";

/*
 * Messages as one line of text, for transcripts: `CON 0.01 #7 a1b2 /3/0?x=1 obs=0 cf=60 b2=1/m/64 "22.5"`. Type,
 * code, Message ID, token (- for none), then the options that stand in it, then the payload: text, or its size when
 * it is long or no text.
 */

const types = ["CON", "NON", "ACK", "RST"];
const block = (value: number) => `${value >>> 4}/${value & 8 ? "m" : "-"}/${16 << (value & 7)}`;

/** The line that says what `bytes` hold. */
export function textOf(bytes: Uint8Array): string {
	const view = new MessageView();
	const fault = view.read(bytes, 0, bytes.length);
	if (fault !== undefined) return `${fault.code} ${toHex(bytes)}`;
	const token = toHex(bytes, view.tokenAt, view.optionsAt);
	let text = `${types[view.type]} ${codeText(view.code)} #${view.messageId} ${token === "" ? "-" : token}`;
	let path = "";
	let query = "";
	let others = "";
	const { option } = view;
	option.start(bytes, view.optionsAt, view.optionsEnd);
	while (option.next()) {
		const value = readUtf8(bytes, option.at, option.end) ?? "?";
		const { number, uint } = option;
		if (number === OptionNumber.uriPath || number === OptionNumber.locationPath) path += `/${value}`;
		else if (number === OptionNumber.uriQuery) query += `${query === "" ? "?" : "&"}${value}`;
		else if (number === OptionNumber.block1) others += ` b1=${block(uint)}`;
		else if (number === OptionNumber.block2) others += ` b2=${block(uint)}`;
		else if (number === 19) others += ` q1=${block(uint)}`;
		else if (number === 31) others += ` q2=${block(uint)}`;
		else if (number === OptionNumber.eTag) others += " etag";
		else others += ` ${names[number] ?? number}=${uint}`;
	}
	if (path + query !== "") text += ` ${path}${query}`;
	text += others;
	const size = view.end - view.payloadAt;
	if (size === 0) return text;
	const payload = size > 24 ? undefined : readUtf8(bytes, view.payloadAt, view.end);
	return `${text} ${payload === undefined ? `[${size}]` : `"${payload}"`}`;
}

const names: Record<number, string> = { 6: "obs", 12: "cf", 14: "age", 17: "accept", 28: "size2", 60: "size1" };
const numbers: Record<string, number> = {
	obs: 6,
	cf: 12,
	age: 14,
	accept: 17,
	size2: 28,
	size1: 60,
	b2: 23,
	b1: 27,
	q1: 19,
	q2: 31,
};

/**
 * The bytes of a line as textOf() writes it, with the payload apart. A number as name is that option: `2049=1`,
 * `1=hex:aabb`.
 */
export function bytesOf(line: string, payload: Uint8Array | string = ""): Uint8Array {
	const [type, code, id, token, ...rest] = line.split(" ") as [string, string, string, string, ...string[]];
	const options: [number, Uint8Array][] = [];
	for (const word of rest) {
		if (word.startsWith("/") || word.startsWith("?")) {
			const [path, query] = word.split("?") as [string, string | undefined];
			for (const segment of path.split("/").slice(1)) options.push([OptionNumber.uriPath, utf8(segment)]);
			for (const part of query?.split("&") ?? []) options.push([OptionNumber.uriQuery, utf8(part)]);
			continue;
		}
		const [name, value] = word.split("=") as [string, string];
		const number = numbers[name] ?? Number(name);
		if (value.startsWith("hex:")) options.push([number, fromHex(value.slice(4))!]);
		else options.push([number, shortest(value.includes("/") ? blockOf(value) : Number(value))]);
	}
	options.sort((a, b) => a[0] - b[0]);
	const [whole, detail] = code.split(".") as [string, string];
	const writer = new MessageWriter(new Uint8Array(4096));
	const tokenBytes = token === "-" || token === undefined ? new Uint8Array(0) : fromHex(token)!;
	writer.start(types.indexOf(type), Number(whole) * 32 + Number(detail), Number(id.slice(1)), tokenBytes);
	for (const [number, value] of options) writer.opaque(number, value);
	return writer.payload(typeof payload === "string" ? utf8(payload) : payload).finish()!;
}

function blockOf(text: string): number {
	const [number, more, size] = text.split("/") as [string, string, string];
	return Number(number) * 16 + (more === "m" ? 8 : 0) + (size === "reserved" ? 7 : Math.log2(Number(size)) - 4);
}

function shortest(value: number): Uint8Array {
	const bytes: number[] = [];
	for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
	return new Uint8Array(bytes);
}
