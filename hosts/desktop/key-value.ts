import storage from "embedded:storage/key-value";
import { HostFailure, type KeyValue } from "../../modules/host.ts";

/** One domain of `embedded:storage/key-value` as the port: bytes under names. */
export class DomainKeyValue implements KeyValue {
	/** A file has no such limit; this is that of most entries of ESP-IDF's NVS. */
	readonly valueMaxBytes = 4000;
	readonly #domain: ReturnType<typeof storage.open>;

	constructor(path: string) {
		this.#domain = storage.open({ path, format: "buffer" });
	}

	get(name: string): Uint8Array | undefined {
		const value = attempt("key-value read", () => this.#domain.read(name));
		return value === undefined ? undefined : new Uint8Array(value as ArrayBuffer);
	}

	set(name: string, value: Uint8Array): void {
		if (value.length > this.valueMaxBytes) throw new HostFailure(`key-value write: ${value.length} bytes are too many`);
		attempt("key-value write", () => this.#domain.write(name, value));
	}

	remove(name: string): void {
		attempt("key-value delete", () => this.#domain.delete(name));
	}

	names(): string[] {
		return attempt("key-value list", () => [...this.#domain]);
	}
}

/** Makes whatever the store throws a HostFailure. */
function attempt<T>(what: string, act: () => T): T {
	try {
		return act();
	} catch (cause) {
		throw new HostFailure(what, { cause });
	}
}
