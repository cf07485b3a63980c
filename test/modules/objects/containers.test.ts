import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { type ApnProfile, apnProfile, apnProfiles } from "../../../modules/objects/apn-profile-11.ts";
import { binaryAppData, binaryAppDataContainers } from "../../../modules/objects/binary-app-data-19.ts";
import { type EventLog, eventLog } from "../../../modules/objects/event-log-20.ts";
import { APN_CONNECTION_PROFILE } from "../../../modules/objects/facts/apn-connection-profile-11.ts";
import { BINARY_APP_DATA_CONTAINER } from "../../../modules/objects/facts/binary-app-data-container-19.ts";
import { PORTFOLIO } from "../../../modules/objects/facts/portfolio-16.ts";
import { portfolio, portfolios } from "../../../modules/objects/portfolio-16.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { bench, code, hex, linksOf, payload } from "../lwm2m/bench.ts";
import { texts, write } from "./scene.ts";

const { opaque, tlv } = ContentFormat;
const quiet = (furnish: (client: Client) => void) => bench({ isQuiet: true, furnish });

test("[CORE-OBJ-1] APN profile: an APN and the device's own choice exclude each other", () => {
	const heard: string[] = [];
	const port = { changed: (_: ApnProfile, resource: string) => void heard.push(resource), removed() {} };
	const it = quiet((client) => client.add(apnProfile({ profileName: "main", apn: "internet" }, port)));
	deepEqual(texts(it, "/11/0", 0, 1, 3, 4), ["main", "internet", "1", "3"]);
	equal(code(write(it, "/11/0/2", "1")), "2.04");
	equal(code(it.get("/11/0/1")), "4.04");
	equal(code(write(it, "/11/0/1", "iot.example")), "2.04");
	deepEqual(texts(it, "/11/0", 1, 2), ["iot.example", "0"]);
	equal(code(write(it, "/11/0/4", "4")), "4.00");
	equal(code(write(it, "/11/0/3", "0")), "2.04");
	deepEqual(heard, ["autoSelectApnByDevice", "apn", "enableStatus"]);
});

test("[CORE-OBJ-1] APN profile: the attempts to connect", () => {
	const profile = apnProfile({ profileName: "main" }, { changed() {}, removed() {} });
	const it = quiet((client) => client.add(profile));
	profile.attempted(1_700_000_000, 27);
	deepEqual(texts(it, "/11/0", "9/0", "10/0", "11/0"), ["1700000000", "1", "27"]);
	profile.attempted(1_700_000_100, 0);
	profile.ended(1_700_000_200);
	deepEqual(texts(it, "/11/0", "9/0", "10/0", "12/0"), ["1700000100", "0", "1700000200"]);
	equal(code(it.get("/11/0/11/0")), "4.04");
});

test("[DMSE-001] [DMSE-002] APN profile: created with a name alone, the rest filled in; a limit", () => {
	const kept = { changed() {}, removed() {} };
	const it = quiet((client) => client.addObject(APN_CONNECTION_PROFILE, apnProfiles(kept, 1)));
	equal(code(it.post("/11", tlv, hex("c10061"))), "2.01");
	deepEqual(texts(it, "/11/0", 0, 3, 4), ["a", "1", "3"]);
	equal(code(it.post("/11", tlv, hex("c10062"))), "4.05");
	equal(code(it.get("/11/1")), "4.04");
	equal(code(it.remove("/11/0")), "2.02");
});

test("[CORE-OBJ-1] Portfolio: created by a server with nested TLV, beside the device's own (ETS 1630)", () => {
	const it = quiet((client) => {
		client.addObject(PORTFOLIO, portfolios(4));
		client.add(portfolio({ identity: ["Host", "Maker"] }));
	});
	const created = it.post("/16", tlv, hex("080109870041004142014243"));
	equal(code(created), "2.01");
	deepEqual(created.locationPath, ["16", "1"]);
	deepEqual(texts(it, "/16", "0/0/0", "0/0/1", "1/0/0", "1/0/1"), ["Host", "Maker", "A", "BC"]);
	equal(linksOf(it, "/16").includes("</16/1/0>;dim=2"), true);
	equal(code(it.execute("/16/0/1")), "4.04", "no authentication here");
});

test("[DMSE-001] Portfolio: the device's own instance is not a server's to delete; a limit", () => {
	const it = quiet((client) => {
		client.addObject(PORTFOLIO, portfolios(2));
		client.add(portfolio({ identity: ["Host"] }));
	});
	const one = hex("83004100");
	equal(code(it.remove("/16/0")), "4.05");
	equal(code(it.post("/16", tlv, hex("8300410041"))), "2.01");
	equal(code(it.post("/16", tlv, hex("8300410041"))), "4.05");
	equal(code(it.remove("/16/1")), "2.02");
	equal(code(it.get("/16/1")), "4.04");
	equal(code(it.post("/16", tlv, one)), "4.00", "torn");
	equal(code(it.post("/16", tlv, hex("8300410041"))), "2.01");
});

test("[CORE-OBJ-1] Portfolio: authentication data, delivered or not", () => {
	const asked: string[] = [];
	const object = portfolio({
		identity: ["Host"],
		authentication: (it, args) => {
			asked.push(args.map(({ digit, text }) => `${digit}=${text}`).join());
			if (asked.length === 1) it.deliver([utf8("proof")]);
			else it.fail();
		},
	});
	const it = quiet((client) => client.add(object));
	deepEqual(texts(it, "/16/0", 3), ["0"]);
	equal(code(it.execute("/16/0/1", "0='1'")), "2.04");
	deepEqual(texts(it, "/16/0", 3, "2/0"), ["1", "proof"]);
	equal(code(it.execute("/16/0/1")), "2.04");
	deepEqual(texts(it, "/16/0", 3), ["2"]);
	equal(code(it.get("/16/0/2")), "4.04");
	deepEqual(asked, ["0=1", ""]);
});

test("[CORE-OBJ-1] BinaryAppDataContainer: data both ways, and no more than fits", () => {
	const heard: string[] = [];
	const container = binaryAppData(
		{ received: (it) => heard.push(readUtf8(it.get("data")!.get(0)!)!) },
		{ maxBytes: 4 },
	);
	const it = quiet((client) => client.add(container));
	equal(container.offer([utf8("ab"), utf8("cd")], 1_700_000_000), true);
	equal(container.offer([utf8("abc"), utf8("de")]), false);
	deepEqual(texts(it, "/19/0", "0/0", "0/1", 2), ["ab", "cd", "1700000000"]);
	equal(code(it.put("/19/0/0/0", opaque, utf8("xyz"))), "4.13");
	deepEqual(texts(it, "/19/0", "0/0"), ["ab"]);
	equal(code(it.put("/19/0/0/0", opaque, utf8("xy"))), "2.04");
	deepEqual(heard, ["xy"]);
	equal(code(write(it, "/19/0/1", "2")), "2.04");
	equal(code(write(it, "/19/0/1", "3")), "4.00");
	equal(code(write(it, "/19/0/1", "256")), "4.00", "one byte");
	equal(code(write(it, "/19/0/3", "x".repeat(33))), "4.00", "32 bytes");
	equal(code(write(it, "/19/0/5", "65535")), "2.04");
});

test("[DMSE-001] [DMSE-002] BinaryAppDataContainer: made and deleted by servers, up to a limit", () => {
	const options = binaryAppDataContainers({ received() {} }, 1);
	const it = quiet((client) => client.addObject(BINARY_APP_DATA_CONTAINER, options));
	equal(code(it.post("/19", tlv, hex("83004100ff"))), "2.01");
	equal(code(it.post("/19", tlv, hex("83004100ff"))), "4.05");
	equal(code(it.remove("/19/0")), "2.02");
});

function logged(capacityBytes: number) {
	const log: EventLog = eventLog({ logClass: 1, capacityBytes });
	const it = quiet((client) => client.add(log));
	return { log, it, now: () => texts(it, "/20/0", 4013, 4014) };
}

test("[CORE-OBJ-1] Event Log: the oldest records make room, and the status says so", () => {
	const { log, now } = logged(12);
	deepEqual(now(), ["0", ""]);
	log.log(utf8("abc"));
	deepEqual(now(), ["2", "abc"]);
	log.log(utf8("defg"));
	deepEqual(now(), ["2", "abcdefg"], "5 + 6 of 12 bytes");
	log.log(utf8("h"));
	deepEqual(now(), ["6", "defgh"]);
	log.log(utf8("0123456789"));
	deepEqual(now(), ["6", "0123456789"], "exactly the store");
	log.log(utf8("0123456789a"));
	deepEqual(now(), ["6", "0123456789"], "longer than the store");
});

test("[CORE-OBJ-1] Event Log: start and stop, with and without the data", () => {
	const { log, it, now } = logged(64);
	log.log(utf8("a"));
	equal(code(it.execute("/20/0/4012")), "2.04");
	log.log(utf8("b"));
	deepEqual(now(), ["3", "a"]);
	equal(code(it.execute("/20/0/4011", "0='1'")), "2.04");
	log.log(utf8("c"));
	deepEqual(now(), ["2", "ac"]);
	equal(code(it.execute("/20/0/4011")), "2.04");
	deepEqual(now(), ["0", ""]);
	log.log(utf8("d"));
	equal(code(it.execute("/20/0/4012", "0='1'")), "2.04");
	deepEqual(now(), ["1", ""]);
	equal(code(it.execute("/20/0/4011", "0='2'")), "4.00");
	equal(code(it.execute("/20/0/4011", "1")), "4.00");
	deepEqual(now(), ["1", ""]);
	equal(code(write(it, "/20/0/4015", "1")), "4.00");
	equal(code(write(it, "/20/0/4010", "100")), "2.04");
	equal(payload(it.get("/20/0/4010")), "100");
});
