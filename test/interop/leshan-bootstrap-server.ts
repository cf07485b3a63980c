import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { frontClassPath } from "./java-front.ts";
import { requireJava } from "./leshan-artifacts.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readyTimeoutMs = 60_000;
const restTimeoutMs = 20_000;

export const leshanBootstrapVersion = "2.0.0-M15";

/** One line of BootstrapFront.java. */
export interface BootstrapLine {
	readonly event: "session" | "answered" | "finished" | "failed" | "unauthorized" | "noConfiguration" | "requestFailed";
	readonly endpoint: string;
	/** As in "write /0/1". */
	readonly step?: string;
	/** As in "2.04". */
	readonly code?: string;
	/** Of a Write's payload: "TLV". */
	readonly format?: string;
	/** What a Discover found, as Leshan writes it. */
	readonly links?: string;
	/** What a Read brought, as Leshan writes it. */
	readonly content?: string;
	/** The number of the format that the client prefers (`pct`). */
	readonly preferred?: number;
	readonly why?: string;
}

/** A pre-shared key as Leshan has it. */
export interface SharedKey {
	readonly identity: string;
	/** In hexadecimal digits. */
	readonly key: string;
}

const accountFields = ({ identity, key }: SharedKey) => ({
	securityMode: "PSK",
	publicKeyOrId: [...Buffer.from(identity)],
	secretKey: [...Buffer.from(key, "hex")],
});

/** An entry of `security` in Leshan's configuration. @param key none: without DTLS */
export const securityOf = (uri: string, serverId: number, key?: SharedKey) => ({
	uri,
	serverId,
	...(key === undefined ? { securityMode: "NO_SEC" } : accountFields(key)),
});

/** Leshan's Bootstrap-Server, from the libraries of the last milestone that Maven Central has it of. */
export class LeshanBootstrapServer {
	readonly name = `Leshan's Bootstrap-Server ${leshanBootstrapVersion} (libraries)`;
	readonly coapUri: string;
	readonly coapsUri: string;
	/** What has happened so far. */
	readonly lines: BootstrapLine[];
	readonly #child: Child;
	readonly #rest: string;

	/** @throws Error that says what to install, or with the log of a server that does not come up */
	static async start(): Promise<LeshanBootstrapServer> {
		requireJava();
		const name = "leshan-bootstrap";
		const classPath = frontClassPath(join(root, "test/interop", name), join(root, "build/interop", name));
		const words = ["-cp", classPath, "dormouse.leshanbootstrap.BootstrapFront"];
		const child = new Child({ command: "java", arguments: words });
		const lines: BootstrapLine[] = [];
		const ports = await new Promise<Record<string, number>>((resolve, reject) => {
			const giveUp = (why: string) => {
				child.stop("SIGKILL").catch(() => undefined);
				reject(new Error(`Leshan's Bootstrap-Server ${why}:\n${child.log()}`));
			};
			const timer = setTimeout(() => giveUp("does not say its ports in time"), readyTimeoutMs);
			child.ended
				.then(({ status }) => giveUp(`ended with status ${status}`), reject)
				.finally(() => clearTimeout(timer));
			child.watch((line) => {
				if (!line.startsWith("{")) return;
				const said = JSON.parse(line);
				if (said.http === undefined) lines.push(said);
				else resolve(said);
				clearTimeout(timer);
			});
		});
		return new LeshanBootstrapServer(child, ports, lines);
	}

	private constructor(child: Child, ports: Record<string, number>, lines: BootstrapLine[]) {
		this.#child = child;
		this.lines = lines;
		this.coapUri = `coap://127.0.0.1:${ports.coap}`;
		this.coapsUri = `coaps://127.0.0.1:${ports.coaps}`;
		this.#rest = `http://127.0.0.1:${ports.http}/api`;
	}

	/**
	 * What a client gets at its next bootstrap.
	 * @param configuration in Leshan's words; `inspect` adds Discovers and Reads around what is written
	 */
	configure(endpoint: string, configuration: Readonly<Record<string, unknown>>): Promise<void> {
		return this.#call("POST", `/bootstrap/${encodeURIComponent(endpoint)}`, configuration);
	}

	/** Tells it how an endpoint will prove who it is. @returns the flags that make the device do so */
	async introduce(endpoint: string, { identity, key }: SharedKey): Promise<readonly string[]> {
		await this.#call("PUT", "/security/clients/", { endpoint, tls: { mode: "psk", details: { identity, key } } });
		return ["--bootstrap-psk-identity", identity, "--bootstrap-psk-key", key];
	}

	/** Such lines about that client so far. */
	all(event: BootstrapLine["event"], endpoint: string): BootstrapLine[] {
		return this.lines.filter((line) => line.event === event && line.endpoint === endpoint);
	}

	/** What the client answered so far, as in "write /0/1 2.04". */
	steps(endpoint: string): string[] {
		return this.all("answered", endpoint).map(({ step, code }) => `${step} ${code}`);
	}

	log(): string {
		return this.#child.log();
	}

	async stop(): Promise<void> {
		await this.#child.stop();
	}

	async #call(method: string, path: string, body: unknown): Promise<void> {
		const response = await fetch(this.#rest + path, {
			method,
			body: JSON.stringify(body),
			signal: AbortSignal.timeout(restTimeoutMs),
		});
		if (!response.ok) throw new Error(`Leshan's Bootstrap-Server: HTTP ${response.status}: ${await response.text()}`);
	}
}
