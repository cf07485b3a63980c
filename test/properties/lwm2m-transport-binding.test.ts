import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type BindingSituation, chooseTransport } from "../../modules/lwm2m/transport-binding.ts";

// Every combination of account, 1/x/7, 1/x/22, argument, PDN type and build, held to the sentences of LwM2M Core 1.2
// §6.2.1.2, one after the other.

const letters = [..."UTSNMH"];
/** All subsets in the order of `letters`, those of two in the other order, too. */
const bindings = Array.from({ length: 64 }, (_, bits) => letters.filter((_, at) => (bits >> at) & 1).join("")).flatMap(
	(forward) => (forward.length !== 2 ? [forward] : [forward, [...forward].reverse().join("")]),
);
const wishes = [undefined, "UT", ...letters];
const accounts = [
	["coap"],
	["coaps"],
	["coap+tcp"],
	["coaps+tcp"],
	["tel"],
	["mqtts"],
	["https"],
	["lorawan"],
	["tel", "mqtts"],
	["sms", "coaps+tcp", "http"],
	["coap", "tel", "lorawan"],
	[],
];
const builds = [...letters, "UT", "TU", "US", "UTSNMH", ""];

const isLetter = (text: string | undefined) => text !== undefined && text.length === 1 && letters.includes(text);

const families: Record<string, RegExp> = {
	U: /^coaps?(\+tcp)?$/,
	T: /^coaps?(\+tcp)?$/,
	S: /^(sms|tel)$/,
	M: /^mqtts?$/,
	H: /^https?$/,
	N: /^(?!(coaps?(\+tcp)?|sms|tel|mqtts?|https?)$)/,
};

/** The transports by which an address of the account can be reached. */
const reachedBy = new Map(
	accounts.map((schemes) => [
		schemes,
		letters.filter((letter) => schemes.some((scheme) => families[letter]!.test(scheme))).join(""),
	]),
);

const ownOf = (scheme: string | undefined) =>
	letters.find((letter) => letter !== "N" && scheme !== undefined && ownScheme[letter]!.test(scheme));
const ownScheme: Record<string, RegExp> = {
	U: /^coaps?$/,
	T: /^coaps?\+tcp$/,
	S: /^(sms|tel)$/,
	N: /^$/,
	M: /^mqtts?$/,
	H: /^https?$/,
};

function expected({ schemes, binding, preferred, argument, isNonIp, built }: BindingSituation): string | undefined {
	const reachable = reachedBy.get(schemes as string[])!;
	const isAble = (letter: string) => built.includes(letter) && reachable.includes(letter);
	// "The client SHALL assume that the server supports the UDP binding"
	const isServers = (letter: string) => letter === "U" || binding.includes(letter);
	// "SHALL use the argument … unless not supported by the client or not indicated as supported by the server"
	if (isLetter(argument) && isAble(argument!) && isServers(argument!)) return argument;
	// "If this resource is defined, the client SHALL use this …, unless unable to do so"
	if (isLetter(preferred) && isAble(preferred!)) return preferred;
	// "that PDN Type SHALL be preferred when present in the binding resource"
	if (isNonIp === true && binding.includes("N") && isAble("N")) return "N";
	// "a client-preferred binding supported by both the server and the client": ours is the one of the URI
	const own = ownOf(schemes[0]);
	const common = [...(own === undefined ? [] : [own]), ...binding, "U"];
	return common.find((letter) => isServers(letter) && isLetter(letter) && isAble(letter));
}

test("[TRAN-BIND-001..009] every cell: account × 1/x/7 × 1/x/22 × argument of 1/x/8 × PDN type × build", () => {
	let cells = 0;
	const seen = new Set<string>();
	for (const schemes of accounts)
		for (const binding of bindings)
			for (const preferred of wishes)
				for (const argument of wishes)
					for (const built of builds)
						for (const isNonIp of [false, true]) {
							const situation = { schemes, binding, preferred, argument, isNonIp, built };
							const chosen = chooseTransport(situation);
							const wanted = expected(situation);
							if (chosen?.transport !== wanted) equal(chosen?.transport, wanted, JSON.stringify(situation));
							seen.add(`${chosen?.why} ${chosen?.transport}`);
							cells++;
						}
	ok(cells > 1_000_000, `${cells} cells`);
	for (const why of ["argument", "preferred", "uri", "binding"]) {
		for (const letter of letters) {
			if (why === "uri" && letter === "N") continue; // no scheme of ours is Non-IP's own
			ok(seen.has(`${why} ${letter}`), `${why} ${letter} was never chosen`);
		}
	}
	for (const rest of ["pdnType N", "udp U", "undefined undefined"]) ok(seen.has(rest), rest);
});
