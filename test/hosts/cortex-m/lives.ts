import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceEvent, QemuDevice, type QemuOptions } from "../../../hosts/cortex-m/tools/qemu.ts";
import { UdpNetwork } from "../../../hosts/simulator/network/udp-network.ts";
import { Lwm2mServer } from "../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../hosts/simulator/time.ts";

/** An emulated chip and its flash file, over as many lives as a test wants, and a server of ours. */
export class Lives {
	readonly folder = mkdtempSync(join(tmpdir(), "dormouse-chip-"));
	/** Of the life that is, or was last. */
	events: DeviceEvent[] = [];
	readonly server: Lwm2mServer;
	private readonly endpoint: string;
	private device: QemuDevice | undefined;

	/** @param options isSecure: the server has a port for DTLS, too */
	constructor(endpoint: string, { isSecure = false }: { readonly isSecure?: boolean } = {}) {
		this.endpoint = endpoint;
		this.server = new Lwm2mServer({
			network: new UdpNetwork(),
			time: new RealTime(),
			host: "127.0.0.1",
			port: 0,
			...(isSecure ? { securePort: 0 } : {}),
		});
	}

	/** The server answers from now on, until the test is over. */
	async open(t: { after(run: () => void): void }): Promise<void> {
		await this.server.start();
		t.after(() => {
			this.server.stop();
			this.device?.kill();
			rmSync(this.folder, { recursive: true, force: true });
		});
	}

	/** Another life of the chip. */
	live(options: Omit<QemuOptions, "folder" | "onEvent">): QemuDevice {
		this.events = [];
		this.device = new QemuDevice({
			...options,
			folder: this.folder,
			onEvent: (event) => this.events.push(event),
		});
		return this.device;
	}

	heard(name: string): DeviceEvent[] {
		return this.events.filter(({ event }) => event === name);
	}

	/** The value of a single Resource, as the server reads it. */
	async text(path: string): Promise<string> {
		const { content } = await this.server.operations.read(this.endpoint, path);
		return content?.kind === "singleResource" ? String(content.value) : "";
	}
}
