import type { RetainedMemory } from "../host.ts";
import { envelopeBytes, seal, sizeIn, unseal } from "./envelope.ts";

/** A stretch of retained memory that holds one envelope, or anything. */
export class RetainedArea {
	private readonly memory: RetainedMemory;
	private readonly at: number;
	private readonly size: number;
	private readonly kind: number;

	constructor(memory: RetainedMemory, at: number, size: number, kind: number) {
		this.memory = memory;
		this.at = at;
		this.size = size;
		this.kind = kind;
	}

	/** How many bytes may be kept. */
	get room(): number {
		return Math.max(0, this.size - envelopeBytes);
	}

	/** @returns bytes of their own; undefined when there are none that can be believed */
	load(): Uint8Array | undefined {
		if (this.room === 0) return undefined;
		const head = new Uint8Array(3);
		this.memory.read(this.at, head);
		const size = sizeIn(head);
		if (head[0] !== this.kind || size === undefined || size > this.size) return undefined;
		const bytes = new Uint8Array(size);
		this.memory.read(this.at, bytes);
		const content = unseal(this.kind, bytes);
		bytes.fill(0);
		return "code" in content ? undefined : content;
	}

	/** @returns whether it fits; where it does not, what was there is still there */
	save(content: Uint8Array): boolean {
		if (content.length + envelopeBytes > this.size) return false;
		const bytes = seal(this.kind, content);
		this.memory.write(this.at, bytes);
		bytes.fill(0);
		return true;
	}

	/** Overwrites all of it: there were keys in it. */
	forget(): void {
		if (this.size > 0) this.memory.write(this.at, new Uint8Array(this.size));
	}
}
