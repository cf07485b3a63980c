/** The product's image, bootstrapped by Leshan's Bootstrap-Server, and then with Leshan's server. */
import { after, describe, it } from "node:test";
import { BootstrapBench } from "./leshan-bootstrap-bench.ts";
import { bootstrapCases } from "./leshan-bootstrap-cases.ts";
import { bootstrapKeyCases } from "./leshan-bootstrap-key-cases.ts";
import { rebootstrapCases } from "./leshan-rebootstrap-cases.ts";

const setUpTimeoutMs = 600_000;
const caseTimeoutMs = 420_000;

const title = "xs › Leshan bootstrap";

const cases = [...bootstrapCases, ...bootstrapKeyCases, ...rebootstrapCases];
cases.sort((one, other) => Number(other.isSlow ?? false) - Number(one.isSlow ?? false));

// A few at a time, each with a device of its own: they wait most of the time.
describe(title, { concurrency: 3 }, () => {
	const opened = BootstrapBench.open();
	opened.catch(() => undefined); // the first case says why
	after(async () => (await opened).close());
	it(`${title} › both servers start`, { timeout: setUpTimeoutMs }, async () => {
		const { bootstrap, server } = await opened;
		process.stderr.write(`${title}: ${bootstrap.name}, ${server.name}\n`);
	});
	for (const { name, run } of cases) {
		it(`${title} › ${name}`, { timeout: caseTimeoutMs }, async () => {
			const bench = await opened;
			try {
				await run(bench);
			} catch (error) {
				const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
				throw new Error(`${words}\n${bench.log()}`, { cause: error });
			}
		});
	}
});
