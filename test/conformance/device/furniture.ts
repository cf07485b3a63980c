import type { Host } from "../../../modules/host.ts";
import { maxId } from "../../../modules/lwm2m/access-entry.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { accessControl, accessControlObject, Rights } from "../../../modules/objects/access-control-2.ts";
import { binaryAppData } from "../../../modules/objects/binary-app-data-19.ts";
import { connectivityMonitoring } from "../../../modules/objects/connectivity-monitoring-4.ts";
import { connectivityStatistics } from "../../../modules/objects/connectivity-statistics-7.ts";
import { eventLog } from "../../../modules/objects/event-log-20.ts";
import { ACCESS_CONTROL } from "../../../modules/objects/facts/access-control-2-v1-1.ts";
import { CONNECTIVITY_MONITORING as NEWEST } from "../../../modules/objects/facts/connectivity-monitoring-4-v1-3.ts";
import { PORTFOLIO } from "../../../modules/objects/facts/portfolio-16.ts";
import { SECURITY } from "../../../modules/objects/facts/security-0-v1-1.ts";
import { SECURITY as SECURITY_1_2 } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-1.ts";
import { SERVER as SERVER_1_2 } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { location } from "../../../modules/objects/location-6.ts";
import { portfolio, portfolios } from "../../../modules/objects/portfolio-16.ts";
import { security, securityObject } from "../../../modules/objects/security-0.ts";
import { server, serverObject } from "../../../modules/objects/server-1.ts";
import { benchObject } from "./bench-object.ts";
import { cellular } from "./cellular.ts";
import { deviceOf, type Supply } from "./device-object.ts";
import { CONFORMANCE_BENCH } from "./facts/conformance-bench-33100.ts";
import { network } from "./network.ts";
import type { ConfigurationName, Plan } from "./plan.ts";
import { testObject } from "./test-object.ts";

/** Which configurations have what beside accounts, Device and the tests' own objects. */
const has = (plan: Plan, ...names: readonly ConfigurationName[]) =>
	plan.configuration === "all" || names.includes(plan.configuration);

/** Puts everything that the plan says into the client. */
export function furnish(client: Client, host: Host, plan: Plan): void {
	const supply: Supply = { voltagesMv: [3800, 5000] };
	addBootstrap(client, plan);
	addAccounts(client, plan);
	addObjects(client, plan);
	const device = deviceOf(
		client,
		host,
		supply,
		has(plan, "C.6") ? "full" : has(plan, "C.4") ? "powered" : "plain",
		plan,
	);
	client.add(device);
	benchObject(client, host.clock, (voltagesMv) => {
		supply.voltagesMv = voltagesMv;
		device.look("powerSourceVoltage");
	});
	testObject(client, host.log);
}

/** C.13 where it is alone: nothing but the Bootstrap-Server's account, and Objects 0, 1 and 2 without Instances. */
function addBootstrap(client: Client, { bootstrap, enabler }: Plan): void {
	if (bootstrap === undefined) return;
	const isNewest = enabler === "1.2" && bootstrap.isAlone === true; // as the accounts that are made here are 1.1's
	const [securityFacts, serverFacts] = isNewest ? [SECURITY_1_2, SERVER_1_2] : [SECURITY, SERVER];
	const accounts = securityObject(securityFacts);
	client.addObject(securityFacts, accounts);
	client.addObject(serverFacts, serverObject(client, serverFacts));
	client.addObject(ACCESS_CONTROL, accessControlObject());
	const { uri, id = 1, holdOffS, timeoutS } = bootstrap;
	const account = accounts.provide!(id);
	account.hold("serverUri", uri);
	account.hold("bootstrapServer", true);
	account.hold("securityMode", 3);
	account.hold("clientHoldOffTime", holdOffS);
	account.hold("bootstrapServerAccountTimeout", timeoutS);
	client.add(account);
}

/** SRV+ of the configurations from C.3 on, SRV of C.1. */
function addAccounts(client: Client, plan: Plan): void {
	const isPlus = plan.configuration !== "C.1" && plan.configuration !== "C.14";
	const periods = { defaultMinimumPeriodS: 1, defaultMaximumPeriodS: 10, disableTimeoutS: 86_400 };
	plan.serverUris.forEach((serverUri, id) => {
		const shortServerId = id + 1;
		client.add(security({ id: id * 2, serverUri, shortServerId }));
		const { lifetimeS, isStoring, disableTimeoutS, recovery } = plan;
		const account = { id, shortServerId, lifetimeS, storesNotifications: isStoring, ...(isPlus ? periods : {}) };
		const more = { recovery: recovery[id], ...(disableTimeoutS === undefined ? {} : { disableTimeoutS }) };
		client.add(server({ ...account, ...more }, client));
	});
	if (plan.serverUris.length > 1) addRights(client);
}

/** C.14: each server has its own account, and both have the Device. Beside that who may do what with the bench. */
function addRights(client: Client): void {
	const bench = CONFORMANCE_BENCH.id;
	const everybody = (rights: number) => new Map([[0, rights]]);
	client.add(accessControl({ id: 0, objectId: 1, objectInstanceId: 0, owner: 1 }));
	client.add(accessControl({ id: 1, objectId: 1, objectInstanceId: 1, owner: 2 }));
	client.add(accessControl({ id: 2, objectId: 3, objectInstanceId: 0, acl: everybody(Rights.all) }));
	client.add(accessControl({ id: 3, objectId: bench, objectInstanceId: maxId, acl: new Map([[1, Rights.create]]) }));
	client.add(accessControl({ id: 4, objectId: bench, objectInstanceId: 0, owner: 1 }));
	client.add(accessControl({ id: 6, objectId: 3442, objectInstanceId: 0, owner: 1, acl: everybody(Rights.all) }));
	client.add(accessControl({ id: 5, objectId: bench, objectInstanceId: 1, owner: 2, acl: everybody(Rights.read) }));
}

/** What C.7, 2013-05-02T10:14:25Z, has for a fix. */
const fix = {
	latitude: 43.5723,
	longitude: 153.2176,
	altitudeM: 140,
	radiusM: 100,
	velocity: new Uint8Array([0x00, 0x10, 0x00, 0x20]),
	timestampS: 1_367_491_215,
	speedMs: 3,
};

const identities = ["Host Device ID #1", "Host Device Manufacturer #1", "Host Device Model #1", "1.0"];

function addObjects(client: Client, plan: Plan): void {
	if (has(plan, "C.5")) {
		client.add(connectivityMonitoring(network, plan.enabler === "1.2" ? { facts: NEWEST } : {}));
	}
	if (has(plan, "C.7")) client.add(location(fix));
	if (has(plan, "C.9")) client.add(connectivityStatistics(client));
	if (has(plan, "C.10")) cellular(client);
	if (has(plan, "C.12")) {
		client.addObject(PORTFOLIO, { ...portfolios(4), remove() {} }); // ETS 1635 deletes that of the device, too
		client.add(portfolio({ identity: identities, authentication: (it) => it.deliver([new Uint8Array([0xca, 0xfe])]) }));
	}
	if (has(plan, "C.15")) {
		const port = { received() {} };
		const up = binaryAppData(port);
		up.offer([new Uint8Array([0x01, 0x02, 0x03, 0x04]), new Uint8Array([0xff])]);
		client.add(up);
		client.add(binaryAppData(port, { id: 1 }));
	}
	if (has(plan, "C.16")) {
		const log = eventLog({ capacityBytes: 128 });
		client.add(log);
		log.log(new Uint8Array([0x0a, 0x0b]));
	}
}
