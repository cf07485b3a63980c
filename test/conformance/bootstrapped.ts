import { test } from "node:test";
import { text, uint } from "../interop/wire-message.ts";
import type { BootstrapWish } from "./device/plan.ts";
import { type Asked, type Heard, type Reply, Scripted } from "./scripted.ts";
import { Served } from "./served.ts";
import { Stage, type StageWish } from "./stage.ts";

/** What a Bootstrap-Server writes, by path: Instances of the Objects there, as SenML JSON. */
export type Written = { readonly [path: string]: string | number | boolean };

export interface BootstrappedWish extends Omit<StageWish, "bootstrap"> {
	readonly bootstrap?: Omit<BootstrapWish, "uri">;
	/** How the Bootstrap-Server answers; requests as a friendly one does when left out, and no packs. */
	readonly answering?: (request: Heard) => Reply | "silence" | undefined;
	/** What the first server answers, if that is not the embedded one. */
	readonly raw?: (request: Heard) => Reply | "silence" | undefined;
	/** Whether the test begins before the device has asked for anything. */
	readonly isEarly?: boolean;
}

/**
 * A device with a Bootstrap-Server of a few lines, two LwM2M Servers beside it, and what the former does to the device.
 * Tests in which it is the embedded Bootstrap-Server that speaks are test/hosts/simulator/server's.
 */
export class Bootstrapped {
	readonly stage: Stage;
	readonly bs: Scripted;
	readonly server: Served;
	readonly second: Served;
	/** In place of the first server, where the test wants to say what that answers. */
	readonly raw: Scripted;

	constructor(stage: Stage) {
		this.stage = stage;
		this.bs = new Scripted(stage);
		this.server = new Served(stage, "server");
		this.second = new Served(stage, "second");
		this.raw = new Scripted(stage);
		this.bs.answering = friendly;
	}

	/** A request of the Bootstrap-Server. @returns the code of the answer */
	async code(path: string, asked: Asked): Promise<string> {
		return (await this.bs.ask(path, asked)).code;
	}

	/** Bootstrap-Write in SenML JSON. */
	write(path: string, values: Written): Promise<string> {
		const records = Object.entries(values).map(([n, value]) => {
			if (typeof value === "string") return { n, vs: value };
			return typeof value === "boolean" ? { n, vb: value } : { n, v: value };
		});
		const payload = text(JSON.stringify(records));
		return this.code(path, { code: "0.03", options: [[12, uint(110)]], payload });
	}

	delete(path: string): Promise<string> {
		return this.code(path, { code: "0.04" });
	}

	async discover(path = "/"): Promise<string> {
		const answer = await this.bs.ask(path, { options: [[17, uint(40)]] });
		return answer.code === "2.05" ? new TextDecoder().decode(answer.payload) : answer.code;
	}

	/** @returns what was read, as the records of SenML JSON, or the code of a refusal */
	async read(path: string): Promise<readonly { readonly [key: string]: unknown }[] | string> {
		const answer = await this.bs.ask(path, { options: [[17, uint(110)]] });
		return answer.code === "2.05" ? JSON.parse(new TextDecoder().decode(answer.payload)) : answer.code;
	}

	finish(): Promise<string> {
		return this.code("/bs", { code: "0.02" });
	}

	/** Both halves of an account of one of the servers, and nothing else. @returns the two codes */
	async provision(served: Served = this.server, id = 0, shortServerId = 1, more: Written = {}): Promise<string[]> {
		return [
			await this.write("/0", accountOf(id, served.uri, shortServerId)),
			await this.write("/1", serverOf(id, shortServerId, more)),
		];
	}

	/** Until the device is registered with the first server, or another one. */
	async registered(served: Served = this.server, seconds = 60): Promise<void> {
		await this.stage.until("registration", () => served.isRegistered, seconds);
	}
}

/** Security Instance without keys. */
export const accountOf = (id: number, uri: string, shortServerId: number): Written => ({
	[`/0/${id}/0`]: uri,
	[`/0/${id}/1`]: false,
	[`/0/${id}/2`]: 3,
	[`/0/${id}/10`]: shortServerId,
});

/** SRV of the ETS. @param more by Resource: "1" is the lifetime */
export function serverOf(id: number, shortServerId: number, more: Written = {}): Written {
	const values: Written = { 0: shortServerId, 1: 86_400, 6: false, 7: "U", ...more };
	return Object.fromEntries(Object.entries(values).map(([resource, value]) => [`/1/${id}/${resource}`, value]));
}

function friendly({ code }: Heard): Reply {
	return { code: code === "0.01" ? "5.01" : "2.04" };
}

/** A test with the conformance image on XS, and nothing but a Bootstrap-Server's account in it unless it says so. */
export function bootstrapped(name: string, wish: BootstrappedWish, body: (it: Bootstrapped) => Promise<void>): void {
	test(`xs › ${name}`, async () => {
		const { answering, raw, isEarly = false, bootstrap, ...rest } = wish;
		const stage = new Stage(wish.seed ?? 1);
		const it = new Bootstrapped(stage);
		if (answering !== undefined) it.bs.answering = (request) => answering(request) ?? friendly(request);
		for (const { server } of [it.server, it.second]) await server.start();
		if (raw !== undefined) it.raw.answering = raw;
		stage.powerOn(raw === undefined ? it.server.uri : it.raw.uri, {
			...rest,
			bootstrap: { isAlone: true, ...bootstrap, uri: it.bs.uri },
		});
		try {
			if (!isEarly) await stage.until("Bootstrap-Request", () => it.bs.lines().includes("POST /bs"));
			await body(it);
			stage.close();
		} catch (error) {
			stage.world.close();
			const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
			throw new Error(`${words}\n— device —\n${stage.log()}`, { cause: error });
		} finally {
			it.bs.close();
			it.raw.close();
			for (const { server } of [it.server, it.second]) server.stop();
		}
	});
}
