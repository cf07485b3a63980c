import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { Instance } from "../../../modules/lwm2m/instance.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { FIVEGNR_CONNECTIVITY } from "../../../modules/objects/facts/5gnr-connectivity-27.ts";
import { COSE } from "../../../modules/objects/facts/cose-23.ts";
import { FIRMWARE_UPDATE as FIRMWARE_UPDATE_1_2 } from "../../../modules/objects/facts/firmware-update-5-v1-2.ts";
import { GATEWAY } from "../../../modules/objects/facts/gateway-25.ts";
import { GATEWAY_ROUTING } from "../../../modules/objects/facts/gateway-routing-26.ts";
import { MQTT_SERVER } from "../../../modules/objects/facts/mqtt-server-24.ts";
import { OSCORE } from "../../../modules/objects/facts/oscore-21-v2-0.ts";
import { SECURITY as SECURITY_1_2 } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { FirmwareState, firmwareUpdate } from "../../../modules/objects/firmware-update-5.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { SoftwareState, softwareManagement } from "../../../modules/objects/software-management-9.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code, linksOf, payload } from "../lwm2m/bench.ts";
import { texts, write } from "./scene.ts";

const { opaque, text } = ContentFormat;

/** A quiet bench as a 1.2 client, with these. */
const having = (...instances: Instance[]) =>
	bench({
		enabler: "1.2",
		isQuiet: true,
		furnish(client) {
			for (const instance of instances) client.add(instance);
		},
	});

test("[CORE-OBJ-1] objects 24 to 27 out of their tables: registered, discovered, read", () => {
	const it = having(
		new ObjectInstance(MQTT_SERVER, { values: { clientIdentifier: "mouse", keepAlive: 60, willQoS: undefined } }),
		new ObjectInstance(GATEWAY, { values: { deviceId: "d1", prefix: "p1", ioTDeviceObjects: "</3/0>" } }),
		new ObjectInstance(GATEWAY_ROUTING, { values: { objectId: 3303, mappingInfo: "</3303/0>" } }),
		new ObjectInstance(FIVEGNR_CONNECTIVITY, { values: { connectivityOption: 2, nrBandAttached: [78], sscMode: 1 } }),
	);
	const list = payload(it.world.requests[0]!)!.split(",");
	for (const link of ["</24/0>", "</25>;ver=2.0", "</25/0>", "</26/0>", "</27/0>"]) ok(list.includes(link), link);
	deepEqual(texts(it, "/24/0", 6, 5), ["mouse", "60"]);
	deepEqual(texts(it, "/25/0", 0, 1, 3), ["d1", "p1", "</3/0>"]);
	deepEqual(texts(it, "/26/0", 0, 1), ["3303", "</3303/0>"]);
	deepEqual(texts(it, "/27/0", 0, "2/0", 6), ["2", "78", "1"]);
	equal(code(write(it, "/24/0/4", "4")), "4.00", "QoS goes to 3 in the table");
	equal(code(write(it, "/24/0/4", "2")), "2.04");
	equal(linksOf(it, "/27/0").length, 4);
});

test("[CORE-OBJ-1] objects 0, 21 and 23 hold what they must, and no server hears of them", () => {
	const key = new Uint8Array(16);
	const it = having(
		new ObjectInstance(OSCORE, {
			values: { oscoreMasterSecret: key, oscoreSenderId: key.subarray(0, 1), oscoreRecipientId: key.subarray(0, 2) },
		}),
		new ObjectInstance(COSE, { values: { kid: "k", aeadAlgorithm: 10, key: "secret" } }),
		security(
			{
				id: 1,
				serverUri: "coap://other.example",
				shortServerId: 9,
				more: {
					oscoreSecurityMode: { objectId: 21, instanceId: 0 },
					groupsToUseByClient: [23],
					secondaryLwM2MServerUri: ["coaps://other.example"],
					clientHoldOffTime: 5,
				},
			},
			SECURITY_1_2,
		),
	);
	const list = payload(it.world.requests[0]!)!;
	for (const hidden of ["</0", "</21", "</23"]) ok(!list.includes(`${hidden}/`) && !list.includes(`${hidden}>`), list);
	for (const path of ["/0/1", "/21/0", "/21/0/0", "/23/0", "/23/0/2"]) equal(code(it.get(path)), "4.01", path);
	const account = it.world.client.registry.instance(0, 1)!;
	equal(account.at(11), 5);
	deepEqual([...(account.at(18) as ReadonlyMap<number, number>)], [[0, 23]]);
	deepEqual(account.at(17), { objectId: 21, instanceId: 0 });
});

test("[CORE-OBJ-1] Firmware Update: the shape of a read, and every hook of a port (ETS 751, 756)", () => {
	const heard: string[] = [];
	const firmware = firmwareUpdate(
		{ pkgName: "app", pkgVersion: "1", protocols: [0, 1] },
		{
			check(_, given) {
				if (given === "coap://no") throw new RequestRefused(0x80, "not from there");
			},
			pushed: (it, bytes) => {
				heard.push(`pushed ${bytes.length}`);
				it.enter(bytes.length < 2 ? FirmwareState.idle : FirmwareState.downloaded, 0);
			},
			pulled: (it, uri) => {
				heard.push(`pulled ${uri}`);
				it.enter(uri === "" ? FirmwareState.idle : FirmwareState.downloading, 0);
			},
			update: (it) => it.enter(FirmwareState.idle, 1),
			cancel: (it) => it.enter(FirmwareState.idle, 10),
		},
		FIRMWARE_UPDATE_1_2,
	);
	const it = having(firmware);
	deepEqual(texts(it, "/5/0", 3, 5, 6, 7, "8/0", "8/1", 9), ["0", "0", "app", "1", "0", "1", "2"]);
	equal(code(it.get("/5/0/0")), "4.05");
	equal(code(it.put("/5/0/0", opaque, new Uint8Array(40))), "2.04");
	equal(payload(it.get("/5/0/3")), "2");
	equal(firmware.read("package"), undefined, "the bytes are the port's");
	equal(code(it.execute("/5/0/2")), "2.04");
	deepEqual(texts(it, "/5/0", 3, 5), ["0", "1"]);
	equal(code(it.put("/5/0/1", text, utf8("coap://no"))), "4.00");
	equal(code(it.put("/5/0/1", text, utf8("coap://yes"))), "2.04");
	equal(code(it.execute("/5/0/10")), "2.04");
	equal(payload(it.get("/5/0/5")), "10");
	equal(code(it.put("/5/0/1", text, utf8(""))), "2.04");
	deepEqual(heard, ["pushed 40", "pulled coap://yes", "pulled "]);
	equal(payload(it.world.requests[0]!)!.split(",").includes("</5>;ver=1.2"), true);
});

test("[CORE-OBJ-1] Software Management: every hook of a port", () => {
	const heard: string[] = [];
	const it = having(
		softwareManagement(
			{ id: 3, pkgName: "app", pkgVersion: "2" },
			{
				pushed: (it, bytes) => {
					heard.push(`pushed ${bytes.length}`);
					it.enter(SoftwareState.delivered, 3);
				},
				pulled: (_, uri) => void heard.push(`pulled ${uri}`),
				install: (it) => it.enter(SoftwareState.installed, 2),
				uninstall: (it, args) => {
					heard.push(`uninstall ${args.length}`);
					it.enter(SoftwareState.initial, 0);
				},
				activate: (it) => it.set("activationState", true),
				deactivate: (it) => it.set("activationState", false),
			},
		),
	);
	equal(code(it.put("/9/3/2", opaque, new Uint8Array(7))), "2.04");
	deepEqual(texts(it, "/9/3", 0, 1, 7, 9, 12), ["app", "2", "3", "3", "0"]);
	equal(code(it.execute("/9/3/4")), "2.04");
	equal(code(it.execute("/9/3/10")), "2.04");
	deepEqual(texts(it, "/9/3", 7, 12), ["4", "1"]);
	equal(code(it.execute("/9/3/11")), "2.04");
	equal(code(it.execute("/9/3/6", "0")), "2.04");
	deepEqual(texts(it, "/9/3", 7, 12), ["0", "0"]);
	equal(code(it.put("/9/3/3", text, utf8("coap://x"))), "2.04");
	deepEqual(heard, ["pushed 7", "uninstall 1", "pulled coap://x"]);
	equal(code(it.get("/9/3/14")), "4.05", "a user name is written, and never read");
});
