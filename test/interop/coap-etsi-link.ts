import {
	type AskingBench,
	deepEqual,
	type EtsiCase,
	equal,
	more,
	NotApplicable,
	numberOf,
	ok,
	targets,
} from "./coap-etsi-case.ts";

const noTypes = "coap-server's resources are its own: none has this attribute";

/** A filtered discovery: what is asked, what must come of both servers, and of coap-server's own resources. */
function filter(
	id: string,
	title: string,
	query: string,
	expected: readonly string[],
	libcoap?: [string, string[]],
): EtsiCase {
	const has = (found: readonly string[], wanted: readonly string[]) => deepEqual([...found].sort(), [...wanted].sort());
	return {
		id: `LINK_${id}`,
		title: `${title}: ${query}`,
		...(libcoap === undefined ? { without: { "libcoap server": noTypes } } : {}),
		asks: async (bench) => {
			const isLibcoap = bench.server.name === "libcoap";
			const asked = isLibcoap ? libcoap![0] : query;
			const { payload, contentFormat } = await discover(bench, asked);
			equal(contentFormat, 40);
			const found = targets(payload);
			if (query === "rt=*" && bench.server.name === "aiocoap" && found.includes("/test")) {
				throw new NotApplicable("aiocoap 0.4.17 finds resources without rt by rt=*");
			}
			// Californium counts /.well-known/core, and aiocoap what it knows to observe, among a type's resources
			has(
				found.filter((target) => !target.startsWith("/.well-known") && !target.startsWith("/obs")),
				isLibcoap ? libcoap![1] : expected,
			);
		},
		serves: async (bench) => {
			const { payload } = await bench.ask("get", `.well-known/core?${query}`);
			equal(numberOf(bench.responses(true)[0]!, more.contentFormat), 40);
			has(targets(payload), expected);
		},
	};
}

function discover(bench: AskingBench, query?: string) {
	return bench.ask("get", ".well-known/core", query === undefined ? {} : { query: [query] });
}

export const linkCases: readonly EtsiCase[] = [
	{
		id: "LINK_01",
		title: "discovery",
		asks: async (bench) => {
			const { contentFormat, payload } = await discover(bench);
			equal(contentFormat, 40);
			ok(targets(payload).includes(bench.server.name === "libcoap" ? "/time" : "/test"));
		},
		serves: async (bench) => {
			ok(targets((await bench.ask("get", ".well-known/core")).payload).includes("/test"));
			equal(numberOf(bench.responses(true)[0]!, more.contentFormat), 40);
		},
	},
	filter("02", "one type", "rt=Type1", ["/link1", "/link3"], ["rt=ticks", ["/time"]]),
	filter("03", "any type", "rt=*", ["/link1", "/link2", "/link3"], ["rt=*", ["/time"]]),
	filter("04", "one of several types", "rt=Type2", ["/link1", "/link2"]),
	filter("05", "interface by prefix", "if=If*", ["/link1", "/link2"], ["if=clo*", ["/time"]]),
	filter("06", "size", "sz=*", ["/large"]),
	filter("07", "one target", "href=/link1", ["/link1"], ["href=/time", ["/time"]]),
	filter("08", "targets by prefix", "href=/link*", ["/link1", "/link2", "/link3"], ["href=/tim*", ["/time"]]),
	{
		id: "LINK_09",
		title: "links arranged hierarchically",
		without: { "libcoap server": noTypes },
		asks: async (bench) => {
			const all = await discover(bench);
			ok(/<\/path>[^,]*;ct="?40"?/.test(new TextDecoder().decode(all.payload)));
			const path = await bench.ask("get", "path");
			equal(path.contentFormat, 40);
			deepEqual(targets(path.payload), ["/path/sub1", "/path/sub2"]);
			equal((await bench.ask("get", "path/sub1")).code, 0x45);
		},
		serves: async (bench) => {
			ok(targets((await bench.ask("get", ".well-known/core")).payload).includes("/path"));
			deepEqual(targets((await bench.ask("get", "path")).payload), ["/path/sub1", "/path/sub2"]);
			equal((await bench.ask("get", "path/sub1")).code, "2.05");
		},
	},
];
