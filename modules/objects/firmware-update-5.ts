import type { BodySink } from "../coap/stream.ts";
import type { UpdateView } from "../firmware/installation.ts";
import { stateNumbers } from "../firmware/update-table.ts";
import type { Updater } from "../firmware/updater.ts";
import { frozen } from "../frozen.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { StreamedInstance } from "../lwm2m/streamed-write.ts";
import { FIRMWARE_UPDATE } from "./facts/firmware-update-5-v1-1.ts";
import type { FIRMWARE_UPDATE as FIRMWARE_UPDATE_1_2 } from "./facts/firmware-update-5-v1-2.ts";

/** Update Delivery Method (Resource 9). */
export const DeliveryMethod = frozen({ pull: 0, push: 1, both: 2 });

export interface FirmwareUpdateOptions {
	/** Of `DeliveryMethod`; when left out both, or push where nothing can be pulled. */
	readonly deliveryMethod?: number;
}

const hooks = frozen({
	check: {
		package: (bytes: Uint8Array, it: FirmwareUpdate) => it.refuse(isNull(bytes) ? "reset" : "push"),
		packageUri: (uri: string, it: FirmwareUpdate) => it.refuse(uri === "" ? "reset" : "pull"),
	},
	written: {
		package: (bytes: Uint8Array, it: FirmwareUpdate) => it.take(bytes),
		packageUri(uri: string, it: FirmwareUpdate) {
			if (uri === "") it.updater.command("reset");
			else it.updater.pull(uri);
		},
		severity: (severity: number, it: FirmwareUpdate) => it.updater.configure({ severity }),
		maximumDeferPeriod: (maxDeferS: number, it: FirmwareUpdate) => it.updater.configure({ maxDeferS }),
		automaticUpgradeAtDownload: (isOn: boolean, it: FirmwareUpdate) => it.updater.configure({ isOn }),
	},
	execute: { update: (it: FirmwareUpdate) => it.command("update") },
	absent: ["package", "pkgName", "pkgVersion"],
});

/** Of tables since 1.1. */
const hooksWithCancel = frozen({
	...hooks,
	execute: { ...hooks.execute, cancel: (it: FirmwareUpdate) => it.command("cancel") },
	absent: [...hooks.absent, "lastStateChangeTime"],
});

/** Setting Package to NULL ('\0') resets (Resource 3). */
function isNull(bytes: Uint8Array): boolean {
	return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0);
}

/** Any version of the table. */
type FirmwareFacts = ObjectFacts & { readonly id: 5 };

/** Firmware Update (Object 5): shows an Updater to servers, and what they do to it. */
export class FirmwareUpdate
	extends ObjectInstance<typeof FIRMWARE_UPDATE_1_2, FirmwareUpdate>
	implements UpdateView, StreamedInstance
{
	readonly updater: Updater;

	constructor(updater: Updater, { deliveryMethod }: FirmwareUpdateOptions, facts: FirmwareFacts) {
		const { protocols } = updater;
		const method = deliveryMethod ?? (protocols.length === 0 ? DeliveryMethod.push : DeliveryMethod.both);
		const values = {
			packageUri: "",
			state: 0,
			updateResult: 0,
			firmwareUpdateProtocolSupport: protocols.length === 0 ? undefined : protocols,
			firmwareUpdateDeliveryMethod: method,
			...("severity" in facts.resources ? { severity: 1, maximumDeferPeriod: 0 } : undefined),
			...("automaticUpgradeAtDownload" in facts.resources ? { automaticUpgradeAtDownload: false } : undefined),
		};
		const all = "cancel" in facts.resources ? hooksWithCancel : hooks;
		super(facts as typeof FIRMWARE_UPDATE_1_2, { values }, all);
		this.updater = updater;
		updater.attach(this);
	}

	/** The updater has news. LastStateChangeTime goes before State (Resource 12). */
	show(): void {
		const { state, result, status, image } = this.updater;
		const { resources } = this.facts;
		this.set("packageUri", status.uri);
		if ("severity" in resources) {
			this.set("severity", status.severity);
			this.set("maximumDeferPeriod", status.maxDeferS);
			if (status.changedS > 0) this.set("lastStateChangeTime", status.changedS);
		}
		if ("automaticUpgradeAtDownload" in resources) this.set("automaticUpgradeAtDownload", status.isOn);
		this.hold("pkgName", image?.name);
		this.hold("pkgVersion", image?.version);
		const [, most] = this.factsOf("updateResult").range ?? [0, 0];
		this.set("updateResult", result > most ? 0 : result);
		this.set("state", stateNumbers[state]);
	}

	/** @throws RequestRefused 4.05 where the table does */
	refuse(event: "reset" | "push" | "pull"): void {
		if (this.updater.isRefused(event)) throw new RequestRefused(0x85, event);
	}

	command(event: "update" | "cancel"): void {
		const refused = this.updater.command(event);
		if (refused !== undefined) throw new RequestRefused(refused, event);
	}

	/** A package that came in one piece. */
	take(bytes: Uint8Array): void {
		this.clear("package"); // no second copy stays here
		const { updater } = this;
		updater.sink.begin(0, bytes.length, undefined);
		if (updater.sink.write(0, bytes, 0, bytes.length) === undefined) updater.pushed();
	}

	sinkFor(name: string): BodySink | undefined {
		return name === "package" ? this.updater.sink : undefined;
	}

	streamed(): void {
		const refused = this.updater.pushed();
		if (refused !== undefined) throw new RequestRefused(refused, "package");
	}
}

/**
 * Firmware Update (Object 5) over an updater of modules/firmware.
 * @param facts another version of the table: facts/firmware-update-5-v1-0.ts, facts/firmware-update-5-v1-2.ts
 */
export function firmwareUpdate(
	updater: Updater,
	options: FirmwareUpdateOptions = {},
	facts: FirmwareFacts = FIRMWARE_UPDATE,
): FirmwareUpdate {
	return new FirmwareUpdate(updater, options, facts);
}
