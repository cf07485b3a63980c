import type { UpdateOffer } from "../../../modules/firmware/installation.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Host } from "../../../modules/host.ts";
import { AccessControl } from "../../../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../../../modules/lwm2m/bootstrap.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import { type Keeper, Loop } from "../../../modules/lwm2m/loop.ts";
import { ProfileIds } from "../../../modules/lwm2m/profile-id.ts";
import { makeSends } from "../../../modules/lwm2m/send.ts";
import { accessControl } from "../../../modules/objects/access-control-2.ts";
import { firmware } from "../../../src/firmware.ts";
import { retention } from "../../../src/retention.ts";
import { openSettings } from "../../../src/settings.ts";
import { sleep } from "../../../src/sleep.ts";
import { software } from "../../../src/software.ts";
import { furnish } from "./furniture.ts";
import { readPlan } from "./plan.ts";

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
	const updating = hasFirmware ? firmware(host, settings, undefined, more) : undefined;
	const sleeping = sleep(host, plan.sleep);
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
		...updating?.client,
		...sleeping?.client,
	});
	furnish(client, host, plan);
	const mod =
		updating === undefined || host.mods === undefined
			? undefined
			: software(host, host.mods, settings!, updating.transfers);
	if (updating !== undefined) client.add(updating.instance);
	if (mod !== undefined) client.add(mod);
	plan.outages.forEach(({ fromS, untilS }) => {
		client.after(1000 * fromS, () => client.offline(host.clock.nowMs()));
		client.after(1000 * untilS, () => client.online(host.clock.nowMs()));
	});
	const keepers: Keeper[] = [];
	const retaining = retention(host, settings, false);
	if (retaining !== undefined) keepers.push(retaining.keeper.drive(client, "conformance"));
	const updaters = [updating?.updater, mod?.updater].filter((updater) => updater !== undefined);
	if (updating !== undefined) keepers.push(updating.transfers.drive(client, updaters));
	if (sleeping !== undefined) keepers.push(sleeping.sleeper(client, [], undefined));
	new Loop(updating?.transfers.host ?? host, client, ...keepers).start();
}
