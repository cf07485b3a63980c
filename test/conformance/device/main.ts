import type { UpdateOffer } from "../../../modules/firmware/installation.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Host } from "../../../modules/host.ts";
import { AccessControl } from "../../../modules/lwm2m/access-control.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import { Loop } from "../../../modules/lwm2m/loop.ts";
import { ReportingKeeper } from "../../../modules/lwm2m/reporting-keeper.ts";
import { makeSends } from "../../../modules/lwm2m/send.ts";
import { streamedWrites } from "../../../modules/lwm2m/streamed-write.ts";
import { accessControl } from "../../../modules/objects/access-control-2.ts";
import { firmwareUpdate } from "../../../modules/objects/firmware-update-5.ts";
import { liveKey } from "../../../modules/settings/key.ts";
import { firmware } from "../../../src/firmware.ts";
import { openSettings } from "../../../src/settings.ts";
import { software } from "../../../src/software.ts";
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
	const settings = openSettings(host);
	const hasFirmware = plan.configuration === "C.8" || plan.configuration === "all";
	const gate = ({ maxDeferS }: UpdateOffer) => (maxDeferS > 0 ? "ask" : "go");
	const more = { gate, hasRoom: () => !plan.isShortOfRam };
	const updating = hasFirmware ? firmware(host, host.slots, settings, undefined, more) : undefined;
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
		...(updating === undefined ? {} : { streamedWrites, guest: updating.transfers }),
	});
	furnish(client, host, plan);
	const mod =
		updating === undefined || host.mods === undefined
			? undefined
			: software(host, host.mods, settings!, updating.transfers);
	if (updating !== undefined) client.add(firmwareUpdate(updating.updater));
	if (mod !== undefined) client.add(mod);
	const reporting =
		settings === undefined ? undefined : new ReportingKeeper(client, settings, reportingKey | liveKey, log);
	const transfers = updating?.transfers.drive(
		client,
		mod === undefined ? [updating.updater] : [updating.updater, mod.updater],
	);
	new Loop(transfers?.host ?? host, client, {
		started(nowMs) {
			reporting?.started(nowMs);
			transfers?.started(nowMs);
		},
		turnEnded(nowMs) {
			reporting?.turnEnded(nowMs);
			transfers?.turnEnded(nowMs);
		},
	}).start();
}
