import { type Host, HostFailure, type ImageVerdict, type Mods } from "../../modules/host.ts";
import { type Check, check, expect, expectThrows, Skipped, sameBytes } from "./check.ts";

/** A check of a mod's place that has not come to its end by then has none. */
const stepsMax = 10_000;

/** The place for software beside the program. What lies there is lost. */
export function modChecks(): readonly Check[] {
	return [
		check("mods: whole sectors, erased, written and read back", (host) => keeps(modsOf(host))),
		check("mods: what is no image is told, and not loaded", (host) => refuses(modsOf(host))),
	];
}

function modsOf({ mods }: Host): Mods {
	if (mods === undefined) throw new Skipped("the host has no place for mods");
	return mods;
}

function keeps(mods: Mods): void {
	const { sizeBytes, sectorBytes, writeBytes } = mods;
	const fits = sizeBytes > 0 && sizeBytes % sectorBytes === 0 && sectorBytes % writeBytes === 0;
	expect(fits, `${sizeBytes} / ${sectorBytes} / ${writeBytes}`);
	mods.erase(0, sectorBytes);
	const unit = new Uint8Array(writeBytes).fill(0xa5);
	const last = sectorBytes - writeBytes;
	mods.write(last, unit);
	const read = new Uint8Array(writeBytes);
	mods.read(last, read);
	expect(sameBytes(read, unit), "what was written is not there");
	mods.read(0, read);
	expect(!sameBytes(read, unit), "the sector's begin holds it, too");
	expectThrows("HostFailure", () => mods.write(sizeBytes, unit), "a write behind the end");
}

function refuses(mods: Mods): void {
	mods.erase(0, mods.sectorBytes);
	expect(mods.image() === undefined, "an erased place has a header");
	const verdict = verdictOf(mods);
	expect(verdict !== "ok", "an erased place verifies");
	try {
		mods.load();
	} catch (error) {
		expect(error instanceof HostFailure, `load() of nothing threw ${String(error)}`);
		return;
	}
	throw new Error("load() of nothing has loaded it");
}

function verdictOf(mods: Mods): ImageVerdict {
	for (let step = 0; step < stepsMax; step++) {
		const verdict = mods.verify();
		if (verdict !== undefined) return verdict;
	}
	throw new Error(`verify() has no end in ${stepsMax} steps`);
}
