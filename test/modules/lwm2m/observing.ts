import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import { path as pathOf, pathText } from "../../../modules/lwm2m/path.ts";
import { equal } from "../../harness.ts";
import { type Bench, code } from "./bench.ts";

export interface Watched {
	readonly id: number;
	/** Payloads as text, the first answer among them. */
	values(): (string | undefined)[];
	/** How many notifications came. */
	count(): number;
	/** Types and times of the notifications on the wire since the Observe: "12.5 NON". */
	sent(): string[];
	/** Entries of a SenML notification: "/3/0/9 100", with " @time" where there is one. */
	entries(index: number): string[];
}

/** Observes a path, or several in an Observe-Composite, with attributes in the query. */
export function watch(
	it: Bench,
	paths: string | readonly string[],
	query: readonly string[] = [],
	accept?: number,
): Watched {
	const { world } = it;
	const startMs = world.nowMs;
	const what =
		typeof paths === "string"
			? { code: Code.get, path: paths.split("/").slice(1) }
			: { code: Code.fetch, path: [], contentFormat: ContentFormat.senmlJson, payload: named(paths) };
	const id = world.send({ ...what, query, observe: 0, ...(accept === undefined ? {} : { accept }) });
	const first = world.responses.get(id)?.[0];
	equal(first && code(first), "2.05", `observe ${paths}?${query.join("&")}`);
	equal(first?.observe !== undefined, true);
	const wireAt = world.wire.length;
	return {
		id,
		values: () => world.responses.get(id)!.map(({ payload }) => readUtf8(payload)),
		count: () => world.responses.get(id)!.length - 1,
		sent: () =>
			world.wire
				.slice(wireAt)
				.filter(({ from, bytes }) => from === "client" && bytes[1] === Code.content && (bytes[0]! & 0x30) !== 0x20)
				.map(({ atMs, bytes }) => `${(atMs - startMs) / 1000} ${(bytes[0]! & 0x30) === 0 ? "CON" : "NON"}`),
		entries: (index) => entriesOf(it, world.responses.get(id)!.at(index)!),
	};
}

/** The payload of an Observe-Composite. */
export function named(paths: readonly string[]): Uint8Array {
	return utf8(JSON.stringify(paths.map((n) => ({ n }))));
}

/** What a SenML payload says, record by record. */
export function entriesOf(
	it: Bench,
	{ contentFormat, payload }: { readonly contentFormat?: number | undefined; readonly payload: Uint8Array },
): string[] {
	const entries: string[] = [];
	const fault = formatsSince11.read(
		contentFormat ?? -1,
		payload,
		0,
		payload.length,
		pathOf(-1),
		it.world.client.registry,
		{
			entry(path, value, timeS) {
				entries.push(`${pathText(path)} ${value}${timeS === undefined || timeS === 0 ? "" : ` @${timeS}`}`);
				return undefined;
			},
		},
	);
	equal(fault, undefined);
	return entries;
}
