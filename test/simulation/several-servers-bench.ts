/**
 * What a server that is well notices of others that are not, as a table: 20 minutes, a Read every 7 s, a notification
 * every 10 s. `node build/js/test/simulation/several-servers-bench.js`
 */
import { companies, type Health, SeveralServers, type Spread } from "./several-servers.ts";

const minutes = 20;
const text = ({ median, least, most }: Spread) => `${median} (${least}..${most})`;
const all: readonly (readonly Health[])[] = [["well"], ...companies];

process.stdout.write(
	"| Servers | Reads | latency, ms | Notifications | interval, ms | failed attempts |\n|---|---|---|---|---|---|\n",
);
for (const healths of all) {
	const { reads, failures, latencyMs, notifications, intervalMs, attempts } = await SeveralServers.run(
		healths,
		minutes,
	);
	const cells = [
		healths.join(", "),
		`${reads} of ${reads + failures}`,
		text(latencyMs),
		notifications,
		text(intervalMs),
		attempts,
	];
	process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
