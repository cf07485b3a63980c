/** Requests of the device, as tests of its registration look at them. */
import { equal } from "node:assert/strict";
import { optionNumber, text, textsOf, uint, type WireOption } from "../interop/wire-message.ts";
import type { Heard, Scripted } from "./scripted.ts";

export const contentFormat = (format: number): WireOption => [12, uint(format)];
export const queryOf = (message: Heard) => textsOf(message, optionNumber.uriQuery);
export const payloadOf = ({ payload }: Heard) => new TextDecoder().decode(payload);
export const linksOf = (message: Heard) => payloadOf(message).split(",");
export const isRegister = ({ code, ...more }: Heard) =>
	code === "0.02" && textsOf({ code, ...more }, optionNumber.uriPath).length === 1;
export const isUpdate = (message: Heard) => message.code === "0.02" && !isRegister(message);
export const gaps = (messages: readonly Heard[]) =>
	messages.slice(1).map(({ atMs }, index) => atMs - messages[index]!.atMs);
export const put = (path: string, value: string): [string, object] => [
	path,
	{ code: "0.03", options: [contentFormat(0)], payload: text(value) },
];

/** Its Update or Register, in so many seconds. */
export async function next(it: Scripted, what: string, seconds = 60): Promise<Heard> {
	const { length } = it.requests;
	await it.stage.until(what, () => it.requests.length > length, seconds);
	const found = it.requests[length]!;
	equal(found.line, what);
	return found;
}
