import { after, describe, it } from "node:test";
import { Bench } from "./bench.ts";
import type { Case } from "./case.ts";
import type { ImageName } from "./device.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { managementCases } from "./management-cases.ts";
import { readingCases } from "./reading-cases.ts";
import { registrationCases } from "./registration-cases.ts";
import { reportingCases } from "./reporting-cases.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import type { Mode } from "./test-keys.ts";
import { wireCases } from "./wire-cases.ts";
import { writingCases } from "./writing-cases.ts";

const setUpTimeoutMs = 600_000;
const caseTimeoutMs = 90_000;

/** Cases that ask and are answered. */
export const askingCases: readonly Case[] = [
	...registrationCases,
	...readingCases,
	...writingCases,
	...managementCases,
	...wireCases,
];

/** Cases that wait for the time to pass. */
export const waitingCases: readonly Case[] = [...reportingCases, ...lifecycleCases];

export interface SuiteOptions {
	/** Cases that only this server can drive, or only in this mode. */
	readonly more?: readonly Case[];
	/** How devices prove who they are; not at all when left out. */
	readonly mode?: Mode;
	readonly cases: readonly Case[];
	/** What the devices run; the product's image when left out. */
	readonly image?: ImageName;
	/** So many cases at once, each with a device of its own: they wait most of the time. One when left out. */
	readonly atOnce?: number;
}

/**
 * The one suite for every server: the real image on the XS simulator, over real UDP, driven through the server's REST
 * API. Cases leave the device as they found it, and do not depend on each other.
 * @param title goes before each case's name in the report; begins with the engine that runs the device
 */
export function interopSuite(
	title: string,
	start: () => Promise<ServerUnderTest>,
	{ cases, more = [], mode = "none", image = "reference", atOnce = 1 }: SuiteOptions,
): void {
	describe(title, { concurrency: atOnce }, () => {
		let opening: Promise<Bench> | undefined;
		const opened = () => {
			opening ??= Bench.open(start, { mode, image });
			return opening;
		};
		after(async () => (await opening)?.close());
		// Not a before(): the report shows what a case says when it fails, and hides what a hook says.
		it(`${title} › the server starts, and the device registers with it`, { timeout: setUpTimeoutMs }, async () => {
			const { server } = await opened();
			process.stderr.write(`${title}: ${server.name}\n`);
		});
		// Cases that run at once begin while the server starts.
		const timeout = atOnce === 1 ? caseTimeoutMs : setUpTimeoutMs;
		for (const { name, run } of [...cases, ...more]) {
			it(`${title} › ${name}`, { timeout }, async () => {
				const bench = await opened().catch((cause: unknown) => {
					throw new Error("there is no server and device to do it with", { cause });
				});
				try {
					await bench.refresh();
					await run(bench);
				} catch (error) {
					const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
					throw new Error(`${words}\n${bench.log()}`, { cause: error });
				}
			});
		}
	});
}
