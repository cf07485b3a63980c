import type { ConfiguredInstance } from "../../../modules/lwm2m/configuration.ts";
import { openRules, ownRules, Provenance, type Source } from "../../../modules/lwm2m/provenance.ts";
import { type Provisions, provisioned } from "../../../modules/lwm2m/provisioning.ts";
import type { Held } from "../../../modules/lwm2m/value.ts";
import { deepEqual, test } from "../../harness.ts";

/** "S0.1 f": Security Instance 0 of the server 1 from the factory; "V" a Server Instance, "B" a Bootstrap-Server's. */
function made(text: string): ConfiguredInstance {
	const [, kind = "", instanceId = "", server = "", from = ""] = /^([SVB])(\d+)(?:\.(\d+))? ([fcn])$/.exec(text) ?? [];
	const values = new Map<number, Held>(
		kind === "V"
			? [[0, Number(server)]]
			: kind === "S"
				? [
						[1, false],
						[10, Number(server)],
					]
				: [[1, true]],
	);
	const source: Source = from === "f" ? "factory" : from === "c" ? "smartCard" : "bootstrapServer";
	return { objectId: kind === "V" ? 1 : 0, instanceId: Number(instanceId), source, values };
}

const list = (text: string) => (text === "" ? [] : text.split(", ").map(made));

function told({ objectId, instanceId, source, values }: ConfiguredInstance): string {
	const from = source === "factory" ? "f" : source === "smartCard" ? "c" : "n";
	const server = values.get(objectId === 0 ? 10 : 0);
	const kind = objectId === 1 ? "V" : values.get(1) === true ? "B" : "S";
	return `${kind}${instanceId}${server === undefined ? "" : `.${server}`} ${from}`;
}

interface Row {
	readonly what: string;
	readonly factory?: string;
	readonly card?: string;
	readonly kept?: string;
	readonly isSame?: true;
	readonly isBeside?: true;
	readonly own?: true;
	readonly gives: string;
}

const factory = "S0.1 f, B1 f, V0.1 f";

/** What wins over what: f factory, c smart card, n network (a bootstrap server). */
const rows: readonly Row[] = [
	{ what: "the factory alone", factory, gives: factory },
	{ what: "nothing at all", gives: "" },
	{ what: "a card alone", card: "S0.1 c, V0.1 c", gives: "S0.1 c, V0.1 c" },
	{
		what: "a card that configures keeps the factory's accounts out",
		factory,
		card: "S5.2 c, V5.2 c",
		gives: "S5.2 c, V5.2 c",
	},
	{
		what: "beside it, where the product wants that: another server",
		factory,
		card: "S5.2 c, V5.2 c",
		isBeside: true,
		gives: "S0.1 f, B1 f, S5.2 c, V0.1 f, V5.2 c",
	},
	{
		what: "beside it: the same server is the card's, whatever its Instances",
		factory,
		card: "S5.1 c, V5.1 c",
		isBeside: true,
		gives: "B1 f, S5.1 c, V5.1 c",
	},
	{
		what: "beside it: a taken Instance takes the whole account with it",
		factory,
		card: "S0.2 c, V7.2 c",
		isBeside: true,
		gives: "S0.2 c, B1 f, V7.2 c",
	},
	{ what: "beside it: one Bootstrap-Server", factory, card: "B9 c", isBeside: true, gives: "S0.1 f, B9 c, V0.1 f" },
	{ what: "an empty card configures nothing", factory, card: "", gives: factory },
	{ what: "what was kept goes on", factory, kept: "S0.1 f, V0.1 f, V1.7 n", gives: "S0.1 f, V0.1 f, V1.7 n" },
	{
		what: "the same card: what was kept goes on",
		factory,
		card: "S0.1 c, V0.1 c",
		isSame: true,
		kept: "S0.9 n",
		gives: "S0.9 n",
	},
	{
		what: "another card: its accounts in place of the former's",
		factory,
		card: "S3.4 c, V3.4 c",
		kept: "S0.1 c, V0.1 c",
		gives: "S3.4 c, V3.4 c",
	},
	{ what: "a card that is gone: the factory's come back", factory, kept: "S0.1 c, V0.1 c", gives: factory },
	{
		what: "a card that is gone after a bootstrap: what it brought stays, alone",
		factory,
		kept: "S0.1 c, V0.1 c, S2.3 n, V2.3 n",
		gives: "S2.3 n, V2.3 n",
	},
	{
		what: "a card changes nothing of a bootstrap server's, and no half account comes of that",
		factory,
		card: "S0.1 c, V0.1 c, S4.4 c, V4.4 c",
		kept: "S8.1 n, V0.1 n",
		gives: "S4.4 c, S8.1 n, V0.1 n, V4.4 c",
	},
	{ what: "a Bootstrap-Server of the network's stays", factory, card: "B9 c", kept: "B1 n", gives: "B1 n" },
	{ what: "own rules: a card leaves the factory's alone", factory, card: "S0.1 c, V0.1 c", own: true, gives: factory },
	{
		what: "own rules: and comes beside it",
		factory,
		card: "S3.4 c, V3.4 c",
		own: true,
		gives: "S0.1 f, B1 f, S3.4 c, V0.1 f, V3.4 c",
	},
];

for (const { what, factory: ours = "", card, kept, isSame = false, isBeside = false, own, gives } of rows) {
	test(`[BOOT-PROV-001] [BOOT-PROV-002] ${what}`, () => {
		const provisions: Provisions = {
			factory: list(ours),
			card: card === undefined ? undefined : list(card),
			kept: kept === undefined ? undefined : list(kept),
			isCardSame: isSame,
			isFactoryBeside: isBeside,
			provenance: new Provenance(own === true ? ownRules : openRules),
		};
		deepEqual(provisioned(provisions).map(told), gives === "" ? [] : gives.split(", "));
	});
}
