import { path } from "../../../modules/lwm2m/path.ts";
import { openRules, ownRules, Provenance, type Source } from "../../../modules/lwm2m/provenance.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";

const sources: readonly Source[] = ["factory", "smartCard", "bootstrapServer"];

/** An account of each source: Security 0/n, Server 1/n. */
function threeAccounts(provenance: Provenance): Provenance {
	sources.forEach((source, id) => {
		provenance.note(0, id, source);
		provenance.note(1, id, source);
	});
	return provenance;
}

/** "by of" for everything that is allowed on Security Instances. */
function allowed(provenance: Provenance): string[] {
	const list: string[] = [];
	for (const by of sources)
		sources.forEach((of, id) => {
			if (provenance.mayChange(by, 0, id)) list.push(`${by} ${of}`);
		});
	return list;
}

test("[BOOT-PROV-001] [BOOT-PROV-002] each instance of 0 and 1 has its source; a bootstrap changes all", () => {
	const provenance = threeAccounts(new Provenance(openRules));
	deepEqual(
		sources.map((_, id) => provenance.sourceOf(1, id)),
		[...sources],
	);
	deepEqual(allowed(provenance), [
		"factory factory",
		"smartCard factory",
		"smartCard smartCard",
		"bootstrapServer factory",
		"bootstrapServer smartCard",
		"bootstrapServer bootstrapServer",
	]);
});

test("[BOOT-PROV-002] a product may keep every source to its own", () => {
	deepEqual(allowed(threeAccounts(new Provenance(ownRules))), [
		"factory factory",
		"smartCard smartCard",
		"bootstrapServer bootstrapServer",
	]);
});

test("[BOOT-PROV-002] what nobody noted is the factory's; a rewrite changes hands; what is gone is forgotten", () => {
	const provenance = new Provenance(ownRules);
	equal(provenance.sourceOf(0, 7), "factory");
	ok(!provenance.mayChange("bootstrapServer", 0, 7));
	provenance.note(0, 7, "bootstrapServer");
	ok(provenance.mayChange("bootstrapServer", 0, 7));
	provenance.note(0, 7, "factory");
	ok(!provenance.mayChange("bootstrapServer", 0, 7));
	provenance.note(0, 7, "smartCard");
	provenance.forget(0, 7);
	equal(provenance.sourceOf(0, 7), "factory");
});

test("[BOOT-PROV-001] the smart card goes with all that it brought, and nothing else", () => {
	const provenance = threeAccounts(new Provenance());
	deepEqual(provenance.from("smartCard"), [path(0, 1), path(1, 1)]);
	deepEqual(provenance.from("bootstrapServer"), [path(0, 2), path(1, 2)]);
});
