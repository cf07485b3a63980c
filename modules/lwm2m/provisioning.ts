import type { ConfiguredInstance } from "./configuration.ts";
import { isAccountObject, sorted } from "./configuration-state.ts";
import type { Provenance, Source } from "./provenance.ts";

/** Resources that name the server of an Instance (LwM2M Core 1.2 Appendix E.1, E.2). */
const isBootstrapServer = 1;
const securityShortServerId = 10;
const serverShortServerId = 0;
/** In place of the Short Server ID that a Bootstrap-Server has not. */
const bootstrapAccount = 0;

/** What there is to configure a device with, before any server speaks (LwM2M Core 1.2 §6.1.3, §6.1.4). */
export interface Provisions {
	readonly factory: readonly ConfiguredInstance[];
	/** What the smart card says; undefined: there is none, or nothing on it that can be used. */
	readonly card: readonly ConfiguredInstance[] | undefined;
	/** Whether it says what it said when `kept` was kept. */
	readonly isCardSame: boolean;
	/** What was in force before; undefined: nothing was kept, or under another factory record. */
	readonly kept: readonly ConfiguredInstance[] | undefined;
	/** Whether the factory's accounts hold beside the card's, and not in their absence alone (§6.1.4, step 2). */
	readonly isFactoryBeside: boolean;
	readonly provenance: Provenance;
}

/**
 * Which Instances hold, in the order of the specification (LwM2M Core 1.2 §6.1.4): what was kept goes on; what came
 * from a card that is gone or another one now goes with it (§6.1.3.2), and the factory's comes back where nothing
 * else took its place; a new card's is applied over what its source may change, an account as a whole.
 * @returns in ascending order of Object, then Object Instance
 */
export function provisioned(provisions: Provisions): ConfiguredInstance[] {
	const { factory, card, isCardSame, kept, isFactoryBeside, provenance } = provisions;
	let inForce = (kept ?? factory).slice();
	const hadCard = inForce.some(({ source }) => source === "smartCard");
	if (card !== undefined && isCardSame && kept !== undefined) return inForce;
	inForce = inForce.filter(({ source }) => source !== "smartCard");
	if (hadCard) restore(inForce, factory);
	if (card !== undefined && card.length > 0) {
		if (!isFactoryBeside && hasAccount(card) && provenance.may("smartCard", "factory")) {
			inForce = inForce.filter(({ source, objectId }) => source !== "factory" || !isAccountObject(objectId));
		}
		inForce = applied(inForce, card, provenance);
	}
	return sorted(inForce);
}

/** Which server the Instance is about; undefined: none. */
export function accountOf({ objectId, values }: ConfiguredInstance): number | undefined {
	if (objectId === 0 && values.get(isBootstrapServer) === true) return bootstrapAccount;
	const id = objectId === 0 ? securityShortServerId : objectId === 1 ? serverShortServerId : -1;
	const shortServerId = values.get(id);
	return typeof shortServerId === "number" ? shortServerId : undefined;
}

function hasAccount(instances: readonly ConfiguredInstance[]): boolean {
	return instances.some(({ objectId }) => objectId === 0);
}

/** The factory's come back where their places are free: not after a bootstrap, which may have taken them away. */
function restore(inForce: ConfiguredInstance[], factory: readonly ConfiguredInstance[]): void {
	if (inForce.some(({ source, objectId }) => source === "bootstrapServer" && objectId === 0)) return;
	const before = inForce.slice();
	for (let index = 0; index < factory.length; index++) {
		const instance = factory[index]!;
		if (!before.some((other) => meet(other, instance))) inForce.push(instance);
	}
}

/** Whether there can not be both of them: the same Instance, or the same Object's for the same server. */
function meet(a: ConfiguredInstance, b: ConfiguredInstance): boolean {
	if (a.objectId !== b.objectId) return false;
	const account = accountOf(a);
	return a.instanceId === b.instanceId || (account !== undefined && account === accountOf(b));
}

/** What the card says over what there is; accounts of which a part has to stay are left as they are, as a whole. */
function applied(
	inForce: readonly ConfiguredInstance[],
	card: readonly ConfiguredInstance[],
	provenance: Provenance,
): ConfiguredInstance[] {
	const isBarred = (mine: ConfiguredInstance) =>
		inForce.some((other) => meet(other, mine) && !provenance.may("smartCard", other.source));
	const barred = card.filter(isBarred).map(accountOf);
	const taken = card.filter((mine) => {
		const account = accountOf(mine);
		return account === undefined ? !isBarred(mine) : !barred.includes(account);
	});
	// An account goes as a whole, too: no Server Instance stays behind without its keys.
	const gone = inForce.filter((other) => taken.some((mine) => meet(other, mine)));
	const goneAccounts = gone.map((other) => keyOf(other.source, accountOf(other)));
	const left = inForce.filter((other) => {
		const account = accountOf(other);
		return !gone.includes(other) && (account === undefined || !goneAccounts.includes(keyOf(other.source, account)));
	});
	return [...left, ...taken];
}

function keyOf(source: Source, account: number | undefined): string {
	return `${source} ${account ?? ""}`;
}
