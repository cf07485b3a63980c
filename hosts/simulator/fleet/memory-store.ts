import type { Kept, Kind, Store } from "../server/store/store.ts";

/** A server's store in the memory of a virtual world: it outlives the server, not the process. */
export class MemoryStore implements Store {
	readonly #kinds = new Map<Kind, Map<string, Kept>>();

	all(kind: Kind): readonly (readonly [key: string, value: Kept])[] {
		const rows = [...(this.#kinds.get(kind) ?? [])];
		// As a file would: in order, and nothing that JSON can not say.
		return rows
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([key, kept]) => [key, JSON.parse(JSON.stringify(kept)) as Kept]);
	}

	put(kind: Kind, key: string, value: Kept): void {
		const rows = this.#kinds.get(kind) ?? new Map<string, Kept>();
		this.#kinds.set(kind, rows);
		rows.set(key, value);
	}

	remove(kind: Kind, key: string): void {
		this.#kinds.get(kind)?.delete(key);
	}

	flush(): void {}

	close(): void {}
}
