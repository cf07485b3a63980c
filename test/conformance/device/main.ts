import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Host } from "../../../modules/host.ts";
import { AccessControl } from "../../../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../../../modules/lwm2m/bootstrap.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import { Loop } from "../../../modules/lwm2m/loop.ts";
import { ProfileIds } from "../../../modules/lwm2m/profile-id.ts";
import { ReportingKeeper } from "../../../modules/lwm2m/reporting-keeper.ts";
import { makeSends } from "../../../modules/lwm2m/send.ts";
import { accessControl } from "../../../modules/objects/access-control-2.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { liveKey } from "../../../modules/settings/key.ts";
import { furnish } from "./furniture.ts";
import { readPlan } from "./plan.ts";

/** Among the settings of this device. */
const reportingKey = 1;

/**
 * A device for conformance tests: the objects and values of OMA's configurations, built as a product builds its own.
 * The serial number of its factory record says which (plan.ts).
 */
export default function main(host: Host): void {
	const { factory, log, power } = host;
	log.write({ event: "booted", platform: host.platform, version: "conformance", resetCause: power.resetCause });
	const plan = readPlan(factory);
	const client = new Client({
		endpointName: factory.endpointName ?? "conformance",
		dice: host.dice,
		entropy: host.entropy,
		log: (record) => log.write(record),
		wallTimeS: () => host.clock.wallTimeS(),
		enabler: plan.enabler,
		formats: plan.enabler === "1.0" ? formats10 : formatsSince11,
		composite: compositeOperations,
		sends: makeSends,
		accessControl: new AccessControl(accessControl),
		...(plan.bootstrap === undefined ? {} : { bootstrap: makeBootstrap }),
		...(plan.profiles.length === 0 ? {} : { profileIds: new ProfileIds({ known: plan.profiles }) }),
		...plan.client,
		...(plan.client.enablers?.includes("1.0") === true ? { formats10 } : {}),
	});
	furnish(client, host, plan);
	plan.outages.forEach(({ fromS, untilS }) => {
		client.after(1000 * fromS, () => client.offline(host.clock.nowMs()));
		client.after(1000 * untilS, () => client.online(host.clock.nowMs()));
	});
	const keeper = keeperOf(host, client);
	new Loop(host, client, ...(keeper === undefined ? [] : [keeper])).start();
}

/** What reporting keeps lies in the settings partition, where there is one. */
function keeperOf({ flash, entropy, log }: Host, client: Client): ReportingKeeper | undefined {
	if (flash === undefined) return undefined;
	return new ReportingKeeper(client, new FlashSettings({ flash, entropy, log }), reportingKey | liveKey, log);
}
