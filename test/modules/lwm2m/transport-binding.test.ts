import {
	type BindingSituation,
	bindingParameters,
	bindingRules,
	builtTransports,
	chooseTransport,
	isBinding,
} from "../../../modules/lwm2m/transport-binding.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";

const plain: BindingSituation = { schemes: ["coap"], binding: "U", built: "UT" };

/** "T by preferred", "U by uri without T", or "none". */
function choice(changes: Partial<BindingSituation>): string {
	const chosen = chooseTransport({ ...plain, ...changes });
	if (chosen === undefined) return "none";
	const { transport, why, missing } = chosen;
	return `${transport} by ${why}${missing === undefined ? "" : ` without ${missing}`}`;
}

test("[TRAN-BIND-001..009] the preferred transport is used, also where 1/x/7 does not list it", () => {
	equal(choice({ preferred: "T" }), "T by preferred");
	equal(choice({ preferred: "T", binding: "UT" }), "T by preferred");
});

test("[TRAN-BIND-001..009] a preferred transport that the client is unable to use gives way", () => {
	equal(choice({ preferred: "T", built: "U" }), "U by uri without T");
	equal(choice({ preferred: "N" }), "U by uri without N");
	equal(choice({ preferred: "M", built: "UM" }), "U by uri without M", "no URI for it");
});

test("[TRAN-BIND-001..009] the argument of 1/x/8 comes before 1/x/22, if 1/x/7 lists it", () => {
	equal(choice({ argument: "T", preferred: "U", binding: "UT" }), "T by argument");
	equal(choice({ argument: "T", preferred: "U", binding: "U" }), "U by preferred");
	equal(choice({ argument: "T", binding: "UT", built: "U" }), "U by uri without T");
});

test("[TRAN-BIND-001..009] an argument holds for one choice: without it the next one is as before", () => {
	const situation = { ...plain, binding: "UT" };
	equal(chooseTransport({ ...situation, argument: "T" })!.transport, "T");
	equal(chooseTransport(situation)!.transport, "U");
});

test("[TRAN-BIND-001..009] UDP is assumed, whatever 1/x/7 says", () => {
	equal(choice({ binding: "T", built: "U" }), "U by uri");
	equal(choice({ binding: "T", argument: "U" }), "U by argument");
	equal(choice({ schemes: ["coap+tcp"], binding: "S", built: "UT" }), "U by udp without S");
});

test("[TRAN-BIND-001..009] without a preferred one: the URI's own if both have it, then the server's order", () => {
	equal(choice({ schemes: ["coaps+tcp"], binding: "UT" }), "T by uri");
	equal(choice({ schemes: ["coaps+tcp"], binding: "UT", built: "U" }), "U by binding without T");
	equal(choice({ schemes: ["sms", "coap"], binding: "TU", built: "UT" }), "T by binding");
});

test("[TRAN-BIND-001..009] a PDN of type Non-IP is preferred where 1/x/7 lists Non-IP", () => {
	const situation = { schemes: ["coap", "lorawan"], built: "UN", isNonIp: true };
	equal(choice({ ...situation, binding: "UN" }), "N by pdnType");
	equal(choice({ ...situation, binding: "U" }), "U by uri");
	equal(choice({ ...situation, binding: "UN", preferred: "U" }), "U by preferred");
	equal(choice({ ...situation, binding: "UN", isNonIp: false }), "U by uri");
});

test("[TRAN-BIND-001..009] what is no transport is as if it were not there", () => {
	for (const nonsense of ["", "X", "UT", "u", "Q"]) {
		equal(choice({ preferred: nonsense, argument: nonsense }), "U by uri");
	}
	equal(choice({ binding: "UQ" }), "U by uri");
});

test("[TRAN-BIND-001..009] an account whose URI nothing of this build can reach has no transport", () => {
	equal(choice({ schemes: ["mqtt"], binding: "M", built: "U" }), "none");
	equal(choice({ schemes: [], built: "U" }), "none");
});

test("[TRAN-BIND-001..009] the rules stand in their order", () => {
	deepEqual(
		bindingRules.map(([why, isListed]) => `${why} ${isListed}`),
		["argument listed", "preferred any", "pdnType listed", "uri listed", "binding listed", "udp listed"],
	);
});

test("[TRAN-BIND-001..009] what this build has today is UDP: every other cell says so", () => {
	equal(builtTransports, "U");
	for (const letter of "TSNMH") {
		const wanted = { binding: `U${letter}`, built: builtTransports };
		equal(choice({ ...wanted, preferred: letter }), `U by uri without ${letter}`);
		equal(choice({ ...wanted, argument: letter }), `U by uri without ${letter}`);
	}
});

test("[CORE-REG-2] 1/x/7 may list any transport, each once; 1.0 has six bindings", () => {
	for (const binding of ["U", "UT", "TU", "UTSNMH", "M"]) ok(isBinding(binding, "1.1"), binding);
	for (const binding of ["", "UU", "UQ", "X", "u", "U T", "UTSNMHU"]) ok(!isBinding(binding, "1.2"), binding);
	for (const binding of ["U", "UQ", "S", "SQ", "US", "UQS"]) ok(isBinding(binding, "1.0"), binding);
	for (const binding of ["", "UT", "T", "USQ", "Q"]) ok(!isBinding(binding, "1.0"), binding);
});

test("[CORE-REG-2] b and Q as each version spells them", () => {
	const spelt = (isQueued: boolean, built: string) =>
		(["1.0", "1.1", "1.2"] as const).map((enabler) => bindingParameters(enabler, isQueued, built)).join(" ");
	equal(spelt(false, "U"), "  ");
	equal(spelt(true, "U"), "b=UQ b=U&Q b=U&Q");
	equal(spelt(false, "UT"), " b=UT b=UT");
	equal(spelt(true, "UT"), "b=UQ b=UT&Q b=UT&Q");
	equal(spelt(false, "US"), "b=US b=US b=US");
	equal(spelt(true, "US"), "b=UQS b=US&Q b=US&Q");
	equal(spelt(true, "S"), "b=SQ b=S&Q b=S&Q");
	equal(spelt(false, "UTSNMH"), "b=US b=UTSN b=UTSNMH");
});
