/** The application on a network of its own, which is taken away and given back. Wants a user who may make one. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startEmbedded } from "../../interop/embedded-server.ts";
import { DesktopDevice, whatIsMissing } from "./desktop-device.ts";

const timeout = 600_000;
const folder = mkdtempSync(join(tmpdir(), "dormouse-link-test-"));
/** Names of an interface have 15 letters at most. */
const name = `dm${process.pid}`;
const ours = "198.51.100.1";
const there = `ip -n ${name}`;

/** One end of a cable here, the other in a namespace of its own. @returns why not; undefined: it is there */
function layCable(): string | undefined {
	const script = [
		`! ip -o address | grep -qF 198.51.100. || { echo "198.51.100.0/24 is in use" >&2; exit 1; }`, // RFC 5737
		`ip netns add ${name}`,
		`ip link add ${name} type veth peer name inner netns ${name}`,
		`ip address add ${ours}/24 dev ${name}`,
		`ip link set ${name} up`,
		`${there} address add 198.51.100.2/24 dev inner`,
		`${there} link set lo up`,
		`${there} link set inner up`,
	].join("\n");
	const { status, stderr } = spawnSync("sh", ["-ec", script], { encoding: "utf8" });
	return status === 0 ? undefined : `no network of its own for a device: ${stderr.trim().split("\n")[0]}`;
}

const missing = whatIsMissing() ?? layCable();
const run = (words: string) => execFileSync("sh", ["-ec", words]);

after(() => {
	spawnSync("ip", ["link", "del", name]);
	spawnSync("ip", ["netns", "del", name]);
	rmSync(folder, { recursive: true, force: true });
});

test("desktop: silent while its network is gone, and goes on when it is back", {
	skip: missing ?? false,
	timeout,
}, async () => {
	const server = await startEmbedded();
	const settings = [`server=${server.coapUri.replace("127.0.0.1", ours)}`, "endpoint=link-test", "lifetime=300"];
	const inside = ["ip", "netns", "exec", name];
	const device = new DesktopDevice(["--state", join(folder, "life"), ...settings], {}, inside);
	const remote = server.rest.of("link-test");
	const { events } = device;
	const news = (from: number) => events.slice(from).map(({ event }) => event);
	try {
		await device.wait({ event: "registered" }, { timeoutMs: timeout });
		await remote.writeAttributes("/3/0/13", { pmax: "1" });
		await remote.observe("/3/0/13");
		await device.wait({ event: "notified", path: "/3/0/13" });

		run(`${there} link set inner down`);
		await device.wait({ event: "network", state: "gone" });
		const gone = events.length;
		await new Promise((resolve) => setTimeout(resolve, 5000));
		deepEqual(news(gone), [], "not a word in five seconds, with a notification due in each");

		run(`${there} link set inner up`);
		const { t } = await device.wait({ event: "network", state: "back" }, { from: gone });
		const notified = await device.wait({ event: "notified", path: "/3/0/13" }, { from: gone });
		ok(notified.t - t < 3000, `${notified.t - t} ms from the network to a notification`);
		equal((await remote.read("/3/0/0")).code, "2.05");

		const moved = events.length;
		run(`${there} address add 198.51.100.3/24 dev inner; ${there} address del 198.51.100.2/24 dev inner`);
		run(`${there} address replace 198.51.100.3/24 dev inner`); // went with the first one
		await device.wait({ event: "updated" }, { from: moved, timeoutMs: 20_000 });
		equal((await server.rest.client("link-test"))?.address.includes("198.51.100.3"), true, "the server was told");
		equal((await device.interrupt()).status, 0, device.log());
	} finally {
		await device.kill();
		await server.stop();
	}
});
