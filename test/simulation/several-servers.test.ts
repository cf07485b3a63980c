/** Two, three and five servers at once, some of them sick: what the one that is well notices of it. Boards on XS. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { companies, type Health, SeveralServers } from "./several-servers.ts";

const minutes = 20;
const alone = await SeveralServers.run(["well"], minutes);

for (const healths of companies) {
	test(`[CORE-REG-3] xs › served as if alone: ${healths.join(", ")}`, async () => {
		const service = await SeveralServers.run(healths, minutes);
		equal(service.failures, 0);
		equal(service.reads, alone.reads);
		ok(Math.abs(service.notifications - alone.notifications) <= 1, `${service.notifications} notifications`);
		ok(service.latencyMs.most <= alone.latencyMs.most + 60, `a Read took ${service.latencyMs.most} ms`);
		ok(service.intervalMs.most <= alone.intervalMs.most + 60, `${service.intervalMs.most} ms without a notification`);
		const isSick = healths.some((health) => health === "dead" || health === "refusing");
		equal(service.attempts >= 8, isSick, `${service.attempts} failed attempts`);
	});
}

test("[CORE-REG-3] xs › five servers, three of them sick, twice the same from one seed", async () => {
	const healths: Health[] = ["well", "dead", "slow", "refusing", "well"];
	const [once, again] = [await SeveralServers.run(healths, 5), await SeveralServers.run(healths, 5)];
	deepEqual(again, once);
	ok(once.events.length > 50);
});
