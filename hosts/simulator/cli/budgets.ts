import type { FeatureSet, FeatureSetName } from "./feature-sets.ts";
import type { LinkedRom } from "./rom-links.ts";

/** What the design allows, and what it came to. */
export interface Budget {
	readonly what: string;
	readonly budgetBytes: number;
	readonly measuredBytes: number;
	readonly isMet: boolean;
	/** Why it is missed, and what can be done; absent where it is met. */
	readonly reason?: string;
}

const kib = 1024;

interface Allowance {
	readonly what: string;
	readonly set: FeatureSetName;
	readonly budgetBytes: number;
	readonly reason: string;
	measured(set: FeatureSet): number | undefined;
}

const bytecode = ({ bytecodeBytes }: FeatureSet) => bytecodeBytes;
const language =
	"a line takes some 15 bytes of bytecode, and names, bounds and refusals are in it that C leaves out or gets from " +
	"its types; what an application does not name is not in its image, and that is the way to less";

const promises: readonly Allowance[] = [
	{
		what: "bytecode, minimal: PSK, 1.1, one object of the application",
		set: "minimal",
		budgetBytes: 90 * kib,
		reason:
			"the client, DTLS and CoAP with block-wise and observe alone take more: the budget was set before they were " +
			`written; ${language}`,
		measured: bytecode,
	},
	{
		what: "bytecode, everything",
		set: "everything",
		budgetBytes: 220 * kib,
		reason: `everything is LwM2M 1.0 to 1.2 with seven formats, certificates and P-256 in JavaScript; ${language}`,
		measured: bytecode,
	},
	...(["compact", "everything"] as const).map((set) => ({
		what: `RAM of the VM, ${set}, DTLS, 10 observations (esp32), live`,
		set,
		budgetBytes: 40 * kib,
		reason: "state of the features that this program has beside the ones that the budget counts",
		measured: ({ ram }: FeatureSet) => ram.find(({ board }) => board === "esp32")?.with10Observations.liveBytes,
	})),
];

/** Of images that the SDK links, in ROM, XS's own native code and the platform's not counted. */
const romPromises = [
	{
		what: "ROM, everything (esp32): two slots of 2.8 MB on 8 MB of flash",
		platform: "esp32",
		featureSet: "everything",
		budgetBytes: 900_000,
	},
	...(["minimal", "compact"] as const).map((featureSet) => ({
		what: `ROM, ${featureSet} (nRF52840 DK): what the rest of the program leaves of its slot on Zephyr (hosts/zephyr)`,
		platform: "zephyr/nrf52840dk",
		featureSet,
		budgetBytes: 639_000,
	})),
] as const;

/** Those of ROM. @param linked what the SDK made; empty: none */
export function romBudgetsOf(linked: readonly LinkedRom[]): Budget[] {
	return romPromises.flatMap(({ what, platform, featureSet, budgetBytes }) => {
		const image = linked.find((each) => each.platform === platform && each.featureSet === featureSet);
		if (image === undefined) return [];
		const isMet = image.romBytes <= budgetBytes;
		const reason = `bytecode and slots of features that it has; ${language}`;
		return [{ what, budgetBytes, measuredBytes: image.romBytes, isMet, ...(isMet ? {} : { reason }) }];
	});
}

/** @param sets those that were measured: a budget of another one is left out */
export function budgetsOf(sets: readonly FeatureSet[]): Budget[] {
	return promises.flatMap(({ what, set: name, budgetBytes, reason, measured }) => {
		const set = sets.find((each) => each.name === name);
		const measuredBytes = set === undefined ? undefined : measured(set);
		if (measuredBytes === undefined) return [];
		const isMet = measuredBytes <= budgetBytes;
		return [{ what, budgetBytes, measuredBytes, isMet, ...(isMet ? {} : { reason }) }];
	});
}
