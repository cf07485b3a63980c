import type { BodySink } from "../coap/stream.ts";
import type { UpdateView } from "../firmware/installation.ts";
import type { SoftwareInstaller } from "../firmware/software-installer.ts";
import { softwareResult, softwareStates } from "../firmware/software-table.ts";
import type { Updater } from "../firmware/updater.ts";
import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { StreamedInstance } from "../lwm2m/streamed-write.ts";
import { SOFTWARE_MANAGEMENT } from "./facts/software-management-9.ts";

export interface SoftwareOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** What is shown before there is a package. */
	readonly pkgName?: string;
	readonly pkgVersion?: string;
}

const hooks = frozen({
	check: {
		package: (_: Uint8Array, it: SoftwareManagement) => it.refuse("push"),
		packageUri: (_: string, it: SoftwareManagement) => it.refuse("pull"),
	},
	written: {
		package: (bytes: Uint8Array, it: SoftwareManagement) => it.take(bytes),
		packageUri: (uri: string, it: SoftwareManagement) => void it.updater.pull(uri),
	},
	execute: {
		install: (it: SoftwareManagement) => it.command("update"),
		uninstall: (it: SoftwareManagement, args: readonly Argument[]) => it.uninstall(args),
		activate: (it: SoftwareManagement) => it.activate(true),
		deactivate: (it: SoftwareManagement) => it.activate(false),
	},
	absent: ["package", "packageUri", "statusReason"],
});

const unnamed: SoftwareOptions = frozen({});

/** Software Management (Object 9): one piece of software, over an updater and what installs it. */
export class SoftwareManagement
	extends ObjectInstance<typeof SOFTWARE_MANAGEMENT, SoftwareManagement>
	implements UpdateView, StreamedInstance
{
	readonly updater: Updater;
	readonly installer: SoftwareInstaller;
	private readonly named: SoftwareOptions;

	constructor(updater: Updater, installer: SoftwareInstaller, options: SoftwareOptions) {
		const { id = 0, pkgName = "", pkgVersion = "" } = options;
		const values = {
			pkgName,
			pkgVersion,
			updateState: 0,
			updateSupportedObjects: false,
			updateResult: 0,
			activationState: false,
		};
		super(SOFTWARE_MANAGEMENT, { id, values }, hooks);
		this.updater = updater;
		this.installer = installer;
		this.named = options;
		updater.attach(this);
	}

	/** The updater has news. */
	show(): void {
		const { state, result, reason, image } = this.updater;
		this.set("pkgName", image?.name ?? this.named.pkgName ?? "");
		this.set("pkgVersion", image?.version ?? this.named.pkgVersion ?? "");
		this.hold("statusReason", reason === "" ? undefined : reason);
		this.set("activationState", this.installer.isActive);
		this.set("updateResult", softwareResult(state, result));
		this.set("updateState", softwareStates[state]);
	}

	/** @throws RequestRefused 4.05 where the table does */
	refuse(event: "push" | "pull"): void {
		if (this.updater.isRefused(event)) throw new RequestRefused(0x85, event);
	}

	command(event: "update" | "reset", isKept = false): void {
		const refused = this.updater.command(event, isKept);
		if (refused !== undefined) throw new RequestRefused(refused, event);
	}

	/** Argument 0 is 1: the software stays until its successor comes ("ForUpdate"). */
	uninstall(args: readonly Argument[]): void {
		const [first] = args;
		const text = first?.text ?? "0";
		if (args.length > 1 || (first?.digit ?? 0) !== 0 || (text !== "0" && text !== "1")) {
			throw new RequestRefused(0x80, "arguments");
		}
		this.command("reset", text === "1");
		this.updater.configure({ isOn: false });
	}

	activate(isOn: boolean): void {
		if (this.updater.state !== "installed") throw new RequestRefused(0x85, "not installed");
		if (isOn) this.installer.activate();
		else this.installer.vacate();
		this.updater.configure({ isOn });
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
		this.updater.pushed();
	}
}

/** Software Management (Object 9). */
export function softwareManagement(
	updater: Updater,
	installer: SoftwareInstaller,
	options: SoftwareOptions = unnamed,
): SoftwareManagement {
	return new SoftwareManagement(updater, installer, options);
}
