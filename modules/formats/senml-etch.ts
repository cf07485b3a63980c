import { type Fault, fault } from "../bytes.ts";
import { badField, Pack } from "./senml.ts";
import type { ResourceType, Scalar, Value } from "./value.ts";

const badSelector = fault("senmlEtch.selector", 0x80, "RFC 8790 §3.1");

/**
 * Puts the records of a Fetch Pack together (RFC 8790 §3.1): names, and nothing else. Times and units would select
 * among records that have them; ours have neither, so that such a request is refused rather than answered with nothing.
 */
export class FetchPack extends Pack {
	override field(label: string, scalar: Scalar | null): Fault | undefined {
		return label === "n" || label === "bn" ? super.field(label, scalar) : badSelector;
	}
}

/** Puts the records of a Patch Pack together (RFC 8790 §3.2): values, and "v": null for a removal. */
export class PatchPack extends Pack {
	#isRemoval = false;

	override field(label: string, scalar: Scalar | null): Fault | undefined {
		if (label !== "v" || scalar !== null) return super.field(label, scalar);
		this.#isRemoval = true;
		return undefined;
	}

	override endRecord(): Fault | undefined {
		const fault = super.endRecord();
		this.#isRemoval = false;
		return fault;
	}

	protected override bare(): Fault | undefined {
		return this.#isRemoval ? this.entries.removal() : badField;
	}

	protected override convert(label: string, scalar: Scalar, type: ResourceType | undefined): Value | undefined {
		return this.#isRemoval ? undefined : super.convert(label, scalar, type);
	}
}
