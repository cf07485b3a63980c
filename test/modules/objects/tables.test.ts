import type { Instance } from "../../../modules/lwm2m/instance.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { FIVEGNR_CONNECTIVITY } from "../../../modules/objects/facts/5gnr-connectivity-27.ts";
import { COSE } from "../../../modules/objects/facts/cose-23.ts";
import { GATEWAY } from "../../../modules/objects/facts/gateway-25.ts";
import { GATEWAY_ROUTING } from "../../../modules/objects/facts/gateway-routing-26.ts";
import { MQTT_SERVER } from "../../../modules/objects/facts/mqtt-server-24.ts";
import { OSCORE } from "../../../modules/objects/facts/oscore-21-v2-0.ts";
import { SECURITY as SECURITY_1_2 } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code, linksOf, payload } from "../lwm2m/bench.ts";
import { texts, write } from "./scene.ts";

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
