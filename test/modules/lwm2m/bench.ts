import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { RequestOptions } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";
import { type Seen, sample } from "./sample-object.ts";

/** A registered device that also has the object of every type. */
export function bench(options: FurnishedOptions = {}) {
	const seen: Seen = { executed: [], written: [] };
	const instance = sample(seen);
	const { world, furniture } = furnished({
		...options,
		furnish(client, world) {
			client.add(instance);
			options.furnish?.(client, world);
		},
	});
	world.start();
	const ask = (code: number, path: string, more: Partial<RequestOptions> = {}) =>
		world.ask({ code, path: path.split("/").slice(1), ...more });
	return {
		world,
		furniture,
		seen,
		instance,
		get: (path: string, accept?: number) => ask(Code.get, path, accept === undefined ? {} : { accept }),
		put: (path: string, contentFormat: number, payload: Uint8Array) => ask(Code.put, path, { contentFormat, payload }),
		post: (path: string, contentFormat: number, payload: Uint8Array) =>
			ask(Code.post, path, { contentFormat, payload }),
		execute: (path: string, args = "") => ask(Code.post, path, args === "" ? {} : { payload: utf8(args) }),
		remove: (path: string) => ask(Code.delete, path),
		attributes: (path: string, ...query: string[]) => ask(Code.put, path, { query }),
		ask,
	};
}

export type Bench = ReturnType<typeof bench>;

export const code = (response: { readonly code: number }) => codeText(response.code);
export const payload = (response: { readonly payload: Uint8Array }) => readUtf8(response.payload);
export const hex = (digits: string) =>
	new Uint8Array((digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
/** What Discover tells. */
export const linksOf = (it: Bench, path: string) => payload(it.get(path, ContentFormat.coreLink))!.split(",");
