/** A platform's store for tests: every name atomic, power and room at the test's mercy. */
import { HostFailure, type KeyValue } from "../../../modules/host.ts";
import { PowerCut } from "./nor-flash.ts";

export class MemoryKeyValue implements KeyValue {
	readonly valueMaxBytes = 4000;
	readonly content: Map<string, Uint8Array>;
	operations = 0;
	/** Power goes at the operation of this number, before it or, for odd `cutAfter`, right after it; -1: never. */
	cutAt = -1;
	cutAfter = false;
	/** The operation of this number and all later ones fail; -1: none does. */
	failFrom = -1;

	constructor(content = new Map<string, Uint8Array>()) {
		this.content = content;
	}

	get(name: string): Uint8Array | undefined {
		return this.content.get(name)?.slice();
	}

	set(name: string, value: Uint8Array): void {
		if (!/^[0-9a-z]{1,12}$/.test(name)) throw new HostFailure(`no such name: ${name}`);
		if (value.length > this.valueMaxBytes) throw new HostFailure("too long");
		this.change(() => this.content.set(name, value.slice()));
	}

	remove(name: string): void {
		this.change(() => this.content.delete(name));
	}

	names(): string[] {
		return [...this.content.keys()];
	}

	private change(make: () => void): void {
		const number = this.operations++;
		if (this.failFrom >= 0 && number >= this.failFrom) throw new HostFailure("the store is full");
		if (number === this.cutAt && !this.cutAfter) throw new PowerCut(`before operation ${number}`);
		make();
		if (number === this.cutAt) throw new PowerCut(`after operation ${number}`);
	}
}
